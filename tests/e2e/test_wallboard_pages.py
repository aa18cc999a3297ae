"""The pages behind the wallboard, in a real browser, with logins."""

from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser

from tests.support.api import TODAY, ApiProcess, start_api
from tests.support.board_seed import TRANSITION, seeded_schema
from tests.support.browser import TEXTS, Screen, open_screen
from tests.support.engine import EngineProcess
from tests.support.schema import OWNER_TOKEN

UNIT = "xa-12070"
CELL = f"/cells/filing_full_online/{UNIT}"
LINE = "link_down:xa-12070/1"
CONTRAST = 4.5


@pytest.fixture(scope="module")
def api(engine: EngineProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiProcess]:
    process = start_api(seeded_schema(engine, TODAY), tmp_path_factory.mktemp("api"))
    raise_alert(process, LINE, "xa-12070")
    yield process
    process.process.stop()


def raise_alert(api: ApiProcess, alert_id: str, unit: str) -> None:
    """A critical alert that is about no indicator."""
    rule, _, thing = alert_id.partition(":")
    what = [rule, thing, "", "", unit, "", "state", "ok", "firing", "down", "critical", datetime.now(UTC)]
    frozen = [f"{alert_id}: mất tín hiệu.", '{"down": [1]}', '{"name": "firing"}']
    writer = api.schema.writer()
    writer.insert("alert_transitions", [[alert_id, 1, *what, *frozen, OWNER_TOKEN]], column_names=TRANSITION)
    writer.close()


def enter(screen: Screen, api: ApiProcess, role: str, path: str, wait: str) -> None:
    """Opens a page by the link that carries a key."""
    screen.page.goto(f"{api.url}{path}#key={api.tokens[role]}")
    screen.page.wait_for_selector(wait)


def test_without_a_key_the_page_asks_for_one_in_vietnamese(screen: Screen, api: ApiProcess) -> None:
    screen.page.goto(api.url)
    screen.page.wait_for_selector("form")
    assert "Khóa truy cập" in screen.page.locator("form").inner_text()
    screen.page.fill("input[name=key]", "ct_00_wrong")
    screen.page.click("form button")
    screen.page.wait_for_selector(".wrong:not(:empty)")
    assert "Khóa không hợp lệ" in screen.page.locator(".wrong").inner_text()
    screen.page.fill("input[name=key]", api.tokens["view"])
    screen.page.click("form button")
    screen.page.wait_for_selector(".tile")


def test_a_link_with_the_key_logs_in_and_leaves_no_key_behind(screen: Screen, api: ApiProcess) -> None:
    enter(screen, api, "view", "/", ".tile")
    assert screen.page.url == f"{api.url}/"
    assert api.tokens["view"] not in " ".join(screen.requested)
    assert api.tokens["view"] not in api.process.log.read_text()
    assert screen.measure("document.cookie") == ""
    screen.page.click("[data-key=logout]")
    screen.page.wait_for_selector("form")
    screen.page.goto(api.url)
    screen.page.wait_for_selector("form")


def test_from_the_wallboard_to_the_single_case_by_links_alone(screen: Screen, api: ApiProcess) -> None:
    enter(screen, api, "operate", "/", ".tile")
    screen.page.click("[data-indicator=filing_full_online]")
    screen.page.click(f"tr[data-unit={UNIT}] a")
    screen.page.wait_for_selector("[data-subject]")
    cell = api.get(f"/v1{CELL}", "view").json()["figures"][0]["cell"]
    assert screen.page.locator("#value").inner_text() == f"{cell['percent']:.1f}%".replace(".", ",")
    screen.page.click("[data-state=excluded]")
    screen.page.locator("[data-subject]", has_text="Công dân rút hồ sơ").first.wait_for()
    assert {row.get_attribute("class") for row in screen.page.locator("[data-subject]").all()} == {"is-no_target"}


def test_more_cases_come_page_by_page(screen: Screen, api: ApiProcess) -> None:
    enter(screen, api, "operate", CELL, "[data-subject]")
    rows = screen.page.locator("[data-subject]")
    assert rows.count() == 25
    screen.page.click(".more")
    rows.nth(49).wait_for()
    assert rows.count() == 50
    keys = [row.get_attribute("data-subject") for row in rows.all()]
    assert len(set(keys)) == 50


def test_who_may_only_view_sees_the_number_but_not_the_cases(screen: Screen, api: ApiProcess) -> None:
    enter(screen, api, "view", CELL, "svg")
    assert screen.page.locator("[data-subject]").count() == 0
    assert "Cần khóa có quyền" in screen.page.locator("[data-cases]").inner_text()


def test_the_history_chart_has_its_line_and_its_target(screen: Screen, api: ApiProcess) -> None:
    enter(screen, api, "view", CELL, "svg")
    assert len((screen.page.locator("polyline.line").get_attribute("points") or "").split()) > 40
    assert screen.page.locator("line.target").count() == 1
    assert "%" in (screen.page.locator("svg[role=img]").get_attribute("aria-label") or "")


