"""ClickHouse errors: code, name, text, and the HTTP status that ClickHouse's own server gives each."""

import re
from dataclasses import dataclass

from typing_extensions import override

_MESSAGE = re.compile(
    r"^Code: (?P<code>\d+)\. DB::Exception: (?P<text>.*?)(?: \((?P<name>[A-Z0-9_]+)\))?\s*$", re.DOTALL
)
_VERSION = re.compile(r" \(version [^)]*\)")

_STATUS: dict[int, tuple[int, ...]] = {
    400: (
        *(6, 8, 15, 25, 26, 27, 36, 37, 38, 41, 44, 53, 62, 72, 117, 123),
        *(167, 168, 223, 321, 376, 427, 441, 675, 676),
    ),
    401: (194,),
    403: (192, 193, 497, 512, 516),
    404: (46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 152, 336, 511),
    408: (159,),
    411: (381,),
    413: (229,),
    415: (779,),
    501: (48,),
    503: (76, 202, 209, 439),
}
"""From ClickHouse's table of statuses; 202 (too many queries) is added, so that clients come back later."""
_STATUS_OF_CODE = {code: status for status, codes in _STATUS.items() for code in codes}
_OTHER_STATUS = 500


@dataclass
class EngineError(Exception):
    """A refused or failed query, as ClickHouse would say it."""

    code: int
    name: str
    text: str

    @override
    def __str__(self) -> str:
        return f"Code: {self.code}. {self.text} ({self.name})"

    @property
    def status(self) -> int:
        """HTTP status of the answer."""
        return _STATUS_OF_CODE.get(self.code, _OTHER_STATUS)

    def body(self, version: str) -> bytes:
        """The text of the answer, ended by a newline like ClickHouse's."""
        return f"Code: {self.code}. DB::Exception: {self.text} ({self.name}) (version {version})\n".encode()


def from_message(message: str) -> EngineError:
    """The error in a message of chDB, which repeats the prefix when a statement failed on its way in."""
    match = _MESSAGE.match(_VERSION.sub("", message))
    if match is None:
        return EngineError(1001, "STD_EXCEPTION", message.strip())
    inner = _MESSAGE.match(match["text"].rstrip("."))
    found = inner if inner and inner["name"] else match
    return EngineError(int(match["code"]), found["name"] or "UNKNOWN_EXCEPTION", found["text"].strip())
