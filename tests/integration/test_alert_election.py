"""Alerts services on a real broker and engine: one evaluates, nothing is recorded twice, the frozen one is fenced."""

import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.alerts import cell, command, found
from tests.support.alerts_setup import AlertsSetup
from tests.support.kafka import LocalKafka
from tests.support.schema import Schema

UNITS = [f"xa-{number}" for number in range(12)]
CELLS = [cell(unit=unit) for unit in UNITS]
LOW = [found("breach", one) for one in CELLS]
HIGH = [found("clear", one) for one in CELLS]


@pytest.fixture
def alerts(kafka: LocalKafka, schema: Schema, unique: str, tmp_path: Path) -> Iterator[AlertsSetup]:
    setup = AlertsSetup(kafka, schema, tmp_path, f"{unique}-")
    yield setup
    setup.stop()


def ids(*numbers: int) -> set[str]:
    return {f"{one.alert_id}:{number}" for one in CELLS for number in numbers}


def assert_nothing_twice(alerts: AlertsSetup) -> None:
    assert alerts.query("SELECT count() - uniqExact(alert_id, number) FROM alert_transitions") == [(0,)]


def test_of_two_one_evaluates_and_a_killed_one_is_replaced_without_a_change_lost_or_recorded_twice(
    alerts: AlertsSetup,
) -> None:
    first, second = alerts.service(), alerts.service()
    owner = alerts.wait_owner(first, second)
    alerts.see(LOW)
    alerts.wait_changes(12)
    owner.process.kill()
    alerts.see(HIGH, offset=1)
    alerts.announce(1)
    other = second if owner is first else first
    assert alerts.wait_owner(other) is other
    alerts.wait_changes(24)
    alerts.see(LOW, offset=2)
    alerts.announce(2)
    alerts.wait_changes(36)
    alerts.wait_received(ids(1, 2, 3))
    assert_nothing_twice(alerts)
    assert {state for *_, state, _ in alerts.changes()} == {"firing", "resolved"}


def test_a_frozen_owner_is_replaced_and_writes_nothing_when_it_wakes(alerts: AlertsSetup) -> None:
    frozen = alerts.service()
    alerts.wait_owner(frozen)
    alerts.see(LOW)
    alerts.wait_changes(12)
    tokens = alerts.query("SELECT token FROM alerts_owners")
    frozen.process.signal(signal.SIGSTOP)
    alerts.see(HIGH)
    other = alerts.service()
    alerts.wait_owner(other)
    alerts.wait_changes(24)
    frozen.process.signal(signal.SIGCONT)
    alerts.wait_owner(other)
    alerts.see(LOW)
    alerts.wait_changes(36)
    alerts.wait_received(ids(1, 2, 3))
    frozen.wait_gone()
    assert_nothing_twice(alerts)
    stale = f"SELECT max(number) FROM alert_transitions WHERE token = {tokens[0][0]}"  # noqa: S608 - a number
    assert alerts.query(stale) == [(1,)]


def test_a_person_is_obeyed_once_and_a_message_that_is_no_command_blocks_nobody(alerts: AlertsSetup) -> None:
    service = alerts.service()
    alerts.wait_owner(service)
    alerts.see(LOW[:1])
    alerts.wait_changes(1)
    alert = CELLS[0].alert_id
    acknowledge = command("acknowledge", 1, alert_id=alert, at=datetime.now(UTC))
    alerts.ask(acknowledge, b"{", acknowledge, command("note", 2, alert_id=alert, note="đã gọi cho xã"))
    recorded = [(CELLS[0].thing, 1, "state", "firing", ""), (CELLS[0].thing, 2, "acknowledged", "firing", "officer"),
                (CELLS[0].thing, 3, "noted", "firing", "officer")]  # fmt: skip
    assert alerts.wait_changes(3) == recorded
    service.process.kill()
    alerts.ask(acknowledge, command("acknowledge", 3, alert_id="none"), command("note", 4, alert_id=alert))
    alerts.service()
    assert alerts.wait_changes(4)[:3] == recorded
    assert alerts.changes()[3][2:4] == ("noted", "firing")


def test_a_message_of_changes_that_cannot_be_read_stops_nobody(alerts: AlertsSetup) -> None:
    alerts.wait_owner(alerts.service())
    alerts.announce_bytes(b"no hint")
    alerts.see(LOW, offset=5)
    alerts.announce(5)
    alerts.wait_changes(12)
