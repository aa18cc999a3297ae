"""Finds personal data in a text, by its patterns. Pure. What it finds must not be repeated anywhere."""

import re
import unicodedata

_HEX = "[0-9a-fA-F]"
_OPAQUE = (
    # A UUID of a defined version and variant: a citizen number padded with zeros is none.
    rf"{_HEX}{{8}}-{_HEX}{{4}}-[1-8]{_HEX}{{3}}-[89abAB]{_HEX}{{3}}-{_HEX}{{12}}"
    # A digest of 128, 160 or 256 bits; one without any letter is a number.
    rf"|(?=\d*[a-fA-F])(?:{_HEX}{{64}}|{_HEX}{{40}}|{_HEX}{{32}})"
    # A ULID of the years 2005 to 2039.
    r"|(?=01\d*[A-Za-z])01[0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{24}"
)
_opaque = re.compile(_OPAQUE)
_mask = re.compile(
    rf"(?<![0-9A-Za-z])(?:{_OPAQUE})(?![0-9A-Za-z])"
    # A procedure code: its fourteen digits hold five zeros that no citizen number's place can do without.
    r"|(?<![0-9A-Za-z.])\d\.\d{6}\.000\.00\.\d{2}(?=\.H\d{2}|(?![0-9A-Za-z.]))"
)
_personal = re.compile(
    # A citizen number: 12 digits, dots between them or not, or as printed on forms in groups of three.
    r"\d(?:\.?\d){11}"
    r"|(?<!\d)\d{3}([ -])\d{3}\1\d{3}\1\d{3}(?!\d)"
    # Mobile and fixed telephone numbers of Vietnam, also in groups.
    r"|(?<!\d)(?:\+?84|0)(?:[35789]\d{8}|2\d{9})(?!\d)"
    r"|(?<!\d)(?:\+84[ .-]?|0)[35789]\d{1,2}[ .-]\d{3}[ .-]\d{3,4}(?!\d)"
    # An e-mail address.
    r"|[^\s@]@[^\s@.]+\.[^\s@]"
    # A filing number: agency code, date, running number.
    r"|[A-Za-z]\d{2}(?:\.\d{1,3}){0,4}[-/_]\d{6}[-/_]\d{3,}"
)


def personal_value(text: str) -> bool:
    """True when a text holds a citizen number, a telephone number, an e-mail address or a raw filing number.

    UUIDs, hex digests and ULIDs are opaque: their digits say nothing. Other scripts' digits count as digits.
    """
    plain = text if text.isascii() else _plain(text)
    return _opaque.fullmatch(plain) is None and _personal.search(_mask.sub("#", plain)) is not None


def _plain(text: str) -> str:
    """Compatibility forms as their plain signs, digits of every script as 0-9, dashes as -, invisible signs gone."""
    return "".join(_plain_sign(sign) for sign in unicodedata.normalize("NFKC", text))


def _plain_sign(sign: str) -> str:
    match unicodedata.category(sign):
        case "Nd":
            return str(unicodedata.decimal(sign))
        case "Pd":
            return "-"
        case "Cf":
            return ""
        case _:
            return sign
