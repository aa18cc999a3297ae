"""Days and weeks of alerts with an injected clock: kinds, shipped policies, machine and routing together."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from services.alerts.finding import Scope
from services.alerts.kinds import findings
from services.alerts.machine import Circumstances, act
from services.alerts.policy_files import load_policies
from services.alerts.routing import receivers_of
from services.alerts.sentence import sentence_vi
from services.alerts.settling import Hearing, with_vanished
from services.alerts.sights import duties
from services.alerts.snapshot import SecurityEvent, Snapshot
from services.alerts.state import AlertState, Change
from shared.local_time import LOCAL
from tests.support.alert_snapshots import CATALOGUE, cell, snapshot
from tests.support.alerts import all_held, command

POLICIES = load_policies(CATALOGUE)
HOUR = timedelta(hours=1)


def hours(first: str, last: str) -> Iterator[datetime]:
    """Every full local hour from one day to the other, both included."""
    now, end = (datetime.fromisoformat(day).replace(tzinfo=LOCAL) for day in (first, last))
    while now < end + 24 * HOUR:
        yield now
        now += HOUR


def lived(
    moments: Iterable[datetime],
    seen: Callable[[datetime], Snapshot],
    before: Mapping[str, tuple[Scope, AlertState]] | None = None,
) -> list[Change]:
    """Changes that somebody is told of, in order; `before`: where the alerts stand at the beginning."""
    states = dict(before or {})
    told: list[Change] = []
    for now in moments:
        look = list(with_vanished(findings(seen(now), POLICIES), states, now))
        hearing = Hearing(look, states, POLICIES, (), now)
        whole = hearing.decided(all_held(list(hearing.questions())))
        states = {**states, **whole.states}
        told += [one for one in whole.changes if receivers_of(one, POLICIES.policy_for(one.scope))]
    return told


def owing(unit: str, submitted_from: str = "9999") -> Callable[[datetime], Snapshot]:
    """What one unit owes for the year."""

    def seen(now: datetime) -> Snapshot:
        today = now.astimezone(LOCAL).date()
        owed = [one for one in duties([], today, CATALOGUE) if (one.unit, one.code) == (unit, "bc-cds-nam")]
        done = today.isoformat() >= submitted_from
        return snapshot(now, duties=tuple(replace(one, submitted=done, covered=True) for one in owed))

    return seen


def test_the_report_before_15_november_is_reminded_of_on_working_days_and_overdue_at_midnight() -> None:
    told = lived(hours("2026-10-28", "2026-11-16"), owing("so-tu-phap"))
    assert [(one.at.astimezone(LOCAL).strftime("%d/%m %H"), one.state.name, one.severity) for one in told] == [
        ("02/11 00", "firing", "info"),
        ("13/11 00", "firing", "info"),
        ("15/11 00", "firing", "warning"),
    ]
    assert {one.at.astimezone(LOCAL).weekday() for one in told[:-1]} <= {0, 1, 2, 3, 4}


def test_a_report_that_is_submitted_in_time_ends_its_reminder_and_brings_no_other() -> None:
    told = lived(hours("2026-10-28", "2026-11-16"), owing("so-tu-phap", "2026-11-09"))
    assert [(one.scope.thing.rpartition(":")[2], one.state.name) for one in told] == [("9d", "firing")]
    later = lived(hours("2026-11-12", "2026-11-16"), owing("so-tu-phap", "2026-11-16"))
    assert [(one.scope.thing.rpartition(":")[2], one.state.name) for one in later] == [
        ("0d", "firing"),
        ("overdue", "firing"),
        ("overdue", "resolved"),
    ]
    assert sentence_vi(later[-1]).endswith("(năm 2026) đã nộp trên hệ thống.")


def grave(now: datetime) -> Snapshot:
    """A grave security event that its source has not closed."""
    event = SecurityEvent("ab" * 32, "so-y-te", "Sở Y tế", "high", "malware", "new", now, taken_back=False)
    return snapshot(now, security=(event,))


def test_what_nobody_takes_on_is_passed_on_after_the_set_minutes_and_what_is_taken_on_is_not() -> None:
    """By the shipped policy: after 15 minutes and after an hour; on a Saturday night, since the SOC works 24×7."""
    began = datetime(2026, 7, 4, 23, tzinfo=LOCAL)
    minutes = [began + timedelta(minutes=number) for number in range(181)]
    told = lived(minutes, grave)
    assert [(one.kind, (one.at - began) // timedelta(minutes=1)) for one in told] == [
        ("state", 0), ("escalated", 15), ("escalated", 60)
    ]  # fmt: skip
    assert [receivers_of(one, POLICIES.policy_for(one.scope)) for one in told] == [
        ("soc",), ("ban-dieu-hanh",), ("ban-dieu-hanh",)
    ]  # fmt: skip
    fired = told[0]
    around = Circumstances(POLICIES.policy_for(fired.scope), minutes[14])
    taken = act(fired.state, fired.scope, command("acknowledge", at=minutes[14]), around).state
    assert lived(minutes[15:], grave, {fired.scope.alert_id: (fired.scope, taken)}) == []


def test_what_is_lost_is_told_once_and_not_on_thirty_further_days() -> None:
    """699 of 1,000 with 500 to come: not even all of them would do."""

    def seen(now: datetime) -> Snapshot:
        day = now.astimezone(LOCAL).date()
        lost = cell(699, 1000, expected_den=500, recent_num=70, recent_den=100, as_of=day)
        return replace(snapshot(now, cells=(lost,)), as_of=day)

    told = [one for one in lived(hours("2026-07-01", "2026-08-01"), seen) if one.scope.rule == "pace"]
    assert [(one.state.name, one.at.astimezone(LOCAL).date()) for one in told] == [("lost", date(2026, 7, 2))]


def test_seven_hundred_of_a_thousand_is_a_matter_of_pace() -> None:
    def seen(now: datetime) -> Snapshot:
        day = now.astimezone(LOCAL).date()
        behind = cell(700, 1000, expected_den=500, recent_num=70, recent_den=100, as_of=day)
        return replace(snapshot(now, cells=(behind,)), as_of=day)

    told = [one for one in lived(hours("2026-07-01", "2026-07-05"), seen) if one.scope.rule == "pace"]
    assert [one.state.name for one in told] == ["firing"]
    assert told[0].facts["required_percent"] == 100.0
    assert "100% của 500 hồ sơ tiếp theo phải đạt" in sentence_vi(told[0])
