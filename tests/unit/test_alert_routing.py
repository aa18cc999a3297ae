"""Who is told and when: escalation steps, working time, groups, digests, limits per hour, retries."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.alerts.grouping import Message, Pace, Waiting, next_slot, plan
from services.alerts.policy import Policy, WorkingTime
from services.alerts.retrying import (
    GIVE_UP_AFTER,
    REFUSALS,
    RETRY_AFTER_MAX,
    RETRY_SECONDS,
    is_given_up,
    is_refusal,
    longest_wait_seconds,
    retry_after,
)
from services.alerts.routing import not_before, receivers_of
from services.alerts.state import Change
from services.alerts.store import Notification
from shared.catalogue.models import Holiday, MakeUpDay
from shared.catalogue.working_days import WorkingCalendar
from tests.support.notifications import MONDAY_TEN, change, notification, resolved

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")
FACT = {"name_vi": "ngày thử", "source": "test", "verified": True}
DAYS = WorkingCalendar(
    [],
    [Holiday.model_validate({"day": "2026-12-01", **FACT})],
    [MakeUpDay.model_validate({"day": "2026-12-05", **FACT})],
)
"""Tuesday 1 December 2026 is off, Saturday 5 December is worked."""

STEPS = ({"after": "30m", "receivers": "deputy"}, {"after": "2h", "receivers": ["chair", "desk"]})
POLICY = Policy.model_validate({"receivers": ["desk", "unit"], "escalation": STEPS})
NO_WAIT = Pace()
PEOPLE = Pace("unit", timedelta(seconds=10), rate_per_hour=2)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (change("state"), ("desk", "unit")),
        (change("state", tell=False), ()),
        (replace(change("state", state="resolved"), reason="reminder_over"), ()),
        (change("escalated", escalation=1), ("deputy",)),
        (change("escalated", escalation=2), ("deputy", "chair", "desk")),
        (change("state", escalation=1, state="resolved"), ("desk", "unit", "deputy")),
        (change("state", escalation=2, state="withdrawn"), ("desk", "unit", "deputy", "chair")),
        (change("acknowledged", escalation=9), ("desk", "unit", "deputy", "chair")),
    ],
)
def test_a_step_tells_its_receivers_and_the_end_everybody_who_has_had_it(given: Change, told: tuple[str, ...]) -> None:
    assert receivers_of(given, POLICY) == told


@pytest.mark.parametrize(
    ("at", "told"),
    [
        ("2026-11-23T10:00", "2026-11-23T10:00"),  # a working Monday
        ("2026-11-23T07:29", "2026-11-23T07:30"),
        ("2026-11-23T07:30", "2026-11-23T07:30"),
        ("2026-11-23T17:30", "2026-11-24T07:30"),
        ("2026-11-23T23:59", "2026-11-24T07:30"),
        ("2026-11-27T18:00", "2026-11-30T07:30"),  # over a weekend
        ("2026-11-28T10:00", "2026-11-30T07:30"),  # a Saturday
        ("2026-11-30T20:00", "2026-12-02T07:30"),  # over a day off
        ("2026-12-05T09:00", "2026-12-05T09:00"),  # a Saturday that is worked
    ],
)
def test_people_are_told_when_offices_work(at: str, told: str) -> None:
    moment = datetime.fromisoformat(at).replace(tzinfo=LOCAL).astimezone(UTC)
    expected = datetime.fromisoformat(told).replace(tzinfo=LOCAL)
    assert not_before(moment, "working", WorkingTime(), DAYS) == expected
    assert not_before(moment, "always", WorkingTime(), DAYS) == moment


def waiting(*notifications: Notification, due: datetime = MONDAY_TEN) -> list[Waiting]:
    return [Waiting(one, due) for one in notifications]


def units(sent: tuple[Waiting, ...]) -> list[str]:
    return [one.notification.unit for one in sent]


def test_a_machine_gets_every_change_apart_and_in_order() -> None:
    first, second = notification(), resolved()
    planned = plan(waiting(first, second), Pace(apart=True), [], MONDAY_TEN)
    assert [one.notification for one in planned.send] == [first]


def test_the_gravest_goes_first_and_no_older_change_of_its_alert_after_it() -> None:
    worse = notification("b", 3, severity="critical")
    batch = waiting(notification("a"), notification("b"), worse, notification("c", severity="info"), notification("d"))
    told = []
    while batch:
        (sent,) = plan(batch, Pace(apart=True), [], MONDAY_TEN).send
        told.append(sent.notification)
        batch.remove(sent)
    assert [(one.unit, one.number) for one in told] == [("b", 2), ("b", 3), ("a", 2), ("d", 2), ("c", 2)]


def test_a_group_waits_for_others_and_goes_as_one_message() -> None:
    batch = waiting(notification("a"), notification("b")) + waiting(notification("a", 4, alert_id="other"))
    early = plan(batch, PEOPLE, [], MONDAY_TEN + timedelta(seconds=9))
    assert (early.send, early.wake) == ((), MONDAY_TEN + timedelta(seconds=10))
    assert units(plan(batch, PEOPLE, [], MONDAY_TEN + timedelta(seconds=10)).send) == ["a", "a"]


@pytest.mark.parametrize(
    ("group_by", "together"),
    [("none", ["a"]), ("unit", ["a", "a"]), ("indicator", ["a", "b"]), ("rule", ["a", "a", "b"])],
)
def test_groups_are_made_by_what_the_receiver_asks_for(group_by: str, together: list[str]) -> None:
    mine = notification("a")
    same_unit = notification("a", alert_id="other", id="other:1", indicator="payment_online")
    batch = waiting(mine, same_unit, notification("b"))
    assert units(plan(batch, replace(NO_WAIT, group_by=group_by), [], MONDAY_TEN).send) == together  # type: ignore[arg-type]


def test_what_has_no_unit_is_not_thrown_together() -> None:
    silent = [notification("", alert_id=source, id=f"{source}:1") for source in ("source_silent:a", "source_silent:b")]
    assert len(plan(waiting(*silent), Pace("unit"), [], MONDAY_TEN).send) == 1


def test_over_the_limit_everything_waits_for_the_next_slot_and_goes_as_one_digest() -> None:
    sent = [MONDAY_TEN - timedelta(minutes=50), MONDAY_TEN - timedelta(minutes=20)]
    batch = waiting(*(notification(unit) for unit in "abc"), due=MONDAY_TEN - timedelta(minutes=1))
    full = plan(batch, PEOPLE, sent, MONDAY_TEN)
    assert (full.send, full.wake) == ((), MONDAY_TEN + timedelta(minutes=10))
    later = plan(batch, PEOPLE, sent, MONDAY_TEN + timedelta(minutes=10))
    assert units(later.send) == ["a", "b", "c"]


def test_within_the_limit_groups_go_one_by_one() -> None:
    batch = waiting(*(notification(unit) for unit in "ab"), due=MONDAY_TEN - timedelta(minutes=1))
    assert units(plan(batch, PEOPLE, [], MONDAY_TEN).send) == ["a"]


def test_what_is_critical_goes_at_once_whatever_the_limit() -> None:
    sent = [MONDAY_TEN - timedelta(minutes=1)] * 5
    batch = waiting(notification("a"), notification("b", severity="critical"), due=MONDAY_TEN - timedelta(minutes=1))
    assert units(plan(batch, PEOPLE, sent, MONDAY_TEN).send) == ["b"]


def test_what_waits_for_the_morning_is_told_as_it_is_then() -> None:
    morning = MONDAY_TEN + timedelta(hours=20)
    batch = waiting(notification(), resolved(), due=morning)
    assert plan(batch, NO_WAIT, [], MONDAY_TEN).wake == morning
    message = Message(tuple(one.notification for one in plan(batch, NO_WAIT, [], morning).send))
    assert [one.state for one in message.newest] == ["resolved"]
    assert len(message.notifications) == 2


def test_nothing_waits_then_nothing_is_planned() -> None:
    assert plan([], PEOPLE, [], MONDAY_TEN) == plan([], NO_WAIT, [], MONDAY_TEN)
    assert plan([], PEOPLE, [], MONDAY_TEN).wake is None


def test_a_slot_is_free_an_hour_after_the_message_that_took_it() -> None:
    sent = [MONDAY_TEN + timedelta(minutes=minute) for minute in (0, 10, 20)]
    now = MONDAY_TEN + timedelta(minutes=30)
    assert next_slot(sent, 3, now) == MONDAY_TEN + timedelta(hours=1)
    assert next_slot(sent, 2, now) == MONDAY_TEN + timedelta(minutes=70)
    assert next_slot(sent, 4, now) == next_slot(sent, None, now) == now


def test_a_message_has_the_same_id_whenever_it_holds_the_same_changes() -> None:
    one, other = notification("a"), notification("b")
    assert Message((one,)).id == one.id
    assert Message((one, other)).id == Message((other, one)).id
    assert Message((one, other)).id != Message((one, resolved("b"))).id


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        ("0", 0),
        ("Mon, 23 Nov 2026 03:00:30 GMT", 30),
        ("Mon, 23 Nov 2026 02:00:00 GMT", 0),
        ("86400", 3600),
        ("9" * 400, 3600),
        ("Tue, 24 Nov 2026 03:00:00 GMT", 3600),
    ],
)
def test_retry_after_is_read_as_seconds_or_date_and_capped(header: str, seconds: int) -> None:
    assert retry_after(header, MONDAY_TEN) == timedelta(seconds=seconds)
    assert timedelta(seconds=3600) == RETRY_AFTER_MAX


@pytest.mark.parametrize("header", [None, "", "soon", "-1", "1.5", "²"])
def test_nonsense_in_retry_after_counts_as_none(header: str | None) -> None:
    assert retry_after(header, MONDAY_TEN) is None


@pytest.mark.parametrize(
    ("status", "refused"),
    [(301, True), (400, True), (401, True), (404, True), (408, False), (425, False), (429, False), (500, False)],
)
def test_a_client_error_is_a_refusal_unless_it_means_later(status: int, refused: bool) -> None:
    assert is_refusal(status) == refused


def test_waits_grow_and_the_last_one_repeats() -> None:
    assert [longest_wait_seconds(count) for count in (1, 2, 99)] == [RETRY_SECONDS[0], RETRY_SECONDS[1], 600]


def test_a_refusal_is_given_up_after_a_few_attempts_and_an_outage_after_days() -> None:
    assert not is_given_up(True, REFUSALS - 1, MONDAY_TEN, MONDAY_TEN)
    assert is_given_up(True, REFUSALS, MONDAY_TEN, MONDAY_TEN)
    assert not is_given_up(False, 1000, MONDAY_TEN, MONDAY_TEN + GIVE_UP_AFTER - timedelta(seconds=1))
    assert is_given_up(False, 2, MONDAY_TEN, MONDAY_TEN + GIVE_UP_AFTER)
