"""One contract for the alert store: the in-memory twin and the tables of the real engine."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from clickhouse_connect.driver.exceptions import ClickHouseError

from services.alerts.machine import Circumstances, act, decide
from services.alerts.policy import Policy
from services.alerts.silences import Silence, begun
from services.alerts.state import AlertState, Change
from services.alerts.store import DeliveryStep, OwnerStore, Recorded, Standing
from services.alerts.tables import ClickHouseAlertStore
from shared.contracts.commands import Matching
from shared.errors import FencedError
from tests.support.alert_store import MemoryAlerts, MemoryAlertStore
from tests.support.alerts import NOW, cell, command, found, minutes
from tests.support.schema import Schema

NewStore = Callable[[], OwnerStore]
STALE = (FencedError, ClickHouseError)


@pytest.fixture(params=["memory", "real"])
def new_store(request: pytest.FixtureRequest) -> Iterator[NewStore]:
    """Makes stores that share their tables, as two processes do."""
    if request.param == "memory":
        tables = MemoryAlerts()
        yield lambda: MemoryAlertStore(tables)
        return
    schema: Schema = request.getfixturevalue("schema")
    yield lambda: ClickHouseAlertStore(schema.writer())


def fired() -> Change:
    change = decide(AlertState(), found("breach"), Circumstances(Policy(), NOW)).change
    assert change
    return change


def acknowledged(before: Change) -> Change:
    around = Circumstances(Policy(), NOW + minutes(1))
    change = act(before.state, before.scope, command("acknowledge", until=NOW + minutes(60)), around).change
    assert change
    return change


def maintenance() -> Silence:
    silence = begun(command("silence", 7, matching=Matching(unit="xa-12004"), until=NOW + timedelta(days=1)), NOW)
    assert isinstance(silence, Silence)
    return silence


def test_every_alert_stands_after_a_take_over_where_its_last_change_left_it(new_store: NewStore) -> None:
    first = new_store()
    assert first.take_over(1) == Standing()
    taken = acknowledged(fired())
    other = replace(fired(), scope=cell(unit="so-khcn"))
    first.record([Recorded(fired(), ("desk",)), Recorded(other, ("desk",))], "p")
    first.record([Recorded(taken)], "p")
    assert new_store().take_over(2).states == {
        cell().alert_id: (cell(), taken.state),
        cell(unit="so-khcn").alert_id: (cell(unit="so-khcn"), other.state),
    }


def test_commands_that_were_acted_on_are_known_after_a_take_over(new_store: NewStore) -> None:
    store = new_store()
    store.take_over(1)
    store.record([Recorded(acknowledged(fired()))], "p")
    store.record_silence(maintenance(), command("silence", 7).id)
    assert new_store().take_over(2).done_commands == {command("acknowledge").id, command("silence", 7).id}


def test_the_newest_row_of_a_silence_is_what_holds(new_store: NewStore) -> None:
    store = new_store()
    store.take_over(1)
    store.record_silence(maintenance(), command("silence", 7).id)
    assert new_store().take_over(2).silences == [maintenance()]
    over = replace(maintenance(), ends=NOW + minutes(5), at=NOW + minutes(5))
    last = new_store()
    last.take_over(3)
    last.record_silence(over, command("end_silence", 8).id)
    assert new_store().take_over(4).silences == [over]


def test_what_was_recorded_is_undelivered_until_it_is_logged_as_delivered(new_store: NewStore) -> None:
    store = new_store()
    store.take_over(1)
    (told,) = store.record([Recorded(fired(), ("desk", "lead"))], "p")
    assert [n.id for n in store.undelivered("desk")] == [told.id]
    store.log_delivery([DeliveryStep(told, "desk", "failed", 1, NOW, "HTTP 500")])
    assert [n.id for n in store.undelivered("desk")] == [told.id]
    store.log_delivery([DeliveryStep(told, "desk", "delivered", 2, NOW)])
    assert store.undelivered("desk") == []
    assert [n.id for n in store.undelivered("lead")] == [told.id]
    assert store.undelivered("nobody") == []


def test_of_many_the_gravest_are_read_first_and_an_alerts_changes_in_their_order(new_store: NewStore) -> None:
    store = new_store()
    store.take_over(1)
    light, plain, worse = (cell(unit=unit) for unit in ("so-khcn", "so-noi-vu", "xa-12004"))
    raised = replace(fired().state, number=2)
    recorded = [
        replace(fired(), scope=light, severity="info"),
        replace(fired(), scope=plain),
        replace(fired(), scope=worse, at=NOW + minutes(1)),
        replace(fired(), scope=worse, at=NOW + minutes(2), state=raised, severity="critical"),
    ]
    store.record([Recorded(one, ("desk",)) for one in recorded], "p")
    order = [f"{worse.alert_id}:1", f"{worse.alert_id}:2", f"{plain.alert_id}:1", f"{light.alert_id}:1"]
    for at_most in (1, 2, 3, 4, 5):
        assert [n.id for n in store.undelivered("desk", at_most)] == order[:at_most]


def test_what_is_told_to_nobody_is_no_notification(new_store: NewStore) -> None:
    store = new_store()
    store.take_over(1)
    assert store.record([Recorded(acknowledged(fired()))], "p") == []
    assert store.record([], "p") == []
    assert store.undelivered("desk") == []


def test_a_notification_read_back_equals_the_one_that_was_recorded(new_store: NewStore) -> None:
    store = new_store()
    store.take_over(1)
    recorded = store.record([Recorded(fired(), ("desk",))], "p")
    assert recorded[0].evidence["numerator"] == 70
    assert store.undelivered("desk") == recorded


def test_what_receivers_hold_open_is_what_they_were_told_last(new_store: NewStore) -> None:
    store = new_store()
    store.take_over(1)
    ended = decide(fired().state, found("clear"), Circumstances(Policy(), NOW + minutes(5), held_then=True)).change
    assert ended
    hidden = replace(ended, scope=cell(unit="so-khcn"), tell=False)
    store.record([Recorded(fired(), ("desk",)), Recorded(replace(fired(), scope=cell(unit="so-khcn")), ("desk",))], "p")
    store.record([Recorded(ended, ("desk",)), Recorded(hidden)], "p")
    assert [(n.alert_id, n.number) for n in store.told_open()] == [(cell(unit="so-khcn").alert_id, 1)]


def test_an_escalation_that_others_were_told_of_hides_no_open_alert_from_who_had_it_before(new_store: NewStore) -> None:
    """What each receiver holds open is what it was told last, whatever others were told since."""
    store = new_store()
    store.take_over(1)
    passed_on = replace(acknowledged(fired()), kind="escalated", tell=True)
    store.record([Recorded(fired(), ("monitoring", "soc")), Recorded(passed_on, ("desk", "soc"))], "p")
    assert [(n.number, n.receivers) for n in store.told_open()] == [(1, ("monitoring", "soc")), (2, ("desk", "soc"))]


def test_a_replaced_owner_can_write_nothing(new_store: NewStore) -> None:
    old, new = new_store(), new_store()
    old.take_over(1)
    (told,) = old.record([Recorded(fired(), ("desk",))], "p")
    new.take_over(2)
    for write in (
        lambda: old.record([Recorded(acknowledged(fired()))], "p"),
        lambda: old.record_silence(maintenance(), "c"),
        lambda: old.log_delivery([DeliveryStep(told, "desk", "delivered", 1, NOW)]),
    ):
        with pytest.raises(STALE):
            write()
    after = new_store().take_over(3)
    assert (after.states[cell().alert_id][1].number, after.silences, after.done_commands) == (1, [], set())
    assert new.undelivered("desk") == [told]
