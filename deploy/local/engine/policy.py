"""Which statements are refused before they reach the engine, because its own access rights do not stop them."""

from collections.abc import Sequence
from itertools import pairwise

from deploy.local.engine.accounts import Account
from deploy.local.engine.errors import EngineError
from deploy.local.engine.statements import Kind, Statement, system_tables
from deploy.local.engine.tokens import WORD, Token

TABLE_ENGINES = {
    "aggregatingmergetree",
    "atomic",
    "coalescingmergetree",
    "collapsingmergetree",
    "join",
    "log",
    "memory",
    "mergetree",
    "null",
    "replacingmergetree",
    "set",
    "stripelog",
    "summingmergetree",
    "tinylog",
    "versionedcollapsingmergetree",
}
"""Engines that work in one embedded process and only touch the data folder. A Kafka table, once made, would keep the
folder from ever opening again; Replicated and Distributed need Keeper and a cluster."""

READER_SYSTEM_TABLES = {
    "columns",
    "data_type_families",
    "databases",
    "formats",
    "functions",
    "numbers",
    "numbers_mt",
    "one",
    "parts",
    "settings",
    "tables",
    "time_zones",
}
"""What clients need to connect and describe; nothing of other people's queries, of files or of the machine."""

_MACHINE_FUNCTIONS = {"executable", "file"}
"""Functions that reach the machine and ask no access right of their own: `SELECT file('/etc/passwd')` works in chDB."""
_READER_FUNCTIONS = {"cluster", "clusterallreplicas", "loop", "merge"}
"""Table functions that name tables in strings, past the list of system tables."""
_REFUSED_VERBS = {"ATTACH", "DETACH", "EXECUTE", "UNDROP"}
_CREATED_WITH_ENGINE = {"CREATE", "REPLACE"}


def check(statement: Statement, account: Account, query_class: str, statements: int) -> None:
    """Raises `EngineError` when the account may not run the statement.

    `query_class` and `statements` are what the engine's own parser says: `READ_ONLY`, `MUTATING`, `MUTATING_GLOBAL`,
    `CONTROL` or `UNKNOWN`, and how many statements the text holds.
    """
    words = statement.words
    if statements > 1:
        raise EngineError(62, "SYNTAX_ERROR", "Syntax error (Multi-statements are not allowed)")
    if _has_pair(words, "INTO", "OUTFILE"):
        raise EngineError(358, "INTO_OUTFILE_NOT_ALLOWED", "INTO OUTFILE is not allowed")
    if _has_pair(words, "FROM", "INFILE"):
        raise _disabled("INSERT FROM INFILE is not allowed: send the rows in the body")
    if words[0].keyword in _REFUSED_VERBS:
        raise _disabled(f"{words[0].keyword} is not available in the embedded engine")
    _check_functions(words, account)
    _check_engines(words)
    if not account.writes:
        _check_reader(statement, account, query_class)


def check_kill(account: Account) -> None:
    """Only an account that writes may end queries."""
    if not account.writes:
        raise _denied(account, "KILL QUERY ON *.*")


def check_database(database: str, account: Account) -> None:
    """A reader may not make `system` its database: unqualified names would then escape the list of system tables."""
    if not account.writes and database.lower() in {"system", "information_schema"}:
        raise _denied(account, f"SHOW ON {database}.*")


def _check_reader(statement: Statement, account: Account, query_class: str) -> None:
    if statement.kind is Kind.INSERT or query_class not in {"READ_ONLY", "UNKNOWN"}:
        raise EngineError(164, "READONLY", f"{account.name}: Cannot execute query in readonly mode.")
    hidden = sorted(system_tables(statement.words) - READER_SYSTEM_TABLES)
    if hidden:
        raise _denied(account, f"SELECT ON system.{hidden[0]}")
    if _has_identifier_parameter(statement.words):
        raise _disabled("Parameters of type Identifier are not available to a read-only user")


def _check_functions(words: Sequence[Token], account: Account) -> None:
    refused = _MACHINE_FUNCTIONS if account.writes else _MACHINE_FUNCTIONS | _READER_FUNCTIONS
    for token, after in pairwise(words):
        if after.raw == b"(" and token.name in refused:
            raise _denied(account, "READ ON FILE" if token.name in _MACHINE_FUNCTIONS else "READ ON REMOTE")


def _check_engines(words: Sequence[Token]) -> None:
    if words[0].keyword not in _CREATED_WITH_ENGINE:
        return
    for at, token in enumerate(words[:-1]):
        if token.keyword != "ENGINE" or token.depth:
            continue
        named = words[at + 2] if words[at + 1].raw == b"=" and at + 2 < len(words) else words[at + 1]
        if named.name and named.name not in TABLE_ENGINES:
            raise _disabled(f"Engine {named.raw.decode(errors='replace')} is not available in the embedded engine")


def _has_pair(words: Sequence[Token], first: str, second: str) -> bool:
    return any(one.keyword == first and two.keyword == second for one, two in pairwise(words))


def _has_identifier_parameter(words: Sequence[Token]) -> bool:
    pairs = pairwise(words)
    return any(one.raw == b":" and two.kind == WORD and two.keyword == "IDENTIFIER" for one, two in pairs)


def _denied(account: Account, grant: str) -> EngineError:
    text = f"{account.name}: Not enough privileges. To execute this query, it's necessary to have the grant {grant}."
    return EngineError(497, "ACCESS_DENIED", text)


def _disabled(text: str) -> EngineError:
    return EngineError(344, "SUPPORT_IS_DISABLED", text)
