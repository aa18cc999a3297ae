"""One query from its bytes to its result; runs in a thread of its lane."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from deploy.local.engine import policy
from deploy.local.engine.accounts import Account
from deploy.local.engine.call import Call
from deploy.local.engine.coding import inflate
from deploy.local.engine.errors import EngineError
from deploy.local.engine.killing import end_queries
from deploy.local.engine.running import TEXT_MAX_CHARS, Running, RunningQueries
from deploy.local.engine.sessions import Engine, Result, Session, identifier, literal, set_statement
from deploy.local.engine.statements import Kind, Rows, Statement, parse, running_queries_renamed, system_tables

_RESULTLESS = {"ALTER", "CREATE", "DROP", "GRANT", "INSERT", "OPTIMIZE", "RENAME", "EXCHANGE", "SET", "TRUNCATE", "USE"}
"""Statements without a result: their answers name no format."""


@dataclass(frozen=True)
class Request:
    """A call with its body as it came."""

    call: Call
    account: Account
    running: Running
    body: Sequence[bytes] = ()
    coding: str = ""
    reads_only: bool = False
    """True for GET, which by HTTP's rules changes nothing."""


@dataclass(frozen=True)
class Outcome:
    """What became of a query that did not fail; `format` is None for a statement without a result."""

    kind: Kind
    result: Result
    format: str | None


class Execution:
    """Runs requests on one engine."""

    def __init__(self, engine: Engine, running: RunningQueries, max_inflated_bytes: int) -> None:
        self._engine = engine
        self._running = running
        self._max_inflated_bytes = max_inflated_bytes

    def run(self, request: Request) -> Outcome:
        """Blocks until the query ended. `EngineError` with ClickHouse's code."""
        body = b"".join(inflate(request.body, request.coding, self._max_inflated_bytes))
        url = request.call.query.encode()
        statement = parse(url + b"\n" + body if url and body else url or body)
        request.running.text = statement.text[:TEXT_MAX_CHARS]
        request.running.kind = statement.kind
        if statement.kind is Kind.KILL:
            policy.check_kill(request.account)
            result = end_queries(self._engine, self._running, request.running, statement, request.call.default_format)
            return Outcome(Kind.KILL, result, statement.format or request.call.default_format)
        policy.check_database(request.call.database, request.account)
        session = self._engine.session(request.account.name, _settings(request), _profile(request.account))
        try:
            return self._in_session(session, statement, request)
        finally:
            session.close()

    def _in_session(self, session: Session, statement: Statement, request: Request) -> Outcome:
        prepare(session, request.call)
        if statement.rows is not None:
            policy.check(statement, request.account, "MUTATING", 1)
            return Outcome(Kind.INSERT, self._insert(session, statement.rows, request), None)
        query_class, count = session.classify(statement.text)
        policy.check(statement, request.account, query_class, count)
        text = statement.text
        if "processes" in system_tables(statement.words):
            text = running_queries_renamed(statement)
        request.running.check_not_killed()
        result = session.query(text, request.call.default_format, request.call.parameters)
        resultless = statement.words[0].keyword in _RESULTLESS and not result.data
        return Outcome(statement.kind, result, None if resultless else statement.format or request.call.default_format)

    def _insert(self, session: Session, rows: Rows, request: Request) -> Result:
        """Rows go to the engine as a file: the fastest way, and the only one whose errors are all reported."""
        file = self._engine.incoming_file()
        try:
            file.write_bytes(rows.inline)
            request.running.check_not_killed()
            source = f"FROM INFILE {literal(str(file))} COMPRESSION 'none'"
            text = f"{rows.target} {source} {rows.settings} FORMAT {rows.format}"
            result = session.query(text, "Null", request.call.parameters)
        except EngineError as error:
            raise replace_path(error, file) from error
        finally:
            file.unlink(missing_ok=True)
        return replace(result, data=b"", read_rows=result.written_rows, read_bytes=len(rows.inline))


def prepare(session: Session, call: Call) -> None:
    """Settings and database of the call, within the constraints of the session's profile."""
    steps = [set_statement(call.settings)] if call.settings else []
    if call.database:
        steps.append(f"USE {identifier(call.database)}")
    if steps:
        session.query("; ".join(steps))


def replace_path(error: EngineError, file: Path) -> EngineError:
    """The error without the name of a file the client never saw."""
    return EngineError(error.code, error.name, error.text.replace(str(file), "the request's body"))


def _settings(request: Request) -> Mapping[str, str]:
    settings = {name: str(value) for name, value in request.account.limits.settings().items()}
    if request.reads_only or not request.account.writes:
        settings["readonly"] = "2"
    return {**settings, "log_comment": request.running.mark}


def _profile(account: Account) -> str:
    return "" if account.writes else account.name
