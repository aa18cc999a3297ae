"""Answers with ClickHouse's headers, and one log line and the metrics for each: never a query's text."""

import asyncio
import json
import logging
import time
from dataclasses import dataclass

from starlette.responses import Response

from deploy.local.engine.coding import WORTH_COMPRESSING_BYTES, compress
from deploy.local.engine.errors import EngineError
from deploy.local.engine.execution import Outcome, Request
from deploy.local.engine.metrics import EngineMetrics
from deploy.local.engine.sessions import Result
from deploy.local.engine.statements import Kind

_LOG = logging.getLogger("chitieu.engine")
_KILLED_CODE = 394
_REFUSED_CODES = {48, 62, 164, 192, 193, 194, 202, 216, 229, 344, 358, 497, 516}

_CONTENT_TYPES = {
    "CSV": "text/csv; charset=UTF-8",
    "CSVWithNames": "text/csv; charset=UTF-8",
    "JSON": "application/json; charset=UTF-8",
    "JSONCompact": "application/json; charset=UTF-8",
    "JSONEachRow": "application/x-ndjson; charset=UTF-8",
    "Native": "application/octet-stream",
    "Arrow": "application/octet-stream",
    "ArrowStream": "application/octet-stream",
    "Parquet": "application/octet-stream",
    "RowBinary": "application/octet-stream",
}
_TEXT = "text/tab-separated-values; charset=UTF-8"


@dataclass(frozen=True)
class Answers:
    """Builds answers and counts them."""

    display_name: str
    version: str
    timezone: str
    metrics: EngineMetrics

    async def succeeded(self, request: Request, outcome: Outcome, accepted: str, started: float) -> Response:
        """The result, compressed when the client asked for it."""
        data, coding = outcome.result.data, ""
        if request.call.compressed and len(data) >= WORTH_COMPRESSING_BYTES:
            data, coding = await asyncio.to_thread(compress, data, accepted)
        headers = {
            "X-ClickHouse-Server-Display-Name": self.display_name,
            "X-ClickHouse-Query-Id": _ascii(request.call.query_id),
            "X-ClickHouse-Timezone": self.timezone,
            "X-ClickHouse-Summary": _summary(outcome.result, time.monotonic() - started),
            "Content-Type": _CONTENT_TYPES.get(outcome.format or "", _TEXT),
        }
        if outcome.format:
            headers["X-ClickHouse-Format"] = outcome.format
        if coding:
            headers["Content-Encoding"] = coding
        self._count(outcome.kind, "ok", request.account.name, started, outcome.result)
        self.metrics.rows_inserted.inc(outcome.result.written_rows)
        return Response(data, headers=headers)

    def failed(self, error: EngineError, user: str, started: float, kind: Kind = Kind.OTHER) -> Response:
        """The error's text and code."""
        outcome = "killed" if error.code == _KILLED_CODE else "refused" if error.code in _REFUSED_CODES else "failed"
        self._count(kind, outcome, user, started, Result(b""), error.code)
        headers = {
            "X-ClickHouse-Server-Display-Name": self.display_name,
            "X-ClickHouse-Exception-Code": str(error.code),
            "X-ClickHouse-Timezone": self.timezone,
            "Content-Type": "text/plain; charset=UTF-8",
        }
        if error.status == 401:
            headers["WWW-Authenticate"] = 'Basic realm="ClickHouse server HTTP API"'
        return Response(error.body(self.version), status_code=error.status, headers=headers)

    def broken(self, error: Exception) -> None:
        """A fault of this server's own; the traceback holds no values of the query."""
        _LOG.error(
            json.dumps({"level": "error", "event": "engine_fault", "error": type(error).__name__}), exc_info=error
        )

    def _count(self, kind: Kind, outcome: str, user: str, started: float, result: Result, code: int = 0) -> None:
        seconds = time.monotonic() - started
        self.metrics.queries.labels(kind, outcome).inc()
        self.metrics.seconds.labels(kind).observe(seconds)
        line = {
            "level": "info" if outcome == "ok" else "warning",
            "event": "query",
            "user": user,
            "kind": kind,
            "outcome": outcome,
            "code": code,
            "milliseconds": round(seconds * 1000, 1),
            "read_rows": result.read_rows,
            "written_rows": result.written_rows,
            "bytes": len(result.data),
        }
        _LOG.info(json.dumps(line))


def _summary(result: Result, seconds: float) -> str:
    return json.dumps(
        {
            "read_rows": str(result.read_rows),
            "read_bytes": str(result.read_bytes),
            "written_rows": str(result.written_rows),
            "written_bytes": str(result.written_bytes),
            "total_rows_to_read": "0",
            "result_rows": str(result.written_rows),
            "result_bytes": str(len(result.data)),
            "elapsed_ns": str(int(seconds * 1e9)),
        }
    )


def _ascii(text: str) -> str:
    """Header values are ASCII; an id with other letters comes back with them replaced."""
    return text.encode("ascii", "replace").decode()
