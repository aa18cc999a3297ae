"""What is done to a simulated run, and what of it somebody has to be told of."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from deploy.local.simulator.casting import OUTAGE_UNITS
from deploy.local.simulator.casting_systems import LIVE_WITHOUT_DOSSIER, SELDOM_HEARD, SILENT_SYSTEM
from deploy.local.simulator.outbox import Delivery
from services.alerts.past.player import Told
from services.alerts.state import OPEN
from services.alerts.store import Notification

AFTERMATH_DAYS = 7
"""What an incident brings along (a backlog that comes in late, its end) is told within a week."""


@dataclass(frozen=True)
class Incident:
    """Alerts of `rule` about `thing` (what it begins with) must be told of between the days, numbered from 0.

    `unit`: all that it is told in that time is a consequence; empty when the incident is no single unit's.
    """

    name: str
    rule: str
    thing: str
    first: int
    last: int
    unit: str = ""

    def told(self, told: Iterable[Told], begin: datetime) -> Told | None:
        """What somebody was told of it first, in its time; `begin`: the run's first midnight."""
        mine = (
            one
            for one in told
            if one.change.scope.rule.startswith(self.rule)
            and one.change.scope.thing.startswith(self.thing)
            and one.change.state.name in OPEN
            and self.first <= (one.change.at - begin).days <= self.last
        )
        return next(mine, None)

    def stands(self, told: Iterable[Told], begin: datetime) -> Told | None:
        """What had been told of it before it began and was not over: then there is nothing new to tell."""
        last: dict[str, Told] = {}
        for one in told:
            change = one.change
            mine = change.scope.rule.startswith(self.rule) and change.scope.thing.startswith(self.thing)
            if mine and (change.at - begin).days < self.first:
                last[change.scope.alert_id] = one
        return next((one for one in last.values() if one.change.state.name in OPEN), None)

    def explains(self, one: Notification, begin: datetime) -> bool:
        """Whether the notification is this incident's, or a consequence of it."""
        near = self.first <= (one.at - begin).days <= self.last + AFTERMATH_DAYS
        return near and (one.thing.startswith(self.thing) or (one.unit == self.unit != ""))


@dataclass(frozen=True)
class Planted:
    """What is done to a run's deliveries; days are numbered from the first one of the run, 0: never."""

    paper_unit: str = "xa-12271"
    paper: tuple[int, int] = (0, 0)
    silent_source: str = "qlvb"
    silent: tuple[int, int] = (0, 0)
    wrong_unit: str = "xa-12148"
    wrong: int = 0
    wrong_events: int = 250

    def incidents(self) -> list[Incident]:
        """What has to be caught."""
        figure, wrong = f"filing_full_online:{self.paper_unit}", f"filing_full_online:{self.wrong_unit}"
        return [
            Incident(
                "a commune goes back to paper", "below", figure, self.paper[0], self.paper[1] + 7, self.paper_unit
            ),
            Incident("a source falls silent", "source_silent", self.silent_source, self.silent[0], self.silent[1]),
            Incident(
                "wrong data, taken back later", "below_target", wrong, self.wrong, self.wrong + 4, self.wrong_unit
            ),
        ]

    def changed(self, day: int, deliveries: list[Delivery], start: int, backlog: list[Delivery]) -> list[Delivery]:
        """One day's deliveries with what is planted in them; `start`: midnight of the run's first day in seconds.

        `backlog`: what a silent source keeps until it speaks again.
        """
        at = start + day * 86_400
        if self.paper[0] <= day < self.paper[1]:
            deliveries = [_on_paper(one, self.paper_unit) for one in deliveries]
        if self.silent[0] <= day < self.silent[1]:
            back = start + self.silent[1] * 86_400 + 28_800
            held = [one for one in deliveries if one[1] == self.silent_source]
            deliveries = [one for one in deliveries if one[1] != self.silent_source]
            backlog.extend((back, name, text) for _, name, text in held)
        if day == self.silent[1]:
            deliveries = sorted([*deliveries, *backlog])
        if day == self.wrong and self.wrong:
            deliveries = sorted([*deliveries, *self._wrong(at + 36_000)])
        if day == self.wrong + 2 and self.wrong:
            deliveries = sorted([*deliveries, *self._taken_back(at + 36_000)])
        return deliveries

    def _wrong(self, at: int) -> Iterator[Delivery]:
        data = {
            "procedure": "1.004222", "receiving_unit": self.wrong_unit, "channel": "direct",
            "full_online_offered": True, "result_is_document": True, "due_at": None, "applicant_kind": "citizen",
        }  # fmt: skip
        issued = {"electronic": True, "signed": True, "delivery": "online"}
        for number in range(self.wrong_events):
            yield self._event(number, at, "filing.received", f"wrong-{number}", data)
            yield self._event(number, at + 60, "filing.result_issued", f"wrong-issued-{number}", issued)

    def _taken_back(self, at: int) -> Iterator[Delivery]:
        for number in range(self.wrong_events):
            for name in (f"wrong-{number}", f"wrong-issued-{number}"):
                yield self._event(number, at, "event.retracted", f"back-{name}", {"id": name})

    def _event(self, number: int, at: int, kind: str, name: str, data: dict[str, Any]) -> Delivery:
        said = {
            "specversion": "1.0", "id": name, "source": "/systems/dvc", "type": kind, "unit": self.wrong_unit,
            "subject": f"filing/{number:064x}", "time": datetime.fromtimestamp(at, UTC).isoformat(), "data": data,
        }  # fmt: skip
        return at, "dvc", msgspec.json.encode(said).decode()


def _on_paper(one: Delivery, unit: str) -> Delivery:
    at, source, text = one
    if '"filing.received"' not in text or f'"unit":"{unit}"' not in text:
        return one
    return at, source, text.replace('"channel":"online"', '"channel":"direct"')


def simulated_incidents(first: date, last: date) -> Sequence[Incident]:
    """What the simulator itself plants within the days of a run, numbered from its first day."""
    dossier, live = LIVE_WITHOUT_DOSSIER
    silent, silent_from, _ = SILENT_SYSTEM
    every = [
        Incident("a unit loses both lines", "link_down", f"{OUTAGE_UNITS[0]}:down", 88, 92, OUTAGE_UNITS[0]),
        Incident("a unit loses both lines for good", "link_down", f"{OUTAGE_UNITS[1]}:down", 200, 204, OUTAGE_UNITS[1]),
        Incident("a system goes live without dossier", "system_undocumented", dossier, live, live + 2),
        Incident("a monitored system is not heard of", "system_unmonitored", silent, silent_from, silent_from + 2),
        *(
            Incident(f"a system is heard of every {days} days", "system_unmonitored", code, 1, 5)
            for code, days in SELDOM_HEARD.items()
        ),
    ]
    offset = (first - date(first.year, 1, 1)).days
    moved = [replace(one, first=one.first - offset, last=one.last - offset) for one in every]
    return [one for one in moved if one.first >= 0 and one.last <= (last - first).days]
