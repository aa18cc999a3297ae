"""Copies the tables by ClickHouse's own BACKUP, in an order from which scoring and alerts can go on."""

from collections.abc import Sequence

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.httpclient import HttpClient
from urllib3 import Timeout

from deploy.backup.settings import BackupSettings
from shared.clickhouse import CONNECT_TIMEOUT_SECONDS, writer

MADE_ANEW = ("catalogue_", "scoring_probe_")
"""Facts are published by `shared.schema apply`; a probe is a worker's scratch table."""

VERSION_LOG = "catalogue_version"
"""Its rows tell since when a catalogue holds; they are kept."""

FIRST = ("active_versions", "projection_versions", "deliveries")
"""Before what they speak of: a version is told active, a change told delivered, only when its rows are there too."""

LAST = "events_"
"""After the ledger, because a worker goes on behind the ledger's mark and never writes below it: a receipt that the
copy of `events` lacked would be lacking for good."""

_TABLES = """
SELECT name FROM system.tables WHERE database = {database:String} AND engine NOT LIKE '%View' ORDER BY name
"""


def backup_client(settings: BackupSettings) -> Client:
    """The writer's client, connected to no database, that waits as long as a statement may take."""
    client = writer(settings, database="")
    if isinstance(client, HttpClient):
        client.timeout = Timeout(connect=CONNECT_TIMEOUT_SECONDS, read=settings.backup_seconds)
    return client


def present_tables(client: Client, database: str) -> list[str]:
    """The tables that a backup keeps, those that are there now; empty when there is no database."""
    names = [str(row[0]) for row in client.query(_TABLES, parameters={"database": database}).result_rows]
    return [name for name in names if name == VERSION_LOG or not name.startswith(MADE_ANEW)]


def grouped(tables: Sequence[str]) -> list[list[str]]:
    """The tables in the groups that are copied one after the other (pure)."""
    first = [name for name in tables if name in FIRST]
    last = [name for name in tables if name.startswith(LAST)]
    return [group for group in (first, [name for name in tables if name not in (*first, *last)], last) if group]


def copy_tables(client: Client, settings: BackupSettings, name: str) -> list[list[str]]:
    """Copies every group to `<name>-<number>` on the disk; returns the groups."""
    groups = grouped(present_tables(client, settings.clickhouse_database))
    for number, group in enumerate(groups):
        client.command(
            f"BACKUP {_named(settings, group)} TO {_place(settings, name, number)}", settings=_long(settings)
        )
    return groups


def restore_tables(client: Client, settings: BackupSettings, name: str, groups: Sequence[Sequence[str]]) -> None:
    """Makes the database and its tables; views and catalogue follow by `shared.schema apply`."""
    client.command(f"CREATE DATABASE IF NOT EXISTS {settings.clickhouse_database} ENGINE = Atomic")
    for number, group in enumerate(groups):
        client.command(
            f"RESTORE {_named(settings, group)} FROM {_place(settings, name, number)}", settings=_long(settings)
        )


def ledger_marks(client: Client, database: str, tables: Sequence[str]) -> dict[int, int]:
    """Partition → highest offset in any version's ledger."""
    marks: dict[int, int] = {}
    for table in (name for name in tables if name.startswith("ledger_")):
        sql = f"SELECT partition, max(offset) FROM {database}.{table} GROUP BY partition"  # noqa: S608 - own names
        for partition, offset in client.query(sql).result_rows:
            marks[int(partition)] = max(int(offset), marks.get(int(partition), int(offset)))
    return marks


def _named(settings: BackupSettings, tables: Sequence[str]) -> str:
    return ", ".join(f"TABLE {settings.clickhouse_database}.{name}" for name in tables)


def _place(settings: BackupSettings, name: str, number: int) -> str:
    return f"Disk('{settings.backups_disk}', '{name}-{number}/')"


def _long(settings: BackupSettings) -> dict[str, int]:
    return {"max_execution_time": settings.backup_seconds}
