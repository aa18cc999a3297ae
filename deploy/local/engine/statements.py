"""What a statement is, which format it asks for, and where the rows of an INSERT begin."""

import re
from dataclasses import dataclass
from enum import StrEnum

from deploy.local.engine.errors import EngineError
from deploy.local.engine.tokens import MARK, WORD, Token, tokens

RUNNING_QUERIES_VIEW = "client_processes"
"""The view in `system` that shows running queries under their clients' query ids and users."""


class Kind(StrEnum):
    """What happens to a statement; also the `kind` label of the metrics."""

    READ = "read"
    INSERT = "insert"
    KILL = "kill"
    OTHER = "other"


@dataclass(frozen=True)
class Rows:
    """The rows of an INSERT: the statement up to them, its SETTINGS clause, their format, and those in the text."""

    target: str
    settings: str
    format: str
    inline: bytes | memoryview


@dataclass(frozen=True)
class Statement:
    """One statement; `rows` only for an INSERT whose rows come with the request."""

    kind: Kind
    text: str
    words: tuple[Token, ...]
    format: str | None = None
    rows: Rows | None = None


_READS = {"SELECT", "WITH", "EXPLAIN", "SHOW", "DESCRIBE", "DESC", "EXISTS", "FROM", "("}
_AFTER_FORMAT = re.compile(rb"[ \t]*\r?\n?")
_NEVER_STATEMENT = "Only one statement per request is allowed"


def parse(text: bytes) -> Statement:
    """The statement of a request. `EngineError` 62 for an empty text, several statements, or text that is not UTF-8."""
    stream = tokens(text)
    first = next(stream, None)
    if first is None or first.raw == b";":
        raise EngineError(62, "SYNTAX_ERROR", "Empty query")
    if first.keyword == "INSERT":
        insert = _insert(text)
        if insert is not None:
            return insert
    words = _one_statement((first, *stream))
    end = words[-1].end
    kind = Kind.KILL if first.keyword == "KILL" else Kind.READ if _is_read(first) else Kind.OTHER
    if first.keyword == "INSERT":
        kind = Kind.INSERT
    return Statement(kind, _decode(text[:end]), words, _format(words))


def running_queries_renamed(statement: Statement) -> str:
    """The text with `system.processes` read from the view that knows the clients' query ids."""
    raw = statement.text.encode()
    out, copied = bytearray(), 0
    for at, token in enumerate(statement.words):
        if token.name == "processes" and _follows_system(statement.words, at):
            out += raw[copied : token.start] + RUNNING_QUERIES_VIEW.encode()
            copied = token.end
    return (bytes(out) + raw[copied:]).decode()


def system_tables(words: tuple[Token, ...]) -> set[str]:
    """Names that the statement reads as `system.<name>`, in lower case."""
    return {
        token.name or token.raw.decode(errors="replace") for at, token in enumerate(words) if _follows_system(words, at)
    }


def _follows_system(words: tuple[Token, ...], at: int) -> bool:
    if at < 2 or words[at - 1].raw != b"." or words[at - 2].name != "system":
        return False
    return at < 3 or words[at - 3].raw != b"."


def _is_read(first: Token) -> bool:
    return first.keyword in _READS or first.raw == b"("


def _insert(text: bytes) -> Statement | None:
    """An INSERT whose rows come with the request; None when they come from a SELECT."""
    seen: list[Token] = []
    settings: Token | None = None
    for token in tokens(text):
        seen.append(token)
        if token.depth or token.kind != WORD or len(seen) < 3:
            continue
        if token.keyword == "INFILE":
            raise EngineError(
                344, "SUPPORT_IS_DISABLED", "INSERT FROM INFILE is not allowed: send the rows in the body"
            )
        if token.keyword in {"SELECT", "WITH", "WATCH"}:
            return None
        if token.keyword == "SETTINGS" and settings is None:
            settings = token
        if token.keyword in {"FORMAT", "VALUES"}:
            return _rows(text, seen, settings)
    if seen[-1].raw == b";":
        seen.pop()
    return _rows(text, [*seen, Token(WORD, b"VALUES", len(text), 0)], settings)


def _rows(text: bytes, seen: list[Token], settings: Token | None) -> Statement:
    last = seen[-1]
    name, after = "Values", last.end
    if last.keyword == "FORMAT":
        named = next(tokens(text[last.end :]), None)
        if named is None or named.kind != WORD:
            raise EngineError(62, "SYNTAX_ERROR", "Syntax error: expected a format name after FORMAT")
        name, after = named.raw.decode(), last.end + named.end
        match = _AFTER_FORMAT.match(text, after)
        after = match.end() if match else after
    target = _decode(text[: settings.start if settings else last.start])
    clause = _decode(text[settings.start : last.start]) if settings else ""
    rows = Rows(target.strip(), clause.strip(), name, memoryview(text)[after:])
    return Statement(Kind.INSERT, rows.target, tuple(seen[:-1]), rows=rows)


def _one_statement(words: tuple[Token, ...]) -> tuple[Token, ...]:
    for at, token in enumerate(words):
        if token.raw == b";" and token.kind == MARK:
            if any(one.raw != b";" for one in words[at:]):
                raise EngineError(
                    62, "SYNTAX_ERROR", f"Syntax error (Multi-statements are not allowed): {_NEVER_STATEMENT}"
                )
            return words[:at]
    return words


def _format(words: tuple[Token, ...]) -> str | None:
    """The name after the last FORMAT outside brackets that is followed by a name: a column may be called format."""
    for at in range(len(words) - 2, 0, -1):
        token, after = words[at], words[at + 1]
        if (
            token.keyword == "FORMAT"
            and not token.depth
            and after.kind == WORD
            and words[at - 1].raw not in {b".", b","}
        ):
            return after.raw.decode(errors="replace")
    return None


def _decode(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        raise EngineError(62, "SYNTAX_ERROR", "Syntax error: the query is not UTF-8") from error
