"""Ingest while what it depends on is away: no false accept, no restart needed, one line when it cannot start."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.support.engine import EngineProcess, start_engine
from tests.support.events import filing_rated
from tests.support.ingest import LocalIngest
from tests.support.kafka import LocalKafka
from tests.support.schema import Schema, create_schema
from tests.support.waiting import wait_until

BATCH = "application/cloudevents-batch+json"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[LocalKafka]:
    own = LocalKafka(tmp_path / "kafka")
    own.start()
    yield own
    own.stop()


def post(ingest: LocalIngest, key: str, *events: dict[str, object]) -> httpx.Response:
    headers = {"authorization": f"Bearer {key}", "content-type": BATCH}
    return httpx.post(f"{ingest.url}/v1/events", content=json.dumps(events), headers=headers, timeout=30)


@contextmanager
def started(folder: Path, broker: LocalKafka, schema: Schema) -> Iterator[tuple[LocalIngest, str]]:
    ingest = LocalIngest(folder, broker.bootstrap, schema, f"t{uuid4().hex[:8]}.", ack_deadline_seconds="1")
    ingest.start()
    try:
        key = ingest.new_key("dvc")
        wait_until(lambda: post(ingest, key, filing_rated("0")).status_code == 202, deadline_seconds=10, what="key")
        yield ingest, key
    finally:
        status = ingest.stop()
    assert status == 0, ingest.log()


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_with_kafka_away_the_answer_is_503_and_events_flow_again_without_a_restart(
    tmp_path: Path, broker: LocalKafka, schema: Schema, end: str
) -> None:
    with started(tmp_path / "ingest", broker, schema) as (ingest, key):
        getattr(broker, end)()

        answers = [post(ingest, key, *(filing_rated(f"{n}-{m}") for m in range(50))) for n in range(4)]

        assert [answer.status_code for answer in answers] == [503] * 4
        assert (answers[0].json()["reason"], answers[0].headers["retry-after"]) == ("kafka_unavailable", "5")
        wait_until(lambda: not ingest.ready(), deadline_seconds=10, what="not ready")
        assert httpx.get(f"{ingest.url}/-/healthy").status_code == 200

        broker.start()
        late = filing_rated("late")
        wait_until(lambda: post(ingest, key, late).status_code == 202, deadline_seconds=60, what="accepted again")
        wait_until(ingest.ready, deadline_seconds=20, what="ready again")
        assert late["id"] in {event.id for event in ingest.events()}


def test_keys_still_work_while_clickhouse_is_away(tmp_path: Path, kafka: LocalKafka) -> None:
    engine = start_engine(tmp_path / "engine")
    try:
        with started(tmp_path / "ingest", kafka, create_schema(engine)) as (ingest, key):
            engine.kill()
            wait_until(lambda: "keys_not_refreshed" in ingest.log(), deadline_seconds=30, what="noticed")
            assert post(ingest, key, filing_rated("1")).status_code == 202

            engine.restart()
            new = ingest.new_key("dvc")
            wait_until(lambda: post(ingest, new, filing_rated("2")).status_code == 202, deadline_seconds=15, what="new")
    finally:
        engine.stop()


def test_it_refuses_to_start_without_kafka_and_says_why_in_one_line(tmp_path: Path, schema: Schema) -> None:
    ingest = LocalIngest(tmp_path / "ingest", "127.0.0.1:1", schema, "x.")

    done = ingest.run()

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1:] == ["ingest: Kafka at 127.0.0.1:1 does not answer (KafkaConnectionError)"]


def test_it_refuses_to_start_without_its_topics(tmp_path: Path, kafka: LocalKafka, schema: Schema) -> None:
    done = LocalIngest(tmp_path / "ingest", kafka.bootstrap, schema, "missing.").run()

    assert (done.returncode, done.stderr) == (
        1,
        "ingest: topic missing.events is missing: python -m shared.topics create\n",
    )


def test_it_refuses_to_start_without_clickhouse(tmp_path: Path, kafka: LocalKafka, engine: EngineProcess) -> None:
    away = EngineProcess("127.0.0.1", 1, "x", "x", tmp_path, engine.process)

    done = LocalIngest(tmp_path / "ingest", kafka.bootstrap, Schema(away, "chitieu"), "x.").run()

    assert done.returncode == 1
    assert done.stderr.startswith("ingest: ClickHouse at 127.0.0.1:1")
    assert len(done.stderr.splitlines()) == 1
