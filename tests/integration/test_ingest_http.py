"""Ingest as callers see it: a real process, a real broker, keys made by the command."""

import gzip
import json
from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest
import zstandard

from tests.support.events import event, filing_rated, filing_received, key_of
from tests.support.ingest import LocalIngest
from tests.support.kafka import LocalKafka
from tests.support.listeners import listening_addresses
from tests.support.schema import Schema
from tests.support.waiting import wait_until

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"


@pytest.fixture(scope="module")
def ingest(kafka: LocalKafka, module_schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalIngest]:
    process = LocalIngest(tmp_path_factory.mktemp("ingest"), kafka.bootstrap, module_schema, f"t{uuid4().hex[:8]}.")
    process.start()
    yield process
    assert process.stop() == 0, process.log()


@pytest.fixture(scope="module")
def key(ingest: LocalIngest) -> str:
    return ingest.new_key("dvc")


def post(
    ingest: LocalIngest, key: str, body: object, *, kind: str = BATCH, query: str = "", **headers: str
) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"authorization": f"Bearer {key}", "content-type": kind} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    return httpx.post(f"{ingest.url}/v1/events{query}", content=content, headers=sent, timeout=30)


def in_log(ingest: LocalIngest) -> set[str]:
    return {found.id for found in ingest.events()}


def test_a_structured_event_is_accepted_and_stands_in_the_log_normalised(ingest: LocalIngest, key: str) -> None:
    sent = filing_received("structured", type="vn.gov.hungyen.filing.received")

    answer = post(ingest, key, sent, kind=STRUCTURED)

    assert answer.status_code == 202
    assert answer.json() == {
        "dry_run": False, "accepted": 1, "rejected": 0, "results": [{"id": sent["id"], "status": "accepted"}],
    }  # fmt: skip
    (found,) = [one for one in ingest.events() if one.id == sent["id"]]
    assert (found.type, found.source, found.data["due_at"]) == (
        "filing.received",
        "/systems/dvc",
        "2026-03-16T10:00:00Z",
    )


def test_binary_mode_is_the_same_event_as_structured_mode(ingest: LocalIngest, key: str) -> None:
    sent = filing_rated("binary")
    attributes = {f"ce-{name}": value for name, value in sent.items() if name not in {"data", "datacontenttype"}}

    answer = post(ingest, key, sent["data"], kind="application/json", **attributes)
    post(ingest, key, sent, kind=STRUCTURED)

    assert answer.status_code == 202, answer.text
    first, second = [one for one in ingest.events() if one.id == sent["id"]]
    assert first == second


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_compressed_batches_are_accepted(ingest: LocalIngest, key: str, encoding: str) -> None:
    batch = [filing_rated(f"{encoding}-{number}") for number in range(300)]
    plain = json.dumps(batch).encode()
    body = gzip.compress(plain) if encoding == "gzip" else zstandard.compress(plain)

    answer = post(ingest, key, body, content_encoding=encoding)

    assert (answer.status_code, answer.json()["accepted"]) == (202, 300)
    assert {one["id"] for one in batch} <= in_log(ingest)


def test_one_bad_event_among_ninety_nine_good_is_told_in_its_place_and_costs_nothing_else(
    ingest: LocalIngest, key: str
) -> None:
    batch = [filing_rated(f"good-{number}") for number in range(100)]
    batch[40]["unit"] = "so-khong-co"

    answer = post(ingest, key, batch)

    results = answer.json()["results"]
    assert (answer.status_code, answer.json()["accepted"], answer.json()["rejected"]) == (202, 99, 1)
    assert results[40] == {"reason": "unit_unknown", "pointer": "/unit", "status": "rejected", "id": batch[40]["id"]}
    assert {one["id"] for one in batch} - in_log(ingest) == {batch[40]["id"]}


def test_a_batch_without_any_good_event_is_422_with_the_same_list(ingest: LocalIngest, key: str) -> None:
    answer = post(ingest, key, [filing_rated("bad", unit="so-khong-co"), 17])

    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert [one["reason"] for one in answer.json()["results"]] == ["unit_unknown", "not_an_event"]


def test_a_single_bad_event_is_a_problem_document(ingest: LocalIngest, key: str) -> None:
    answer = post(ingest, key, filing_rated("bad", type="filing.loved"), kind=STRUCTURED)

    problem = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert (problem["reason"], problem["pointer"], problem["status"]) == ("type_unknown", "/type", 422)


def test_a_dry_run_says_so_and_writes_nothing(ingest: LocalIngest, key: str) -> None:
    sent = filing_rated("dry")

    answer = post(ingest, key, [sent], query="?dry_run=1")

    assert (answer.status_code, answer.json()["dry_run"], answer.json()["accepted"]) == (202, True, 1)
    assert sent["id"] not in in_log(ingest)


