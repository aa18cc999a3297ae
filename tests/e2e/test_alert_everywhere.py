"""A commune falls below 80 % because its filings were sent wrongly: told once by webhook, e-mail and Alertmanager,
taken on by a button in a browser, and withdrawn everywhere when the data are corrected."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect
from standardwebhooks import Webhook

from tests.support.alert_channels import AlertChannels, text_of
from tests.support.browser import DEADLINE_MS, Screen
from tests.support.events import event
from tests.support.filings import resolved_filing
from tests.support.pipeline import Pipeline
from tests.support.stack import LocalStack
from tests.support.waiting import wait_until
from tests.support.webhook import WebhookReceiver

UNIT = "xa-12247"
"""A commune that no other test on this stack writes filings for."""
ALERT = f"below_target:filing_full_online:{UNIT}:2026"
FILINGS, ONLINE = 40, 20
WITHDRAWN = re.compile(r"đã rút: dữ liệu được đính chính, lúc phát cảnh báo số đúng là (\d+)(,\d)?% \(")
DEADLINE_SECONDS = 60


@pytest.fixture(scope="module")
def pipeline(stack: LocalStack) -> Iterator[Pipeline]:
    pipeline = Pipeline(stack)
    yield pipeline
    pipeline.close()


def fall(pipeline: Pipeline) -> list[dict[str, Any]]:
    """Half of the filings are said to have come in at the counter; returns the events that say so."""
    pipeline.send(resolved_filing("everywhere today", UNIT, online=True, today=True)[:1])
    filings = [resolved_filing(f"everywhere {number}", UNIT, online=number < ONLINE) for number in range(FILINGS)]
    pipeline.send([one for filing in filings for one in filing])
    return [received for received, _ in filings[ONLINE:]]


def correct(pipeline: Pipeline, wrong: list[dict[str, Any]]) -> None:
    """They came in online; each correction names the event it replaces and has the time of the fact."""
    pipeline.send(
        [
            event(one["type"], one["subject"], one["data"] | {"channel": "online"}, unit=UNIT, time=one["time"],
                  corrects=one["id"])
            for one in wrong
        ]
    )  # fmt: skip


def webhooks(pipeline: Pipeline, receiver: WebhookReceiver) -> list[dict[str, Any]]:
    """Those about the alert, their signatures verified."""
    signer = Webhook((pipeline.stack.settings.secrets / "webhook").read_text().strip())
    mine = [one for one in receiver.deliveries if json.loads(one.body)["data"].get("alert_id") == ALERT]
    return [json.loads(one.body) for one in mine if signer.verify(one.body, dict(one.headers))]


def wait_told(channels: AlertChannels, pipeline: Pipeline, receiver: WebhookReceiver, times: int) -> None:
    """Returns once each channel has told so often."""
    wait_until(
        lambda: min(
            len(webhooks(pipeline, receiver)), len(channels.mails(ALERT)), len(channels.notices(ALERT))
        ) >= times,
        deadline_seconds=DEADLINE_SECONDS,
        what=f"{times} messages on every channel",
    )  # fmt: skip


def take_on(pipeline: Pipeline, screen: Screen) -> None:
    """In the alert's page, which stays open."""
    page = screen.page
    page.goto(pipeline.stack.url("api", f"/alerts#key={pipeline.key('operate')}"))
    page.locator(f'[data-key="{ALERT}"]').click()
    page.wait_for_url("**/alerts/*")
    expect(page.locator("#state")).to_have_text("đang cảnh báo", timeout=DEADLINE_MS)
    page.fill("textarea[name=note]", "đang kiểm tra số liệu với xã")
    page.click("[data-action=ack]")
    expect(page.locator("#beside")).to_contain_text("đã tiếp nhận", timeout=DEADLINE_MS)


def test_a_fall_by_wrong_data_is_told_once_on_every_channel_and_withdrawn_on_each(
    pipeline: Pipeline, webhook_receiver: WebhookReceiver, alert_channels: AlertChannels, screen: Screen
) -> None:
    wrong = fall(pipeline)
    wait_told(alert_channels, pipeline, webhook_receiver, 1)
    (standing,) = alert_channels.standing(ALERT)
    assert (standing["annotations"]["state"], standing["annotations"]["target"]) == ("firing", "80")
    take_on(pipeline, screen)

    correct(pipeline, wrong)
    wait_told(alert_channels, pipeline, webhook_receiver, 2)
    expect(screen.page.locator("#state")).to_have_text("đã rút", timeout=DEADLINE_MS)
    expect(screen.page.locator("#deliveries tr.is-delivered")).to_have_count(6, timeout=DEADLINE_MS)
    assert "đang kiểm tra số liệu với xã" in screen.page.locator("#history").inner_text()
    assert alert_channels.standing(ALERT) == []

    said = [
        [(body["type"], body["data"]["sentence_vi"]) for body in webhooks(pipeline, webhook_receiver)],
        [(mail["Subject"].partition(":")[0], text_of(mail)) for mail in alert_channels.mails(ALERT)],
        [(one["annotations"]["state"], one["annotations"]["summary"]) for one in alert_channels.notices(ALERT)],
    ]
    assert [[what for what, _ in channel] for channel in said] == [
        ["alert.firing", "alert.withdrawn"],
        ["Cảnh báo", "Đã rút vì dữ liệu được đính chính"],
        ["firing", "withdrawn"],
    ]
    for (_, first), (_, last) in said:
        assert "chưa đạt chỉ tiêu từ 80% trở lên" in first
        right = WITHDRAWN.search(last)
        assert right, last
        assert int(right[1]) >= 80
