import re
from pathlib import Path

import pytest

import services.api
from services.api.wording import FLAGS
from shared.catalogue import load_catalogue

WALLBOARD = Path(services.api.__file__).parent / "wallboard"
FILES = sorted(file for file in WALLBOARD.rglob("*") if file.is_file())
MAX_LINES = 400
NAMESPACE = "http://www.w3.org/2000/svg"
"""The name of SVG, which no browser fetches."""


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_file_names_another_host_or_is_too_long(file: Path) -> None:
    text = file.read_text("utf-8").replace(NAMESPACE, "")
    assert not re.search(r"https?://|//[a-z0-9-]+\.[a-z]", text.replace("// ", ""))
    assert len(text.splitlines()) <= MAX_LINES


def test_the_document_has_no_inline_script_style_or_handler() -> None:
    text = (WALLBOARD / "index.html").read_text("utf-8")
    assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son\w+=", text)


def test_text_is_never_set_as_markup() -> None:
    scripts = "".join(file.read_text("utf-8") for file in FILES if file.suffix == ".js")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", scripts)


def test_every_indicator_has_a_short_name_for_its_tile() -> None:
    text = (WALLBOARD / "js" / "short_names.js").read_text("utf-8")
    named = set(re.findall(r"^  (\w+): \{ vi: \"[^\"]+\", en: \"[^\"]+\" \},$", text, re.MULTILINE))
    assert named == set(load_catalogue().indicators)


def test_every_word_that_a_page_says_is_in_both_languages() -> None:
    words = "".join((WALLBOARD / "js" / name).read_text("utf-8") for name in ("words.js", "alert_words.js"))
    known = set(re.findall(r"^  (\w+): \[", words, re.MULTILINE))
    scripts = "".join(file.read_text("utf-8") for file in FILES if file.suffix == ".js")
    said = set(re.findall(r"\bsay\(\"(\w+)\"", scripts))
    assert {"disconnected", "worst"} <= said
    assert said - known == set()
    assert {f"{flag}{end}" for flag in FLAGS for end in ("", "_why")} <= known
