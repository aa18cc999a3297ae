"""Ingest when more comes in than it takes: told to come back, and nobody's memory grows."""

import json
from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest

from tests.support.events import filing_rated
from tests.support.ingest import BATCH, LocalIngest
from tests.support.kafka import LocalKafka
from tests.support.schema import Schema
from tests.support.waiting import wait_until

MAX_REQUESTS, MAX_KEY_REQUESTS, MAX_BYTES = 3, 2, 100_000


@pytest.fixture(scope="module")
def ingest(kafka: LocalKafka, module_schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalIngest]:
    process = LocalIngest(
        tmp_path_factory.mktemp("ingest"),
        kafka.bootstrap,
        module_schema,
        f"t{uuid4().hex[:8]}.",
        max_in_flight_requests=str(MAX_REQUESTS),
        max_key_requests=str(MAX_KEY_REQUESTS),
        max_in_flight_bytes=str(MAX_BYTES),
    )
    process.start()
    yield process
    assert process.stop() == 0, process.log()


@pytest.fixture(scope="module")
def keys(ingest: LocalIngest) -> list[str]:
    made = [ingest.new_key("dvc") for _ in range(2)]
    wait_until(lambda: all(post(ingest, key).status_code == 202 for key in made), deadline_seconds=10, what="keys")
    return made


def post(ingest: LocalIngest, key: str, size: int = 0) -> httpx.Response:
    """One event and `size` blanks."""
    body = json.dumps([filing_rated("overload")]).encode() + b" " * size
    headers = {"authorization": f"Bearer {key}", "content-type": BATCH}
    return httpx.post(f"{ingest.url}/v1/events", content=body, headers=headers, timeout=30)


def refused(answer: httpx.Response) -> tuple[int, str, str]:
    return answer.status_code, answer.json()["reason"], answer.headers["retry-after"]


def test_a_key_with_too_many_requests_is_told_to_wait_and_others_are_not(ingest: LocalIngest, keys: list[str]) -> None:
    with ingest.unfinished(*[keys[0]] * MAX_KEY_REQUESTS):
        assert refused(post(ingest, keys[0])) == (429, "too_many_requests", "1")
        assert post(ingest, keys[1]).status_code == 202
    assert post(ingest, keys[0]).status_code == 202


def test_too_many_requests_of_all_keys_together_are_told_to_wait(ingest: LocalIngest, keys: list[str]) -> None:
    with ingest.unfinished(keys[0], keys[0], keys[1]):
        assert refused(post(ingest, keys[1])) == (503, "overloaded", "2")
    assert post(ingest, keys[1]).status_code == 202


def test_a_body_for_which_there_is_no_room_is_told_to_wait(ingest: LocalIngest, keys: list[str]) -> None:
    assert refused(post(ingest, keys[0], MAX_BYTES)) == (503, "overloaded", "2")
    assert post(ingest, keys[0], MAX_BYTES // 2).status_code == 202
