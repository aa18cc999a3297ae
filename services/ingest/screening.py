"""Finds personal data and secrecy markings in names and values. Pure. What it finds must not be repeated anywhere."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from services.ingest.reasons import RejectReason
from shared.contracts.personal_data import personal_value

MAX_DEPTH = 8
"""Events nest two levels; deeper is a mistake or an attack."""

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


def _fold(text: str) -> str:
    """Letters without marks, đ as d."""
    return _marks.sub("", unicodedata.normalize("NFD", text)).replace("đ", "d").replace("Đ", "D")
