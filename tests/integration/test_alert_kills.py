"""kill -9 of the alerts service between record and delivery, fifty times in a row on one database."""

import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.alerts_setup import AlertsSetup
from tests.support.kafka import LocalKafka
from tests.support.processes import ChildProcess
from tests.support.schema import Schema
from tests.support.waiting import wait_until

DEATHS = 50
DEADLINE_SECONDS = 240


@pytest.fixture
def alerts(kafka: LocalKafka, schema: Schema, unique: str, tmp_path: Path) -> Iterator[AlertsSetup]:
    setup = AlertsSetup(kafka, schema, tmp_path, f"{unique}-")
    yield setup
    setup.stop()


def test_openmeter_5118_every_change_is_delivered_a_repeat_carries_the_same_id_and_body_and_none_is_lost(
    alerts: AlertsSetup, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "tests.support.killed_owner", str(DEATHS)]
    owners = ChildProcess(command, alerts.environment, tmp_path / "owners.log").start()
    wait_until(lambda: owners.exit_status() is not None, deadline_seconds=DEADLINE_SECONDS, what="the last owner")
    assert owners.exit_status() == 0, owners.tail()
    recorded = {f"{alert_id}:{number}" for alert_id, number in
                alerts.query("SELECT alert_id, number FROM alert_transitions")}  # fmt: skip
    assert len(recorded) == 3 * (DEATHS + 1)
    assert alerts.query("SELECT count() FROM alert_transitions") == [(len(recorded),)]
    bodies: defaultdict[str, set[bytes]] = defaultdict(set)
    for delivery in alerts.receiver.deliveries:
        bodies[delivery.headers["webhook-id"]].add(delivery.body)
    assert set(bodies) == recorded
    assert {len(one) for one in bodies.values()} == {1}
    assert len(alerts.receiver.deliveries) > len(recorded), "no owner died between a delivery and its log"
