"""Vietnamese text: a folded key for search and a sort key in the order of the alphabet."""

import unicodedata
from functools import lru_cache

SortKey = tuple[tuple[int, ...], tuple[int, ...], str]

_LETTERS = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
"""Primary order: ă, â, đ, ê, ô, ơ, ư are letters of their own, right after their base (CLDR `vi`)."""

_PRIMARY = {letter: position for position, letter in enumerate(_LETTERS, start=100)}
_TONES = {"\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}
"""Secondary order: level < grave < hook < tilde < acute < dot below."""


def fold(text: str) -> str:
    """Lower-case key without marks for search: `Đường Hào` and `duong hao` give the same; never an identity."""
    plain = "".join(c for c in unicodedata.normalize("NFD", text.casefold()) if not unicodedata.combining(c))
    return " ".join(plain.replace("đ", "d").split())


@lru_cache(maxsize=4096)
def sort_key(text: str) -> SortKey:
    """Key that sorts as ICU's `vi`: letters first, then tones, then the text itself.

    Byte order would put `Ái`, `Ân` and `Đông` after `Yên`.
    """
    primaries: list[int] = []
    tones: list[int] = []
    for char in unicodedata.normalize("NFC", text).lower():
        parts = unicodedata.normalize("NFD", char)
        tone = next((_TONES[mark] for mark in parts if mark in _TONES), 0)
        letter = unicodedata.normalize("NFC", "".join(mark for mark in parts if mark not in _TONES))
        primaries.append(_PRIMARY.get(letter, min(ord(letter[0]), 99)))
        tones.append(tone)
    return tuple(primaries), tuple(tones), text
