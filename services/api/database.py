"""The api's one edge to ClickHouse: the read-only user, blocking calls on threads, errors named by the next action."""

import asyncio
from collections.abc import Mapping
from typing import Any

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from services.api.queries import Row
from shared.errors import RetryableError
from shared.logs import get_logger

MAX_EXECUTION_SECONDS = 10
"""A page that waits longer is no wallboard; the engine ends the query instead of piling up work."""

log = get_logger(__name__)


class ClickHouseReader:
    """`queries.Reader` over HTTP."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def rows(self, sql: str, parameters: Mapping[str, Any]) -> list[Row]:
        """Rows by column name. Raises `RetryableError` when the engine is away or ends the query."""
        try:
            result = await asyncio.to_thread(
                self._client.query,
                sql,
                parameters=dict(parameters),
                settings={"max_execution_time": MAX_EXECUTION_SECONDS},
            )
        except (ClickHouseError, OSError) as error:
            log.warning("query_failed", error=type(error).__name__, code=getattr(error, "code", None))
            raise RetryableError(f"query failed: {type(error).__name__}") from error
        return [dict(zip(result.column_names, row, strict=True)) for row in result.result_rows]

    async def check(self) -> str:
        """ "" when the views answer, else one short cause."""
        try:
            await self.rows("SELECT count() AS n FROM catalogue_units", {})
        except RetryableError as error:
            return str(error)
        return ""
