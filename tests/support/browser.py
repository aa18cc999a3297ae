"""A real browser for the pages, and what it measures there."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium-headless-shell"
"""The same engine as a browser with windows, which opens one per test and takes a second of a core for it."""
ARGUMENTS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
SCREEN_WIDTH_PX, SCREEN_HEIGHT_PX = 1920, 1080
"""The television that the wallboard is made for."""
DEADLINE_MS = 30_000
"""For a machine that is busy with other tests."""


class Screen:
    """A page with every request it made and every error it reported."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.requested: list[str] = []
        self.errors: list[str] = []
        page.set_default_timeout(DEADLINE_MS)
        page.on("request", lambda request: self.requested.append(request.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def measure(self, script: str) -> Any:
        """The value of a script in the page."""
        return self.page.evaluate(script)


@contextmanager
def open_browser() -> Iterator[Browser]:
    """One browser; open it for a module without asynchronous tests, since it holds the thread's event loop."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def open_screen(
    browser: Browser, width: int = SCREEN_WIDTH_PX, height: int = SCREEN_HEIGHT_PX, *, still: bool = False
) -> Iterator[Screen]:
    """An empty page with storage of its own; `still` asks for no motion. An error in the page fails the test."""
    motion: Literal["reduce", "no-preference"] = "reduce" if still else "no-preference"
    context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion=motion)
    screen = Screen(context.new_page())
    yield screen
    context.close()
    assert screen.errors == []


TEXTS = """
() => {
  const seen = (element) => element.getClientRects().length > 0 && !element.closest('.hidden-text, .skip');
  const rgb = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const ground = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const colour = rgb(getComputedStyle(one).backgroundColor);
      if (colour.length < 4 || colour[3] > 0.99) return colour;
    }
    return [255, 255, 255];
  };
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, n) => sum + v * [0.2126, 0.7152, 0.0722][n], 0);
  const contrast = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const text = walker.currentNode.textContent.trim();
    if (!text || !seen(element) || ['SCRIPT', 'NOSCRIPT', 'STYLE'].includes(element.tagName)) continue;
    const range = document.createRange();
    range.selectNodeContents(walker.currentNode);
    const box = range.getBoundingClientRect();
    const style = getComputedStyle(element);
    const frame = element.closest('.tile')?.getBoundingClientRect();
    const cut = Boolean(frame) && (box.right > frame.right + 1 || box.bottom > frame.bottom + 1);
    texts.push({ text, cut, kind: element.getAttribute('class') ?? '', px: parseFloat(style.fontSize),
      contrast: contrast(rgb(element instanceof SVGElement ? style.fill : style.color), ground(element)),
      left: box.left, right: box.right, top: box.top, bottom: box.bottom });
  }
  return texts;
}
"""
"""Every text that is seen: size, contrast with what is behind it, place, and whether its tile cuts it off."""
