"""Folding for search and the order of the Vietnamese alphabet."""

import random
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.catalogue import load_catalogue
from shared.catalogue.text import fold, sort_key

IN_ORDER = ["A Sào", "Ái Quốc", "Ân Thi", "Bình Định", "Châu Ninh", "Đại Đồng", "Đồng Châu", "Đông Hưng", "Yên Mỹ"]
TONES = ["ma", "mà", "mả", "mã", "má", "mạ"]
LETTERS = ["a", "ă", "â", "b", "d", "đ", "e", "ê", "o", "ô", "ơ", "u", "ư", "v"]


@pytest.mark.parametrize("words", [IN_ORDER, TONES, LETTERS], ids=["communes", "tones", "letters"])
def test_words_sort_as_the_alphabet_has_them(words: list[str]) -> None:
    shuffled = random.Random(155).sample(words, len(words))
    assert sorted(shuffled, key=sort_key) == words


def test_letters_outrank_tones() -> None:
    assert sorted(["Tiên Lữ", "Tiền Hải"], key=sort_key) == ["Tiền Hải", "Tiên Lữ"]


@pytest.mark.parametrize(
    ("text", "key"),
    [("Đường Hào", "duong hao"), ("  Sở   Y tế ", "so y te"), ("THÁI THUỴ", "thai thuy"), ("Thái Thụy", "thai thuy")],
)
def test_folding_takes_marks_case_and_spaces_away(text: str, key: str) -> None:
    assert fold(text) == key


@given(st.text(max_size=30))
def test_folding_does_not_depend_on_the_unicode_form(text: str) -> None:
    assert fold(unicodedata.normalize("NFC", text)) == fold(unicodedata.normalize("NFD", text))


def test_no_two_communes_share_a_folded_name() -> None:
    communes = [unit for unit in load_catalogue().units.values() if unit.level == "commune"]
    assert len({fold(unit.short_vi) for unit in communes}) == len(communes) == 104


def test_units_are_listed_in_the_order_of_the_alphabet_within_their_kind() -> None:
    units = list(load_catalogue().units.values())
    assert [unit.position for unit in units] == list(range(len(units)))
    for kind in ("department", "phuong", "xa"):
        names = [unit.short_vi for unit in units if unit.kind == kind]
        assert names == sorted(names, key=sort_key)
