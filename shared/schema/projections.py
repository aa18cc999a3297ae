"""Versions of the projection: which one is active, how a new one begins, becomes active, and is dropped. All block."""

from datetime import UTC, datetime

from clickhouse_connect.driver.client import Client

from shared.schema.statements import table_statements, view_statements

FIRST_VERSION = 1
"""The version that a new installation starts with."""

TABLES = ("ledger", "events", "scoring_owners")
"""A version's own tables, in the order in which they can be dropped: the constraints of the first two read the last."""


def active_version(client: Client, database: str) -> int:
    """The version that workers write and views read; versions only grow, so it is the highest ever activated."""
    if not client.query(f"EXISTS TABLE {database}.active_versions").result_rows[0][0]:
        return FIRST_VERSION
    sql = f"SELECT max(version) FROM {database}.active_versions"  # noqa: S608 - own names
    return int(client.query(sql).result_rows[0][0]) or FIRST_VERSION


def viewed_version(client: Client, database: str) -> int:
    """The version that all views read; lower than the active one when a switch was interrupted."""
    return int(client.query(f"SELECT version FROM {database}.projection").result_rows[0][0])  # noqa: S608 - own names


def known_versions(client: Client, database: str) -> list[int]:
    """The versions that have tables, ascending."""
    sql = "SELECT name FROM system.tables WHERE database = {database:String} AND match(name, '^ledger_[0-9]+$')"
    names = client.query(sql, parameters={"database": database}).result_rows
    return sorted(int(str(name).removeprefix("ledger_")) for (name,) in names)


def create_version(client: Client, database: str, version: int, *, replicated: bool = False) -> None:
    """The tables of a version, which no view reads yet; safe to repeat."""
    for statement in table_statements(database, version, replicated=replicated):
        client.command(statement)


def activate(client: Client, database: str, version: int) -> None:
    """Retires all lower versions: their workers write no more. The views follow by `switch_views`."""
    row = [[version, datetime.now(UTC)]]
    client.insert(f"{database}.active_versions", row, column_names=["version", "at"])


def switch_views(client: Client, database: str, version: int) -> None:
    """Each view goes over in one exchange of names: no reader finds it missing. Safe to repeat."""
    for statement in view_statements(database, version):
        client.command(statement)


def finish_switch(client: Client, database: str) -> None:
    """Brings the views to the active version when whoever switched died in between."""
    version = active_version(client, database)
    if viewed_version(client, database) != version:
        switch_views(client, database, version)


def drop_version(client: Client, database: str, version: int) -> None:
    """Removes a version's tables and its record for good. Raises `ValueError` for the one that is active."""
    if version in {active_version(client, database), viewed_version(client, database)}:
        raise ValueError(f"projection {version} is active")
    for table in TABLES:
        client.command(f"DROP TABLE IF EXISTS {database}.{table}_{version} SYNC")
    client.command(
        f"ALTER TABLE {database}.projection_versions DELETE WHERE version = {version}", settings={"mutations_sync": 1}
    )
