"""A worker whose broker is killed: it waits, goes on, and the ledger is exact."""

from pathlib import Path

from tests.support.kafka import LocalKafka
from tests.support.schema import Schema
from tests.support.scoring import ScoringSetup, filings


def test_kill_9_of_the_broker_loses_and_doubles_nothing_and_the_worker_lives(
    schema: Schema, unique: str, tmp_path: Path
) -> None:
    broker = LocalKafka(tmp_path / "kafka")
    broker.start()
    scoring = ScoringSetup(broker, schema, tmp_path, f"{unique}-")
    try:
        worker = scoring.worker().start()
        scoring.send(filings(0, 400))
        broker.kill()
        broker.start()
        scoring.send(filings(400, 100))
        scoring.wait_exact()
        assert worker.exit_status() is None
    finally:
        scoring.stop()
        broker.stop()