def test_two_figures_are_two_tabs(screen: Screen, api: ApiProcess) -> None:
    enter(screen, api, "view", "/cells/filing_digitised/hung-yen", ".tabs")
    first = screen.page.locator("#value").inner_text()
    screen.page.click("text=Số hóa kết quả giải quyết")
    cells = api.get("/v1/cells/filing_digitised/hung-yen", "view").json()["figures"]
    assert first == f"{cells[0]['cell']['percent']:.1f}%".replace(".", ",")
    assert screen.page.locator("#value").inner_text() == f"{cells[1]['cell']['percent']:.1f}%".replace(".", ",")


def test_units_are_searched_without_marks(screen: Screen, api: ApiProcess) -> None:
    enter(screen, api, "view", "/units", ".search")
    screen.page.fill(".search", "duong hao")
    assert screen.page.locator("tbody tr").count() == 1
    screen.page.click("tbody a")
    screen.page.wait_for_selector("text=Phường Đường Hào")


@pytest.mark.parametrize(
    ("path", "wait"),
    [
        (f"/units/{UNIT}", "tbody tr"),
        ("/indicators/satisfaction", "tbody tr"),
        (CELL, "svg"),
        ("/alerts", "tbody tr"),
        ("/alerts/link_down%3Axa-12070%2F1", "#history"),
    ],
)
def test_every_page_is_readable(screen: Screen, api: ApiProcess, path: str, wait: str) -> None:
    enter(screen, api, "operate", path, wait)
    texts = screen.measure(TEXTS)
    assert min((text["contrast"], text["text"]) for text in texts)[0] >= CONTRAST


def test_a_list_of_alerts_is_chosen_by_its_address_and_a_chosen_one_has_an_address(
    screen: Screen, api: ApiProcess
) -> None:
    enter(screen, api, "view", "/alerts?severity=critical", f'[data-alert="{LINE}"]')
    assert {row.get_attribute("class") for row in screen.page.locator("[data-alert]").all()} == {"is-critical"}
    screen.page.select_option("select[name=severity]", "warning")
    screen.page.wait_for_selector(f'main:not(:has([data-alert="{LINE}"]))')
    assert "severity=warning" in screen.page.url
    screen.page.fill(".search", "khong co gi nhu vay")
    assert "Không có cảnh báo nào như đã chọn" in screen.page.locator("[data-list]").inner_text()


def test_an_alert_without_an_indicator_has_its_page(screen: Screen, api: ApiProcess) -> None:
    enter(screen, api, "operate", f"/alerts/{quote(LINE, safe='')}", "#history")
    assert "Khẩn cấp" in screen.page.locator(".marks").first.inner_text()
    assert "Đường mất tín hiệu" in screen.page.locator(".evidence").inner_text()
    assert screen.page.locator("[data-action]").count() == 4


def test_a_new_critical_alert_flashes_and_what_is_being_written_stays(screen: Screen, api: ApiProcess) -> None:
    enter(screen, api, "operate", f"/alerts/{quote(LINE, safe='')}", "#history")
    screen.page.fill("textarea[name=note]", "đang viết dở")
    with screen.page.expect_event("requestfinished", lambda one: "/v1/alerts/" in one.url):
        raise_alert(api, "link_down:xa-12073/1", "xa-12073")
    assert screen.page.input_value("textarea[name=note]") == "đang viết dở"
    enter(screen, api, "view", "/", ".tile")
    assert screen.page.locator("body.alarm").count() == 0
    raise_alert(api, "link_down:xa-12076/1", "xa-12076")
    screen.page.wait_for_selector("body.alarm")
    screen.page.wait_for_selector(".alerts-open .is-new")


def test_a_past_day_stays_chosen_from_page_to_page(screen: Screen, api: ApiProcess) -> None:
    enter(screen, api, "view", "/?as_of=2026-06-30", ".tile")
    assert "30/06/2026" in screen.page.locator("header").inner_text()
    screen.page.click("[data-indicator=satisfaction]")
    screen.page.wait_for_url("**/indicators/satisfaction?as_of=2026-06-30")


def test_an_address_that_is_no_cell_says_so(screen: Screen, api: ApiProcess) -> None:
    enter(screen, api, "view", "/cells/satisfaction/nowhere", "[role=alert]:not(#banner)")
    assert "Không có ô chỉ tiêu này" in screen.page.locator("main").inner_text()


def test_a_small_screen_scrolls_and_loses_nothing(browser: Browser, api: ApiProcess) -> None:
    with open_screen(browser, 390, 844) as screen:
        enter(screen, api, "view", "/", ".tile")
        assert screen.page.locator("[data-indicator]").count() == 23
        assert screen.measure("document.documentElement.scrollWidth") <= 390
