"""Proves at start that one insert becomes one part; marks rest on it."""

import secrets

from clickhouse_connect.driver.client import Client

from services.scoring.sink import ONE_PART
from shared.errors import StartError

PROBE_ROWS = 1_200_000
"""With the server's default settings this many rows become two parts."""


def prove_one_part(client: Client, database: str) -> None:
    """Inserts into a table of its own and counts the parts. Raises `StartError`. Blocks."""
    name = f"scoring_probe_{secrets.token_hex(6)}"
    table = f"{database}.{name}"
    client.command(f"CREATE TABLE {table} (n UInt8) ENGINE = MergeTree ORDER BY tuple()")
    try:
        client.insert(
            table,
            [bytes(PROBE_ROWS)],
            column_names=["n"],
            column_type_names=["UInt8"],
            column_oriented=True,
            settings=dict(ONE_PART),
        )
        parts = client.query(
            # Level 0 is what an insert wrote; merged parts, active or not, have a higher one.
            f"SELECT count(), sum(rows) FROM system.parts WHERE database = '{database}' AND table = '{name}'"  # noqa: S608
            " AND level = 0"
        ).result_rows[0]
    finally:
        client.command(f"DROP TABLE {table}")
    if tuple(parts) != (1, PROBE_ROWS):
        raise StartError(f"an insert of {PROBE_ROWS} rows became {parts[0]} parts instead of 1: check insert settings")
