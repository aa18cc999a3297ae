"""What senders are told of each event, over HTTP: sent to ingest, scored, asked of the api."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.api import ApiProcess, start_api
from tests.support.engine import start_engine
from tests.support.events import event, filing_rated, filing_received, key_of
from tests.support.ingest import LocalIngest
from tests.support.kafka import LocalKafka
from tests.support.processes import REPO
from tests.support.schema import Schema, create_schema
from tests.support.scoring import ScoringSetup
from tests.support.waiting import wait_until

BATCH = "application/cloudevents-batch+json"
GUIDE = REPO / "docs" / "integrators.md"
SOURCE = "/systems/dvc"
TOLD_SECONDS = 30
"""Promised within 2 s; the deadline only ends a test that would never pass."""


class Sender:
    """Ingest, one scoring worker and the api on one log and one database, with keys."""

    def __init__(self, ingest: LocalIngest, api: ApiProcess) -> None:
        self.ingest, self.api_url = ingest, api.url
        self.key = ingest.new_key("dvc")
        self.commune = ingest.new_key("dvc", units=["xa-11977"])
        self.other = ingest.new_key("nhap-lieu")

    def send(self, *events: dict[str, Any], key: str = "") -> list[dict[str, Any]]:
        """The result of each event."""
        headers = {"authorization": f"Bearer {key or self.key}", "content-type": BATCH}
        answer = httpx.post(f"{self.ingest.url}/v1/events", json=events, headers=headers, timeout=30)
        assert answer.status_code in (202, 422), answer.text
        results: list[dict[str, Any]] = answer.json()["results"]
        return results

    def get(self, key: str = "", **query: str | int) -> httpx.Response:
        """`GET /v1/events` with a key."""
        headers = {"authorization": f"Bearer {key or self.key}"}
        return httpx.get(f"{self.api_url}/v1/events", params=query, headers=headers, timeout=30)

    def receipt(self, sent: dict[str, Any]) -> dict[str, Any]:
        """The receipt as it is now, empty when there is none."""
        answer = self.get(source=SOURCE, id=sent["id"])
        return dict(answer.json()) if answer.status_code == 200 else {}

    def wait(self, sent: dict[str, Any], outcome: str) -> dict[str, Any]:
        """The receipt, once it says so."""
        wait_until(
            lambda: self.receipt(sent).get("outcome") == outcome, deadline_seconds=TOLD_SECONDS, what=f"{outcome}"
        )
        return self.receipt(sent)

    def listed(self, key: str = "", **query: str | int) -> list[str]:
        """Ids of one page."""
        return [one["id"] for one in self.get(key, **query).json()["events"]]


@pytest.fixture(scope="module")
def sender(kafka: LocalKafka, module_schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sender]:
    schema, prefix, folder = module_schema, f"t{uuid4().hex[:8]}.", tmp_path_factory.mktemp("receipts")
    with ExitStack() as stack:
        scoring = ScoringSetup(kafka, schema, folder, prefix)
        stack.callback(scoring.stop)
        ingest = LocalIngest(folder / "ingest", kafka.bootstrap, schema, prefix)
        ingest.start()
        stack.callback(ingest.stop)
        api = start_api(schema, folder / "api")
        stack.callback(api.process.stop)
        scoring.worker().start()
        yield Sender(ingest, api)


def retraction(of: dict[str, Any]) -> dict[str, Any]:
    return event("event.retracted", of["subject"], {"id": of["id"]}, unit=of["unit"])


def test_a_counted_event_names_its_cells(sender: Sender) -> None:
    received, rated = filing_received("counted"), filing_rated("counted")
    sender.send(received, rated)

    told = sender.wait(rated, "counted")

    assert told["cells"] == [{"reading": "satisfaction", "unit": "so-khcn", "day": "2026-03-02", "num": 1, "den": 1}]
    assert (told["sentence"], told["repeats"], told["late"]) == ("Đã tính vào chỉ tiêu", [], True)


def test_a_duplicate_and_a_conflict_are_told_with_the_event_that_stays(sender: Sender) -> None:
    rated = filing_rated("again", id=str(uuid4()))
    sender.send(filing_received("again"), rated)
    sender.send(rated)
    sender.send(rated | {"data": {"rating": "dissatisfied"}})

    wait_until(
        lambda: len(sender.receipt(rated).get("repeats", [])) == 2, deadline_seconds=TOLD_SECONDS, what="repeats"
    )
    told = sender.receipt(rated)

    assert (told["outcome"], told["cells"][0]["num"]) == ("counted", 1)
    assert [again["outcome"] for again in told["repeats"]] == ["duplicate", "conflict"]
    assert told["offset"] < told["repeats"][0]["offset"] < told["repeats"][1]["offset"]
    for outcome in ("duplicate", "conflict"):
        assert rated["id"] in sender.listed(outcome=outcome)


def test_an_excluded_event_names_the_indicator_and_the_reason(sender: Sender) -> None:
    received = filing_received("excluded", data=filing_received()["data"] | {"full_online_offered": False})
    result = event(
        "filing.result_issued", received["subject"], {"electronic": False, "signed": False, "delivery": "direct"}
    )
    sender.send(received, result)

    wait_until(lambda: bool(sender.receipt(result).get("cells")), deadline_seconds=TOLD_SECONDS, what="counted")

    left_out = {one["indicator"]: one["reason"] for one in sender.receipt(result)["exclusions"]}
    assert left_out["filing_full_online"] == "not_offered"


def test_an_event_that_only_one_reading_sees_and_leaves_out_is_excluded(sender: Sender) -> None:
    fee = event("filing.fee_waived", f"filing/{key_of('waived')}", {"fee": "fee-1"})
    sender.send(filing_received("waived"), fee)

    told = sender.wait(fee, "excluded")

    assert [(one["reading"], one["reason"], one["sentence"]) for one in told["exclusions"]] == [
        ("payment_online", "waived", "Hồ sơ được miễn phí, lệ phí")
    ]
    assert fee["id"] in sender.listed(outcome="excluded")


def test_superseded_retracted_orphan_and_pending_name_the_other_event(sender: Sender) -> None:
    first = filing_rated("mended", id=str(uuid4()))
    better = filing_rated("mended", "neutral", id=str(uuid4()), corrects=first["id"])
    gone = filing_received("gone")
    back = retraction(gone)
    lost = filing_rated("lost", corrects="not-sent")
    waiting = filing_rated("waiting")
    sender.send(filing_received("mended"), first, better, gone, back, lost, waiting)

    assert sender.wait(first, "superseded")["other_id"] == better["id"]
    assert sender.wait(gone, "retracted")["other_id"] == back["id"]
    assert sender.wait(lost, "orphan")["other_id"] == "not-sent"
    assert sender.wait(waiting, "pending")["exclusions"][0]["reason"] == "awaiting_received"
    assert (sender.wait(back, "noted")["other_id"], sender.wait(better, "counted")["cells"][0]["num"]) == (
        gone["id"],
        0,
    )
    assert sender.listed(outcome="orphan") == [lost["id"]]


def test_a_rejected_event_is_told_with_its_reason_until_it_is_sent_well(sender: Sender) -> None:
    wrong = filing_rated("rejected", "excellent", id=str(uuid4()))
    assert sender.send(wrong)[0]["reason"] == "data_invalid"

    told = sender.wait(wrong, "rejected")

    assert (told["reason"], told["pointer"], told["unit"], told["type"], told["cells"], told["offset"]) == (
        "data_invalid", "/data/rating", "so-khcn", "filing.rated", [], None,
    )  # fmt: skip
    assert wrong["id"] in sender.listed(outcome="rejected")
    sender.send(filing_received("rejected"), wrong | {"data": {"rating": "satisfied"}})
    sender.wait(wrong, "counted")


def test_what_is_refused_for_personal_data_or_sent_as_another_system_is_never_kept(sender: Sender) -> None:
    named, foreign = filing_rated("p", id="named-1"), filing_rated("f", id="foreign-1", source="/systems/nhap-lieu")
    sentinel = filing_rated("s", "excellent", id="sentinel-1")
    secret = named | {"id": "secret-1", "data": {"rating": "satisfied", "do_mat": "mật"}}
    sender.send(named | {"data": {"rating": "satisfied", "phone": "0912345678"}}, secret, foreign, sentinel)

    sender.wait(sentinel, "rejected")

    assert {"named-1", "secret-1", "foreign-1"}.isdisjoint(sender.listed(outcome="rejected", limit=500))
    assert sender.get(sender.other, source="/systems/nhap-lieu", id="foreign-1").status_code == 404


def test_an_event_is_late_when_it_comes_a_week_after_its_time(sender: Sender) -> None:
    late = filing_rated("late", id=str(uuid4()))
    sender.send(filing_received("late"), late)

    sender.wait(late, "counted")

    assert late["id"] in sender.listed(outcome="late", limit=500)


def test_lists_come_in_pages_that_neither_repeat_nor_skip(sender: Sender) -> None:
    many = [filing_rated(f"page-{n}", "excellent", id=f"page-{n}") for n in range(7)]
    sender.send(*many)
    sender.wait(many[-1], "rejected")

    pages, after = [], "page-"
    while after:
        answer = sender.get(outcome="rejected", after=after, limit=3).json()
        pages.append([one["id"] for one in answer["events"] if one["id"].startswith("page-")])
        after = answer["next"]

    assert [one for page in pages for one in page] == sorted(one["id"] for one in many)
    assert all(len(page) <= 3 for page in pages)


def test_another_systems_key_gets_404_and_a_key_of_some_units_sees_its_own_units(sender: Sender) -> None:
    mine = filing_rated("mine", corrects="not-sent")
    commune = filing_rated("commune", corrects="not-sent", unit="xa-11977")
    refused = filing_rated("refused", id="wrong-unit-1", unit="so-khcn")
    sender.send(mine, commune)
    assert sender.send(refused, key=sender.commune)[0]["reason"] == "unit_not_allowed"
    sender.wait(mine, "orphan")
    sender.wait(commune, "orphan")
    sender.wait(refused, "rejected")

    one, some = {"source": SOURCE, "id": mine["id"]}, {"source": SOURCE, "outcome": "orphan"}
    assert [sender.get(sender.other, **query).status_code for query in (one, some)] == [404, 404]
    assert sender.get(sender.commune, **one).status_code == 404
    assert sender.listed(sender.commune, outcome="orphan") == [commune["id"]]
    assert sender.listed(sender.commune, outcome="rejected") == [refused["id"]]


@pytest.mark.parametrize(
    "query", [{}, {"id": "a", "outcome": "late"}, {"outcome": "lost"}, {"outcome": "late", "limit": 0}]
)
def test_a_question_that_is_neither_is_refused(sender: Sender, query: dict[str, Any]) -> None:
    assert sender.get(**query).status_code == 422


def test_the_guides_questions_run_as_they_stand(sender: Sender, tmp_path: Path) -> None:
    fee = event("filing.fee_waived", f"filing/{key_of('guide')}", {"fee": "fee-1"}, id="g-1")
    sender.send(filing_received("guide"), fee)
    sender.wait(fee, "excluded")
    blocks = re.findall(r"^```bash\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    questions = [block for block in blocks if "$CHITIEU_API" in block]

    answers = [ask(question, sender, tmp_path) for question in questions]

    assert [answer["outcome"] for answer in answers] == ["excluded", "rejected"]


def ask(question: str, sender: Sender, folder: Path) -> dict[str, Any]:
    """What a block of the guide prints."""
    (folder / "block.bash").write_text(question, encoding="utf-8")
    done = subprocess.run(
        ["bash", "-euo", "pipefail", str(folder / "block.bash")],
        env={**os.environ, "CHITIEU_API": sender.api_url, "CHITIEU_KEY": sender.key},  # noqa: TID251 - children inherit PATH
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_ingest_goes_on_while_notes_of_rejections_cannot_be_written(kafka: LocalKafka, tmp_path: Path) -> None:
    engine = start_engine(tmp_path / "engine")
    ingest = LocalIngest(tmp_path / "ingest", kafka.bootstrap, create_schema(engine), f"t{uuid4().hex[:8]}.")
    ingest.start()
    try:
        key = ingest.new_key("dvc")
        wait_until(lambda: refused(ingest, key) == 422, deadline_seconds=TOLD_SECONDS, what="key")
        engine.kill()
        assert refused(ingest, key) == 422
        wait_until(lambda: dropped(ingest) > 0, deadline_seconds=TOLD_SECONDS, what="dropped notes are counted")
        assert refused(ingest, key) == 422
    finally:
        assert ingest.stop() == 0
        engine.stop()


def refused(ingest: LocalIngest, key: str) -> int:
    headers = {"authorization": f"Bearer {key}", "content-type": BATCH}
    events = [filing_rated("away", "excellent")]
    return httpx.post(f"{ingest.url}/v1/events", json=events, headers=headers, timeout=30).status_code


def dropped(ingest: LocalIngest) -> float:
    lines = httpx.get(f"{ingest.url}/metrics", timeout=30).text.splitlines()
    return sum(
        float(line.split()[1]) for line in lines if line.startswith("chitieu_ingest_rejection_notes_dropped_total ")
    )
