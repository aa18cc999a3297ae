"""An operator and an alert on the whole stack, in a real browser: seen, understood, taken on, and by whom."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.support.browser import DEADLINE_MS, Screen
from tests.support.filings import resolved_filing
from tests.support.pipeline import Pipeline
from tests.support.stack import LocalStack
from tests.support.waiting import wait_until

UNIT = "xa-12070"
"""A commune that no other test on this stack writes filings for."""
ALERT = f"below_target:filing_full_online:{UNIT}:2026"
FILINGS, ONLINE = 40, 20
TAKEN = "SELECT command_id, by, note FROM alert_history WHERE alert_id = {alert:String} AND change = 'acknowledged'"


@pytest.fixture(scope="module")
def pipeline(stack: LocalStack) -> Iterator[Pipeline]:
    pipeline = Pipeline(stack)
    yield pipeline
    pipeline.close()


def fall(pipeline: Pipeline) -> None:
    """Half of the commune's filings come at the counter; one has just come in, so that the source is not silent."""
    pipeline.send(resolved_filing("alert page today", UNIT, online=True, today=True)[:1])
    for number in range(FILINGS):
        pipeline.send(resolved_filing(f"alert page {number}", UNIT, online=number < ONLINE))
    wait_until(lambda: state_of(pipeline) == "firing", deadline_seconds=60, what="the alert")


def state_of(pipeline: Pipeline) -> str:
    answer = pipeline.http.get(
        pipeline.stack.url("api", f"/v1/alerts/{quote(ALERT, safe='')}"), headers=pipeline.bearer("view")
    )
    return str(answer.json().get("state", ""))


def test_an_alert_is_taken_on_by_a_button_and_page_and_table_say_by_whom(pipeline: Pipeline, screen: Screen) -> None:
    fall(pipeline)
    page = screen.page
    page.goto(pipeline.stack.url("api", f"/alerts#key={pipeline.key('operate')}"))
    page.locator(f'[data-key="{ALERT}"]').click()
    page.wait_for_url("**/alerts/*")
    expect(page.locator("#state")).to_have_text("đang cảnh báo", timeout=DEADLINE_MS)
    expect(page.locator(".evidence")).to_contain_text("≥ 80%", timeout=DEADLINE_MS)
    expect(page.locator(".evidence")).to_contain_text("filing.", timeout=DEADLINE_MS)

    page.fill("textarea[name=note]", "đã gọi bộ phận một cửa")
    with page.expect_response(lambda answer: answer.url.endswith("/ack")) as sent:
        page.click("[data-action=ack]")
    expect(page.locator("[data-actions] .told")).to_have_text("✓ Đã thực hiện.", timeout=DEADLINE_MS)

    [(command_id, by, note)] = pipeline.engine.query(TAKEN, parameters={"alert": ALERT}).result_rows
    assert sent.value.json() == {"command_id": command_id}
    assert (bool(by), note) == (True, "đã gọi bộ phận một cửa")
    expect(page.locator("#beside")).to_contain_text(f"{by} đã tiếp nhận", timeout=DEADLINE_MS)
    expect(page.locator("#history tr").first).to_contain_text(note, timeout=DEADLINE_MS)
    expect(page.locator("#history tr").first).to_contain_text(by, timeout=DEADLINE_MS)

    page.select_option("select[name=hours]", "4")
    page.click("[data-action=silence]")
    page.click("#silences .end")
    expect(page.locator("#silences")).to_have_count(0, timeout=DEADLINE_MS)


def test_who_may_only_view_sees_the_alert_and_no_buttons(pipeline: Pipeline, screen: Screen) -> None:
    screen.page.goto(pipeline.stack.url("api", f"/alerts/{quote(ALERT, safe='')}#key={pipeline.key('view')}"))
    screen.page.wait_for_selector("#history tr")
    assert screen.page.locator("[data-action]").count() == 0
    assert "filing/" not in screen.page.locator(".evidence").inner_text()