@pytest.mark.parametrize(
    ("body", "kind", "headers", "expected"),
    [
        (b"{", STRUCTURED, {}, (400, "invalid_json")),
        (b"[1,", BATCH, {}, (400, "invalid_json")),
        (b"[]", BATCH, {}, (400, "empty_batch")),
        (b'[{"id":"\xff"}]', BATCH, {}, (422, "events_rejected")),
        (b"[" * 200_000, BATCH, {}, (400, "invalid_json")),
        (b"{}", "text/plain", {}, (415, "unsupported_media_type")),
        (b"{}", "application/json", {}, (415, "unsupported_media_type")),
        (b"{}", STRUCTURED + "; charset=utf-16", {}, (415, "unsupported_media_type")),
        (b"{}", STRUCTURED, {"content_encoding": "br"}, (415, "unsupported_content_encoding")),
        (b"not gzip", STRUCTURED, {"content_encoding": "gzip"}, (415, "unsupported_content_encoding")),
        (b" " * 10_000_000, STRUCTURED, {}, (413, "body_too_large")),
        (gzip.compress(b" " * 60_000_000), BATCH, {"content_encoding": "gzip"}, (413, "inflated_too_large")),
        (zstandard.compress(b" " * 60_000_000), BATCH, {"content_encoding": "zstd"}, (413, "inflated_too_large")),
        (b"[" + b"1," * 1_000_000 + b"1]", BATCH, {}, (413, "too_many_events")),
        (json.dumps([{}] * 1001).encode(), BATCH, {}, (413, "too_many_events")),
    ],
)
def test_bad_requests_get_their_documented_answer(
    ingest: LocalIngest, key: str, body: bytes, kind: str, headers: dict[str, str], expected: tuple[int, str]
) -> None:
    answer = post(ingest, key, body, kind=kind, **headers)

    assert (answer.status_code, answer.json()["reason"]) == expected
    assert answer.headers["content-type"] == "application/problem+json"
    assert post(ingest, key, [filing_rated("after")]).status_code == 202


@pytest.mark.parametrize("token", ["ct_unknown_secret", "ct_", "nonsense"])
def test_without_a_valid_key_the_answer_is_401(ingest: LocalIngest, token: str) -> None:
    answer = post(ingest, token, [filing_rated()])

    assert (answer.status_code, answer.json()["reason"]) == (401, "unauthorized")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_key_that_may_only_look_is_403(ingest: LocalIngest) -> None:
    made = ingest.run("keys", "new", "--role", "view", "--owner", "test")
    assert post(ingest, made.stdout.strip(), [filing_rated()]).status_code == 403


def test_a_revoked_key_is_refused_within_five_seconds(ingest: LocalIngest) -> None:
    token = ingest.new_key("dvc")
    assert post(ingest, token, [filing_rated("r")]).status_code == 202

    assert ingest.run("keys", "revoke", token.split("_")[1]).returncode == 0

    wait_until(lambda: post(ingest, token, [filing_rated("r")]).status_code == 401, deadline_seconds=5, what="revoked")


def test_a_key_restricted_to_units_and_types_sends_only_those(ingest: LocalIngest) -> None:
    options = ["--role", "emit", "--system", "dvc", "--units", "xa-11977,xa-11992", "--types", "filing.rated"]
    token = ingest.run("keys", "new", "--owner", "test", *options).stdout.strip()
    assert post(ingest, token, [filing_rated("scoped", unit="xa-11977")]).status_code == 202

    answer = post(ingest, token, [filing_rated("scoped"), filing_received("scoped", unit="xa-11977")])

    assert [one["reason"] for one in answer.json()["results"]] == ["unit_not_allowed", "type_not_allowed"]


def test_a_hidden_citizen_number_is_found_in_no_answer_log_metric_or_topic(ingest: LocalIngest, key: str) -> None:
    number = "034085001234"
    hidden = [
        filing_rated("pii", id=number),
        filing_rated("pii", id=f"hs-{number}-1"),
        filing_rated("pii", subject=f"filing/{number}"),
        filing_rated("pii", corrects=number),
        filing_rated("pii", data={"rating": number}),
        filing_rated("pii", data={"rating": "satisfied", "cccd": number}),
        filing_rated("pii", data={"rating": "satisfied", f"x{number}": 1}),
        filing_rated("pii", **{f"n{number}": "1"}),
        filing_rated("pii", type=f"{number}.rated"),
        filing_rated("pii", unit=number),
        filing_rated("pii", dataschema=f"urn:{number}"),
        event("filing.fee_due", f"filing/{key_of('pii')}", {"fee": number}),
    ]

    answer = post(ingest, key, hidden)

    assert answer.status_code == 422
    assert {one["reason"] for one in answer.json()["results"]} == {"personal_data"}
    for one in hidden:
        assert number not in post(ingest, key, one, kind=STRUCTURED).text
    assert number not in answer.text
    assert number not in httpx.get(f"{ingest.url}/metrics").text
    assert number not in ingest.log()
    assert all(number not in str(found) for found in ingest.events())


def test_metrics_count_accepted_by_type_and_rejected_by_reason(ingest: LocalIngest, key: str) -> None:
    post(ingest, key, [filing_rated("metric"), filing_rated("metric", unit="so-khong-co")])

    text = httpx.get(f"{ingest.url}/metrics").text

    assert 'chitieu_ingest_accepted_total{type="filing.rated"}' in text
    assert 'chitieu_ingest_rejected_total{reason="unit_unknown"}' in text
    assert "chitieu_ingest_kafka_ack_seconds_count" in text


def test_schemas_are_open_and_complete(ingest: LocalIngest) -> None:
    listed = httpx.get(f"{ingest.url}/v1/schemas").json()["schemas"]

    assert len(listed) == 29
    for one in listed:
        assert httpx.get(f"{ingest.url}{one['href']}").json()["title"] == one["type"]
    assert httpx.get(f"{ingest.url}/v1/schemas/filing.loved").status_code == 404


def test_it_listens_on_the_loopback_address_only(ingest: LocalIngest) -> None:
    assert {address for address, _ in listening_addresses(ingest.process.pid)} == {"127.0.0.1"}
