"""Finds personal data and secrecy markings in names and values. Pure. What it finds must not be repeated anywhere."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from services.ingest.reasons import RejectReason

MAX_DEPTH = 8
"""Events nest two levels; deeper is a mistake or an attack."""

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

_PERSONAL_WORDS = frozenset({
    "address", "applicant", "avatar", "bhxh", "bhyt", "bienso", "birth", "birthdate", "birthday", "birthplace",
    "caller", "cccd", "citizen", "cmnd", "cmt", "cmtnd", "congdan", "dantoc", "diachi", "dob", "dtdd", "email",
    "ethnicity", "fax", "fingerprint", "firstname", "fullname", "gender", "gioitinh", "gps", "hoten", "image", "ip",
    "lastname", "licence", "license", "mac", "mail", "marital", "middlename", "mobile", "name", "names", "namsinh",
    "nationality", "ngaysinh", "nguoidan", "nguoiky", "nguoinop", "nickname", "passport", "phone",
    "photo", "plate", "quoctich", "religion", "sdt", "sender", "sex", "signer", "spouse", "surname", "tel",
    "telephone", "ten", "tongiao", "username", "vantay", "zalo",
})  # fmt: skip
"""Words of a field name, folded to letters without marks; a name that has one of them is about a person."""

_PERSONAL_PHRASES = (
    "bankaccountnumber", "cancuoc", "chuhoso", "chungminh", "citizenid", "dantoc", "dateofbirth", "diachi",
    "dienthoai", "dinhdanh", "filingnumber", "firstname", "fullname", "gioitinh", "hochieu", "hoten", "hovaten",
    "idcard", "identitycard", "identitynumber", "idnumber", "ipaddress", "lastname", "mahoso", "namsinh",
    "nationalid", "ngaysinh", "nguoidan", "nguoiky", "nguoinop", "personalid", "phonenumber", "placeofbirth",
    "quoctich", "sodinhdanh", "sohoso", "sotaikhoan", "taikhoancanhan", "thudientu", "tongiao",
)  # fmt: skip
"""Runs of words; compared without the separators between them."""

_SECRECY_WORDS = frozenset({
    "classification", "classified", "domat", "mat", "secrecy", "secret", "toimat", "topsecret", "tuyetmat",
})  # fmt: skip
_SECRECY_PHRASES = (
    "bimatnhanuoc", "classification", "confidential", "domat", "statesecret", "toimat", "topsecret", "tuyetmat",
)  # fmt: skip
_SECRECY_VALUES = frozenset({"mat", "toimat", "tuyetmat", "bimat", "secret", "topsecret", "confidential"})

_words = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_marks = re.compile(r"[\u0300-\u036f]")


def personal_value(text: str) -> bool:
    """True when a text holds a citizen number, a telephone number, an e-mail address or a raw filing number.

    UUIDs, hex digests and ULIDs are opaque: their digits say nothing. Other scripts' digits count as digits.
    """
    plain = text if text.isascii() else _plain(text)
    return _opaque.fullmatch(plain) is None and _personal.search(_mask.sub("#", plain)) is not None


def forbidden_name(name: str) -> RejectReason | None:
    """The reason why a field of this name is refused whatever its value, or None."""
    words = [word.lower() for word in _words.findall(_fold(name))]
    joined = "".join(words)
    if not _SECRECY_WORDS.isdisjoint(words) or any(phrase in joined for phrase in _SECRECY_PHRASES):
        return RejectReason.SECRECY_MARKING
    personal = not _PERSONAL_WORDS.isdisjoint(words) or any(phrase in joined for phrase in _PERSONAL_PHRASES)
    if personal or personal_value(name):
        return RejectReason.PERSONAL_DATA
    return None


def screen(event: dict[str, Any], declared: frozenset[str]) -> tuple[RejectReason, str] | None:
    """The first finding in an event that cannot be accepted anyway, with a pointer of declared names only.

    `declared` holds the pointers of the declared fields; `TOO_DEEP` ends the walk.
    """
    for pointer, name, value, depth in _walk(event, "", declared, 1):
        if depth > MAX_DEPTH:
            return RejectReason.TOO_DEEP, pointer
        reason = (forbidden_name(name) if name else None) or _forbidden_value(value, pointer)
        if reason:
            return reason, pointer
    return None


def _walk(value: Any, pointer: str, declared: frozenset[str], depth: int) -> Iterator[tuple[str, str, Any, int]]:
    """(pointer, name if it is not declared, value, depth) of everything inside; names that are not declared stay out
    of the pointer."""
    if depth > MAX_DEPTH:
        yield pointer, "", None, depth
        return
    children = value.items() if isinstance(value, dict) else [("", item) for item in value]
    for name, child in children:
        own = f"{pointer}/{name}"
        known = own in declared
        where = own if known else pointer
        yield where, "" if known else name, child, depth
        if isinstance(child, dict | list):
            yield from _walk(child, where, declared, depth + 1)


def _forbidden_value(value: Any, pointer: str) -> RejectReason | None:
    if not isinstance(value, str) or pointer in _INSTANTS:
        return None
    if personal_value(value):
        return RejectReason.PERSONAL_DATA
    if "".join(_words.findall(_fold(value))).lower() in _SECRECY_VALUES:
        return RejectReason.SECRECY_MARKING
    return None


_INSTANTS = frozenset(
    {"/time", "/recordedtime", "/data/due_at", "/data/window_start", "/data/window_end", "/data/as_of"}
)
"""A badly written instant is a wrong format, although its digits look like a number of a person."""


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


def _fold(text: str) -> str:
    """Letters without marks, đ as d."""
    return _marks.sub("", unicodedata.normalize("NFD", text)).replace("đ", "d").replace("Đ", "D")
