"""KILL QUERY over all sessions, by the clients' query ids and also for queries the engine has not seen yet."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from deploy.local.engine.errors import EngineError
from deploy.local.engine.running import Running, RunningQueries
from deploy.local.engine.sessions import Engine, Result, Session, literal
from deploy.local.engine.statements import Statement

REPEAT_SECONDS = 0.05
"""A query that was about to start when it was killed is met by the next repetition."""
_MODES = {"SYNC", "ASYNC", "TEST"}
_QUERIES = """
SELECT q.1 AS tag, unhex(q.2) AS query_id, unhex(q.3) AS user, unhex(q.4) AS query, q.5 AS elapsed,
       query_id AS initial_query_id, user AS initial_user, toUInt8(1) AS is_initial_query
FROM (SELECT arrayJoin({running:Array(Tuple(String, String, String, String, Float64))}) AS q)
"""
_MATCHING = "SELECT tag FROM ({queries}) WHERE ({condition}) AND tag != {own}"
_ANSWER = "SELECT {status} AS kill_status, query_id, user, query FROM ({queries}) WHERE tag IN ({tags})"


@dataclass(frozen=True)
class Kill:
    """A KILL QUERY statement: its condition as text, and SYNC, ASYNC or TEST."""

    condition: str
    mode: str


def read_kill(statement: Statement) -> Kill:
    """The parts of a KILL QUERY. `EngineError` 62 when it is not one, 48 for KILL MUTATION and the like."""
    words = statement.words
    if len(words) < 4 or words[1].keyword != "QUERY":
        raise EngineError(48, "NOT_IMPLEMENTED", "Only KILL QUERY is available in the embedded engine")
    if words[2].keyword != "WHERE":
        raise EngineError(62, "SYNTAX_ERROR", "Syntax error: expected WHERE after KILL QUERY")
    closing = [token for token in words[3:] if not token.depth and token.keyword in {*_MODES, "FORMAT", "SETTINGS"}]
    modes = [token.keyword for token in closing if token.keyword in _MODES]
    end = closing[0].start if closing else len(statement.text.encode())
    return Kill(statement.text.encode()[words[2].end : end].decode().strip(), modes[0] if modes else "ASYNC")


def end_queries(engine: Engine, every: RunningQueries, own: Running, statement: Statement, output: str) -> Result:
    """Ends the queries that match and answers like ClickHouse; with SYNC, returns when each of them is gone.

    The condition is evaluated over the queries this server has received, with the columns query_id, user, query,
    elapsed, initial_query_id, initial_user and is_initial_query of `system.processes`.
    """
    kill = read_kill(statement)
    candidates = every.all()
    parameters = {"running": _array(candidates)}
    session = engine.control()
    try:
        where = _MATCHING.format(queries=_QUERIES, condition=kill.condition, own=literal(own.tag))
        tags = session.query(where, "TSVRaw", parameters).data.decode().split()
        found = [one for one in candidates if one.tag in tags]
        if kill.mode != "TEST":
            cancel(session, found)
        if kill.mode == "SYNC":
            _wait(session, found, own)
        status = "finished" if kill.mode == "SYNC" else "waiting"
        listed = ", ".join(literal(tag) for tag in tags) or "''"
        answer = _ANSWER.format(queries=_QUERIES, status=literal(status), tags=listed)
        return session.query(answer, statement.format or output, parameters)
    finally:
        session.close()


def cancel(session: Session, queries: Sequence[Running]) -> None:
    """Tells them to end, and does not wait. One that has not started will not start."""
    for one in queries:
        one.kill()
    marks = ", ".join(literal(one.mark) for one in queries if not one.done.is_set())
    if marks:
        session.query(f"KILL QUERY WHERE Settings['log_comment'] IN ({marks}) ASYNC")


def _wait(session: Session, queries: Sequence[Running], own: Running) -> None:
    repeat_at = time.monotonic() + REPEAT_SECONDS
    for one in queries:
        while not one.done.wait(REPEAT_SECONDS):
            own.check_not_killed()
            if time.monotonic() > repeat_at:
                cancel(session, queries)
                repeat_at = time.monotonic() + REPEAT_SECONDS


def _array(queries: Sequence[Running]) -> str:
    """Clients' own texts in hex: an array parameter is read without unescaping, so a quote would end its string."""
    now = time.monotonic()
    rows = (
        f"('{one.tag}','{_hex(one.query_id)}','{_hex(one.user)}','{_hex(one.text)}',{now - one.started:.6f})"
        for one in queries
    )
    return f"[{','.join(rows)}]"


def _hex(text: str) -> str:
    return text.encode().hex()
