"""The browser of the end-to-end tests."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.support.browser import Screen, open_browser, open_screen


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for a file's tests."""
    with open_browser() as one:
        yield one


@pytest.fixture
def screen(browser: Browser) -> Iterator[Screen]:
    """A fresh page of it."""
    with open_screen(browser) as one:
        yield one
