"""Which version a worker writes, and which readings and facts filled it: a worker with others must not add to it."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from services.scoring.settings import ScoringSettings
from shared.clickhouse import writer
from shared.errors import StartError
from shared.logs import get_logger
from shared.schema.projections import active_version, finish_switch

LOOK_SECONDS = 1.0
"""How soon a worker notices that its version was replaced; it is fenced at once, so only freshness waits for this."""

log = get_logger(__name__)


def resolve_version(settings: ScoringSettings) -> ScoringSettings:
    """The settings with the active version, whose switch is brought to its end if need be. Blocks.

    Raises `StartError` for a version that was replaced, `RetryableError` or `ClickHouseError`.
    """
    client = writer(settings)
    try:
        active = active_version(client, settings.clickhouse_database)
        finish_switch(client, settings.clickhouse_database)
    finally:
        client.close()
    if 0 < settings.scoring_version < active:
        raise StartError(f"projection {settings.scoring_version} was replaced by {active}")
    return settings.model_copy(update={"scoring_version": settings.scoring_version or active})


async def watch_active(client: Client, database: str, version: int, fail: Callable[[str], None]) -> None:
    """Runs until cancelled; makes a worker fail whose version is no longer the active one."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        try:
            active = await asyncio.to_thread(active_version, client, database)
        except ClickHouseError as error:
            log.warning("active_version_unknown", cause=type(error).__name__)
            continue
        if active > version:
            fail(f"projection {version} was replaced by {active}: start again to go on with it")


def prove_version(client: Client, database: str, version: int, readings_hash: str, facts_hash: str) -> None:
    """Records the hashes of a new version. Raises `StartError` when the version was filled under others. Blocks."""
    table = f"{database}.projection_versions"
    sql = f"SELECT DISTINCT readings_hash, facts_hash FROM {table} WHERE version = {version}"  # noqa: S608 - own names
    known = {(str(readings), str(facts)) for readings, facts in client.query(sql).result_rows}
    mine = (readings_hash, facts_hash)
    if not known:
        row = [[version, readings_hash, facts_hash, datetime.now(UTC)]]
        client.insert(table, row, column_names=["version", "readings_hash", "facts_hash", "created"])
    elif known != {mine}:
        other = "readings" if all(readings != readings_hash for readings, _ in known) else "facts"
        raise StartError(
            f"projection {version} was filled with other {other}; fill a new version: "
            f"python -m services.scoring rebuild --to {version + 1}"
        )
