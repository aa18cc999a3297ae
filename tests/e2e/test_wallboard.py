"""The wallboard in a real browser, on the real api and engine."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser
from playwright.sync_api import Error as PlaywrightError

from tests.support.api import TODAY, ApiProcess, start_api
from tests.support.board_seed import LEDGER, entry, mark, seeded_schema
from tests.support.browser import SCREEN_HEIGHT_PX, SCREEN_WIDTH_PX, TEXTS, Screen, open_screen
from tests.support.engine import EngineProcess
from tests.support.waiting import wait_until

FIGURE_PX, LABEL_PX, CONTRAST = 40, 28, 4.5
"""What is readable at three metres."""
BANNER_MS = 10_000
"""Promised: the page says within 10 s that the api is gone."""
MEASURED_WITHIN_SECONDS = 20
UNIT = "xa-12070"
LOST_YEAR = "không thể đạt trong năm"
"""The sign says how the year stands, the colour of such a tile how the last 30 days do."""


@pytest.fixture(scope="module")
def api(engine: EngineProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiProcess]:
    process = start_api(seeded_schema(engine, TODAY), tmp_path_factory.mktemp("api"), api_open_board="true")
    yield process
    process.process.stop()


def show(screen: Screen, api: ApiProcess, path: str = "/", wait: str = ".tile") -> list[dict[str, Any]]:
    """Opens a page and returns its texts as measured."""
    screen.page.goto(api.url + path)
    screen.page.wait_for_selector(wait)
    screen.page.evaluate("document.fonts.ready")
    texts: list[dict[str, Any]] = screen.measure(TEXTS)
    return texts


def test_the_province_stands_on_one_screen_with_all_indicators(screen: Screen, api: ApiProcess) -> None:
    texts = show(screen, api)
    assert screen.page.locator("[data-indicator]").count() == 23
    root = "document.documentElement"
    assert screen.measure(f"[{root}.scrollWidth, {root}.scrollHeight]") == [SCREEN_WIDTH_PX, SCREEN_HEIGHT_PX]
    for text in texts:
        assert text["left"] >= 0, text
        assert text["top"] >= 0, text
        assert text["right"] <= SCREEN_WIDTH_PX, text
        assert text["bottom"] <= SCREEN_HEIGHT_PX, text


@pytest.mark.parametrize("language", ["vi", "en"])
def test_no_text_of_a_tile_is_cut_off(screen: Screen, api: ApiProcess, language: str) -> None:
    show(screen, api)
    screen.page.click(f"[data-key=language-{language}]")
    cut = [text["text"] for text in screen.measure(TEXTS) if text["cut"]]
    assert cut == []


def test_figures_labels_and_contrast_are_readable_at_three_metres(screen: Screen, api: ApiProcess) -> None:
    texts = show(screen, api)
    figures = [text for text in texts if text["kind"] == "figure"]
    assert len(figures) == 26, "23 indicators, three of them with two figures"
    assert min(text["px"] for text in figures) >= FIGURE_PX
    assert min(text["px"] for text in texts) >= LABEL_PX
    assert min((text["contrast"], text["text"]) for text in texts)[0] >= CONTRAST


def test_the_figures_are_those_of_the_board_in_vietnamese(screen: Screen, api: ApiProcess) -> None:
    show(screen, api)
    cells = api.get("/v1/board?level=whole").json()["cells"]
    percent = next(cell["percent"] for cell in cells if cell["figure"] == "filing_full_online")
    tile = screen.page.locator("[data-indicator=filing_full_online]").inner_text()
    assert f"{percent:.1f}".replace(".", ",") + "%" in tile
    assert "Hồ sơ" in tile
    assert "≥ 80%" in tile
    stamp = screen.page.locator("#data-at").inner_text()
    assert re.fullmatch(r"\d{2}/\d{2}/\d{4} \d{2}:\d{2}:\d{2}", stamp)


def fonts_of_names(screen: Screen) -> list[list[Any]]:
    """The fonts that each name on the board is drawn with. Raises when a node is replaced while it is asked."""
    used = screen.page.context.new_cdp_session(screen.page)
    used.send("DOM.enable")
    used.send("CSS.enable")
    root = used.send("DOM.getDocument", {"depth": -1})["root"]["nodeId"]
    names = used.send("DOM.querySelectorAll", {"nodeId": root, "selector": ".tile .name, .worst a"})["nodeIds"]
    return [used.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"] for node in names]


def test_vietnamese_letters_come_from_one_font_and_are_not_split(screen: Screen, api: ApiProcess) -> None:
    show(screen, api)
    found: list[list[Any]] = []

    def measured() -> bool:
        try:
            found[:] = fonts_of_names(screen)
        except PlaywrightError:  # the page was drawn again meanwhile, and its nodes are other ones
            return False
        return True

    wait_until(measured, deadline_seconds=MEASURED_WITHIN_SECONDS, what="the fonts of one drawing")
    assert len(found) > 23
    for fonts in found:
        assert len(fonts) == 1, fonts
    text = screen.page.locator("main").inner_text()
    assert text == screen.measure("document.querySelector('main').innerText.normalize('NFC')")
    assert "\ufffd" not in text


def test_status_is_told_by_shape_and_word_not_only_by_colour(screen: Screen, api: ApiProcess) -> None:
    show(screen, api)
    for status, mark_, word in [("below", "✗", "Chưa đạt"), ("met", "✓", "Đạt")]:
        of_one_figure = f".tile.is-{status}[data-indicator]:not(:has(.pair))"
        tile = screen.page.locator(f"{of_one_figure}:not(:has-text('{LOST_YEAR}'))").first
        assert tile.locator(".mark [aria-hidden]").text_content() == mark_
        assert word in (tile.locator(".mark .hidden-text").text_content() or "")
    assert LOST_YEAR in screen.page.locator("main").inner_text()


def test_the_tiles_carry_the_signs_that_the_header_counts(screen: Screen, api: ApiProcess) -> None:
    show(screen, api)
    tiles = screen.page.locator(".tile[data-indicator]").all()
    signs = [set(tile.locator(".mark [aria-hidden]").all_text_contents()) for tile in tiles]
    met, below = sum(one == {"✓"} for one in signs), sum("✗" in one for one in signs)
    assert screen.page.locator(".tally").inner_text().split()[:4] == ["✓", str(met), "✗", str(below)]
    for lost in screen.page.locator(f".tile:has-text('{LOST_YEAR}')").all():
        assert "✗" in lost.locator(".mark [aria-hidden]").all_text_contents()


def test_worst_units_and_open_alerts_stand_beside_the_figures(screen: Screen, api: ApiProcess) -> None:
    show(screen, api)
    assert screen.page.locator(".worst li").count() == 5
    assert screen.page.locator(".alerts-open li").count() == 8
    assert "18" in screen.page.locator(".alerts-open h2").inner_text()
    assert screen.page.locator("#sources").inner_text() == "4/5"


def test_a_new_event_changes_the_page_without_a_reload(screen: Screen, api: ApiProcess) -> None:
    show(screen, api)
    screen.measure("window.sameDocument = true")
    before = api.get("/v1/cells/inspection_online/hung-yen").json()["figures"][0]["cell"]
    writer = api.schema.writer()
    row = entry("inspection_online", UNIT, TODAY, (90_000, 90_000, 0), "inspection/new")
    writer.insert("ledger_1", [row, mark(1, 3000, datetime.now(UTC))], column_names=LEDGER)
    writer.close()
    after = api.get("/v1/cells/inspection_online/hung-yen").json()["figures"][0]["cell"]
    assert after["percent"] > before["percent"]
    shown = f"{after['percent']:.1f}".replace(".", ",").removesuffix(",0")
    screen.page.wait_for_selector(f"[data-indicator=inspection_online] .figure >> text={shown}")
    assert screen.measure("window.sameDocument") is True


def test_a_dead_api_is_said_within_ten_seconds_and_forgotten_once_it_is_back(screen: Screen, api: ApiProcess) -> None:
    show(screen, api)
    screen.page.wait_for_selector("#banner", state="hidden")
    api.process.kill()
    screen.page.wait_for_selector("#banner:not([hidden])", timeout=BANNER_MS)
    said = screen.page.locator("#banner").inner_text()
    assert said.startswith("Mất kết nối với máy chủ từ ")
    assert screen.page.locator("[data-indicator]").count() == 23, "the last figures stay"
    assert (
        min((one["contrast"], one["text"]) for one in screen.measure(TEXTS) if one["kind"] == "banner")[0] >= CONTRAST
    )
    api.start()
    screen.page.wait_for_selector("#banner", state="hidden")


def test_old_figures_say_how_old_they_are(
    browser: Browser, api: ApiProcess, tmp_path_factory: pytest.TempPathFactory
) -> None:
    later = start_api(api.schema, tmp_path_factory.mktemp("later"), api_open_board="true", now=_in_hours(26))
    try:
        with open_screen(browser) as screen:
            show(screen, later)
            screen.page.wait_for_selector("#age.late")
            assert screen.page.locator("#age").inner_text() == "◷ 26 giờ trước"
    finally:
        later.process.stop()


def _in_hours(hours: int) -> str:
    """An instant so much later than anything that this module has written."""
    return (datetime.now(UTC) + timedelta(hours=hours, minutes=5)).isoformat()


def test_nothing_is_fetched_from_another_machine(screen: Screen, api: ApiProcess) -> None:
    for path, wait in [("/", ".tile"), (f"/units/{UNIT}", "tbody tr"), (f"/cells/satisfaction/{UNIT}", "svg")]:
        show(screen, api, path, wait)
    assert screen.requested
    assert [url for url in screen.requested if not url.startswith(api.url)] == []


def test_the_language_is_switched_at_once_and_remembered(screen: Screen, api: ApiProcess) -> None:
    show(screen, api)
    assert screen.measure("document.documentElement.lang") == "vi"
    screen.page.click("[data-key=language-en]")
    assert "Open alerts" in screen.page.locator("main").inner_text()
    show(screen, api, f"/units/{UNIT}", "tbody tr")
    assert "Hoàn Long Commune" in screen.page.locator("h2").first.inner_text()
    assert screen.measure("document.documentElement.lang") == "en"
    screen.page.click("[data-key=language-vi]")
    assert "Xã Hoàn Long" in screen.page.locator("h2").first.inner_text()


def test_the_keyboard_reaches_an_indicator_and_keeps_its_place_when_figures_move(
    screen: Screen, api: ApiProcess
) -> None:
    show(screen, api)
    screen.page.locator("[data-indicator=satisfaction]").focus()
    screen.measure("document.dispatchEvent(new Event('language'))")
    assert screen.measure("document.activeElement.dataset.key") == "satisfaction"
    screen.page.keyboard.press("Enter")
    screen.page.wait_for_url("**/indicators/satisfaction")


def test_motion_is_off_for_those_who_ask_for_it(browser: Browser, api: ApiProcess) -> None:
    with open_screen(browser, still=True) as screen:
        show(screen, api)
        screen.measure("document.querySelector('.tile').classList.add('moved')")
        assert screen.measure("getComputedStyle(document.querySelector('.tile')).animationName") == "none"
