"""ClickHouse's tokens, over bytes, so that a statement can be told from the binary rows that follow it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

WORD: Final = "word"
QUOTED: Final = "quoted"
STRING: Final = "string"
MARK: Final = "mark"
OTHER: Final = "other"

_TOKEN = re.compile(
    rb"""
      (?P<space>\s+|--[^\n]*|\#[!\ ][^\n]*|/\*.*?\*/)
    | (?P<string>'(?:[^'\\]|\\.|'')*'|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)
    | (?P<quoted>"(?:[^"\\]|\\.|"")*"|`(?:[^`\\]|\\.|``)*`)
    | (?P<word>[A-Za-z_\x80-\xff][\w\x80-\xff]*)
    | (?P<other>\d[\w.]*)
    | (?P<mark>.)
    """,
    re.DOTALL | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Token:
    """One token: its kind, its bytes, where it stands, and how deep in brackets."""

    kind: str
    raw: bytes
    start: int
    depth: int

    @property
    def end(self) -> int:
        """Position after its last byte."""
        return self.start + len(self.raw)

    @property
    def keyword(self) -> str:
        """Upper-case text of a bare word, empty for anything else: a quoted name is never a keyword."""
        return self.raw.decode(errors="replace").upper() if self.kind == WORD else ""

    @property
    def name(self) -> str:
        """Lower-case text of an identifier, bare or quoted; escapes stay, and so match no known name."""
        if self.kind == WORD:
            return self.raw.decode(errors="replace").lower()
        return self.raw[1:-1].decode(errors="replace").lower() if self.kind == QUOTED else ""


def tokens(text: bytes) -> Iterator[Token]:
    """Tokens without white space and comments, found lazily: nothing behind the last one taken is looked at."""
    depth = 0
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or OTHER
        if kind == "space":
            continue
        if kind == "tag":
            kind = STRING
        raw = match[0]
        if raw in b"([{" and kind == MARK:
            depth += 1
        elif raw in b")]}" and kind == MARK:
            depth -= 1
        yield Token(kind, raw, match.start(), depth)
