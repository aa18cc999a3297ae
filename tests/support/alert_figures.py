"""What a played run sent: messages of the province desk and of communes, short alerts, and what was missed."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.alerts.channels import PeoplesOptions
from services.alerts.cli.replay import of_unit
from services.alerts.grouping import Pace
from services.alerts.past.known import Known, Minute
from services.alerts.past.messages import Arrived, messages
from services.alerts.past.play import play
from services.alerts.past.player import Player
from services.alerts.policy import Flapping, Policies
from services.alerts.state import OPEN
from shared.catalogue import Catalogue
from shared.local_time import LOCAL
from tests.support.alert_incidents import Incident
from tests.support.alert_year import Year

DESK = "ban-dieu-hanh"
CALM_DESK = Pace("rule", timedelta(minutes=10), 6)
CALM_UNIT = Pace("unit", timedelta(minutes=10), 20)
SHORT = timedelta(minutes=15)
TEN_MINUTES = timedelta(minutes=10)
PER_WEEK = 2
"""Messages that a commune may get in a week."""

PaceOf = Callable[[str], Pace]


def every_change(_: str) -> Pace:
    """Nothing is grouped or limited: every change is a message."""
    return Pace(apart=True)


def peoples(_: str) -> Pace:
    """What e-mail and chat do unless their receiver says otherwise."""
    return PeoplesOptions().pace


def calm(receiver: str) -> Pace:
    """The paces of the receivers file that docs/alert-receivers.md shows."""
    return CALM_DESK if receiver == DESK else CALM_UNIT if receiver.startswith("don-vi.") else PeoplesOptions().pace


def naive(policies: Policies, catalogue: Catalogue) -> Policies:
    """The same rules and receivers without any of the numbers that keep them calm."""
    bare: dict[str, Any] = {
        "min_denominator": 1, "min_days": 0, "margin_points": 0, "clear_points": 0, "hold": timedelta(0),
        "clear_hold": timedelta(0), "flapping": Flapping(turns=10**9), "calendar": "always",
    }  # fmt: skip
    file = policies.file
    told = tuple(
        one.model_copy(update={"set": {"receivers": one.set["receivers"]}})
        for one in file.overrides
        if "receivers" in one.set
    )
    rules = {rule: one.model_copy(update=bare) for rule, one in file.rules.items()}
    changed = {"version": "naive", "rules": rules, "overrides": told, "inhibitions": ()}
    return Policies(file.model_copy(update=changed), {unit.code: unit.level for unit in catalogue.units.values()})


def played(
    year: Year,
    minutes: Iterable[Minute],
    policies: Sequence[Policies],
    catalogue: Catalogue,
    seen: Callable[[datetime], None] = lambda _: None,
) -> list[Player]:
    """The same past through every set of policies."""
    players = [Player(one, of_unit) for one in policies]
    play(minutes, Known(catalogue, year.first, year.last), players, year.until, seen)
    return players


@dataclass(frozen=True)
class Figures:
    """Of one set of policies at one pace. `outside`: without what the planted incidents and their consequences sent.

    `weeks_over`: of `commune_weeks`, those with more than two messages outside; `crowded`: what was sent in them, by
    receiver and week. `most_in_week`: the most of all weeks.
    """

    desk: int
    desk_hourly: float
    desk_most: int
    desk_most_outside: int
    commune_weekly: float
    commune_weeks: int
    weeks_over: int
    most_in_week: int
    openings: int
    closed_shortly: int
    crowded: list[tuple[tuple[str, tuple[int, int]], list[Arrived]]]

    def rows(self) -> Iterator[tuple[str, str]]:
        """Lines of a table: what, and how much."""
        yield "province desk, messages an hour on average", f"{self.desk_hourly:.2f}"
        yield "province desk, most in 10 minutes", f"{self.desk_most_outside} ({self.desk_most} with incidents)"
        yield "a commune, messages a week on average", f"{self.commune_weekly:.2f}"
        yield "weeks of a commune with more than 2", f"{self.weeks_over} of {self.commune_weeks}"
        yield "most in a commune's week", f"{self.most_in_week}"
        short = 100 * self.closed_shortly / max(1, self.openings)
        yield "closed by themselves within 15 minutes", f"{short:.1f} % ({self.closed_shortly} of {self.openings})"


def figures(player: Player, year: Year, pace: PaceOf, catalogue: Catalogue) -> Figures:
    """Of everything that the player told."""
    arrived = messages(player.told, pace, player.policies.file, catalogue.working_days)
    outside = [one for one in arrived if not _explained(one, year.incidents(), year.begin)]
    hours = (year.until - year.begin).total_seconds() / 3600
    desk = [one.at for one in arrived if one.receiver == DESK]
    weeks: dict[tuple[str, tuple[int, int]], list[Arrived]] = {}
    for one in _to_communes(outside, year):
        year_of_week, week, _ = one.at.astimezone(LOCAL).isocalendar()
        weeks.setdefault((one.receiver, (year_of_week, week)), []).append(one)
    crowded = [(key, sent) for key, sent in weeks.items() if len(sent) > PER_WEEK]
    opened, short = closed_shortly(player)
    return Figures(
        desk=len(desk),
        desk_hourly=len(desk) / hours,
        desk_most=most_within(desk),
        desk_most_outside=most_within([one.at for one in outside if one.receiver == DESK]),
        commune_weekly=len(_to_communes(arrived, year)) / len(year.communes) / hours * 24 * 7,
        commune_weeks=round(len(year.communes) * hours / 24 / 7),
        weeks_over=len(crowded),
        most_in_week=max(map(len, weeks.values()), default=0),
        openings=opened,
        closed_shortly=short,
        crowded=crowded,
    )


def _to_communes(arrived: Iterable[Arrived], year: Year) -> list[Arrived]:
    """What went to the mailboxes of the communes that work."""
    return [one for one in arrived if one.receiver.removeprefix("don-vi.") in year.communes]


def most_within(moments: Sequence[datetime], span: timedelta = TEN_MINUTES) -> int:
    """The most in any stretch of that length."""
    ordered, first, most = sorted(moments), 0, 0
    for place, at in enumerate(ordered):
        while at - ordered[first] >= span:
            first += 1
        most = max(most, place - first + 1)
    return most


def closed_shortly(player: Player) -> tuple[int, int]:
    """(openings told, of them closed within 15 minutes)."""
    opened, since, short = 0, dict[str, datetime](), 0
    for change in (one.change for one in player.told if one.change.kind != "escalated"):
        key = change.scope.alert_id
        if change.state.name in OPEN:
            opened += key not in since
            since.setdefault(key, change.at)
        elif key in since:
            short += change.at - since.pop(key) <= SHORT
    return opened, short


def openings(player: Player) -> Counter[str]:
    """By rule: how often somebody was told that an alert had opened."""
    told = (one.change for one in player.told)
    return Counter(one.scope.rule for one in told if one.kind != "escalated" and one.state.name in OPEN)


def missed(player: Player, year: Year) -> list[Incident]:
    """Planted incidents that nobody was told of in their time, and whose alert did not stand already."""
    told, begin = player.told, year.begin
    return [one for one in year.incidents() if not (one.told(told, begin) or one.stands(told, begin))]


def _explained(one: Arrived, incidents: Iterable[Incident], begin: datetime) -> bool:
    return all(any(cause.explains(each, begin) for cause in incidents) for each in one.notifications)
