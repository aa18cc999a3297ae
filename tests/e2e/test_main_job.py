"""The main job: an event in, the rate visible, the alert received with a valid signature, the page in a browser."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect
from standardwebhooks import Webhook

from tests.support.browser import DEADLINE_MS, Screen
from tests.support.filings import resolved_filing
from tests.support.pipeline import Pipeline
from tests.support.stack import LocalStack
from tests.support.waiting import wait_until
from tests.support.webhook import WebhookReceiver

UNIT = "xa-13279"
"""A commune that no other test on this stack writes filings for."""
FIGURE = "filing_full_online"
FILINGS, ONLINE = 50, 30


@pytest.fixture(scope="module")
def pipeline(stack: LocalStack) -> Iterator[Pipeline]:
    pipeline = Pipeline(stack)
    yield pipeline
    pipeline.close()


def filing(number: int, *, online: bool, today: bool = False) -> list[dict[str, Any]]:
    """A filing of this test's commune."""
    return resolved_filing(f"main job {number}", UNIT, online=online, today=today)


def heard_from_today() -> list[dict[str, Any]]:
    """A filing that has just come in and counts nowhere yet: of a source that is silent no rate is judged."""
    return filing(-1, online=True, today=True)[:1]


def cell(pipeline: Pipeline) -> dict[str, Any]:
    answer = pipeline.http.get(
        pipeline.stack.url("api", f"/v1/cells/{FIGURE}/{UNIT}"),
        headers=pipeline.bearer("view"),
        params={"period": "2026"},
    )
    found: dict[str, Any] = answer.raise_for_status().json()["figures"][0]["cell"]
    return found


def test_a_unit_that_falls_below_its_target_is_seen_and_announced_and_recovers(
    pipeline: Pipeline, webhook_receiver: WebhookReceiver, screen: Screen
) -> None:
    pipeline.send(heard_from_today())
    for number in range(FILINGS):
        pipeline.send(filing(number, online=number < ONLINE))
    wait_until(lambda: cell(pipeline)["den"] == FILINGS, deadline_seconds=60, what="the rate of all filings")
    seen = cell(pipeline)
    assert (seen["num"], seen["percent"], seen["status"]) == (ONLINE, 60.0, "below")

    firing = announced(pipeline, webhook_receiver, "alert.firing")
    assert firing["alert_id"] == f"below_target:{FIGURE}:{UNIT}:2026"
    evidence = firing["evidence"]
    assert evidence["numerator"] * 100 < 80 * evidence["denominator"]
    assert f"({evidence['numerator']}/{evidence['denominator']})" in firing["sentence_vi"]

    see_page(pipeline, screen, "60%")

    for number in range(FILINGS, 3 * FILINGS):
        pipeline.send(filing(number, online=True, today=True))
    resolved = announced(pipeline, webhook_receiver, "alert.resolved")
    assert resolved["evidence"]["numerator"] * 100 >= 80 * resolved["evidence"]["denominator"]


def announced(pipeline: Pipeline, receiver: WebhookReceiver, kind: str) -> dict[str, Any]:
    """The alert as the receiver got it, its signature verified."""
    secret = (pipeline.stack.settings.secrets / "webhook").read_text().strip()

    def found() -> list[dict[str, Any]]:
        bodies = [
            json.loads(Webhook(secret).verify(one.body, dict(one.headers)) and one.body) for one in receiver.deliveries
        ]
        return [body["data"] for body in bodies if body["type"] == kind and f":{UNIT}:" in body["data"]["alert_id"]
                and f":{FIGURE}:" in body["data"]["alert_id"]]  # fmt: skip

    wait_until(lambda: bool(found()), deadline_seconds=60, what=f"webhook {kind}")
    return found()[0]


def see_page(pipeline: Pipeline, screen: Screen, percent: str) -> None:
    """The cell's page in a real browser shows the same figure."""
    page = screen.page
    page.goto(pipeline.stack.url("api", f"/cells/{FIGURE}/{UNIT}#key={pipeline.key('operate')}"))
    expect(page.get_by_text(percent).first).to_be_visible(timeout=DEADLINE_MS)
    assert f"{ONLINE}/{FILINGS}" in "".join(page.inner_text("body").split())
