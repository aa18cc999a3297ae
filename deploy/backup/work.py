"""What `make`, `restore`, `list` and `check` do, each step proved before the next."""

import asyncio
import fcntl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from clickhouse_connect.driver.client import Client

from deploy.backup import manifest
from deploy.backup.log_copy import check_copy, copy_log, log_ends, restore_log
from deploy.backup.manifest import Manifest
from deploy.backup.settings import BackupSettings
from deploy.backup.tables import backup_client, copy_tables, ledger_marks, present_tables, restore_tables
from shared.errors import StartError


def make(settings: BackupSettings, *, log_only: bool) -> str:
    """Copies the tables, then the log up to its end, so that the log reaches at least as far; returns one line."""
    with alone(settings.backups):
        if log_only:
            ends = asyncio.run(copy_log(settings, settings.backups))
            return f"log copied: {sum(ends.values())} records in all"
        name = manifest.new_name(datetime.now(UTC))
        client = backup_client(settings)
        groups = copy_tables(client, settings, name)
        ends = asyncio.run(copy_log(settings, settings.backups))
        manifest.write(settings.backups, Manifest(name, settings.clickhouse_database, ends, groups))
    return f"backup {name}: {sum(len(group) for group in groups)} tables, {sum(ends.values())} records in all"


def restore(settings: BackupSettings, name: str) -> list[str]:
    """Writes what is missing, never over what is there; returns what was done, one line each.

    Raises `StartError` when the tables would then hold more than the log: scoring could not go on.
    """
    with alone(settings.backups):
        chosen = manifest.chosen(settings.backups, name)
        written = asyncio.run(restore_log(settings, settings.backups))
        done = [f"log: {sum(written.values())} records written"]
        client = backup_client(settings)
        done.append(_restore_tables(client, settings, chosen))
        tables = present_tables(client, settings.clickhouse_database)
        marks = ledger_marks(client, settings.clickhouse_database, tables)
        prove_reach(marks, asyncio.run(log_ends(settings)))
    return done


def prove_reach(marks: Mapping[int, int], ends: Mapping[int, int]) -> None:
    """Raises `StartError` when the ledger holds what the log does not (pure)."""
    for partition, mark in sorted(marks.items()):
        if mark >= ends.get(partition, 0):
            raise StartError(
                f"the ledger holds partition {partition} up to {mark}, the log up to {ends.get(partition, 0) - 1}: "
                "drop the database and restore older tables, or make a newer copy of the log available"
            )


def listed(settings: BackupSettings) -> list[str]:
    """One line per backup."""
    return [
        f"{one.name}  {sum(len(group) for group in one.groups)} tables  {sum(one.ends.values())} records"
        for one in manifest.manifests(settings.backups)
    ]


def check(settings: BackupSettings) -> list[str]:
    """Reads the whole copy of the log and holds it against every backup. Raises `StartError` at the first fault."""
    found = check_copy(settings, settings.backups)
    for one in manifest.manifests(settings.backups):
        for part, end in one.ends.items():
            if found.get(part, 0) < end:
                raise StartError(
                    f"backup {one.name} needs {end} records of {part}, the copy holds {found.get(part, 0)}"
                )
    return [f"{part}: {count} records" for part, count in found.items()]


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Two copies at once would write the same files. Raises `StartError` while another is at work."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StartError(f"another backup or restore is at work in {folder}") from error
        yield


def _restore_tables(client: Client, settings: BackupSettings, chosen: Manifest | None) -> str:
    if present_tables(client, settings.clickhouse_database):
        return "tables: are there, nothing restored"
    if chosen is None:
        return "tables: no backup of them; scoring fills them from the log"
    if chosen.database != settings.clickhouse_database:
        raise StartError(f"backup {chosen.name} is of database {chosen.database}")
    restore_tables(client, settings, chosen.name, chosen.groups)
    return f"tables: {sum(len(group) for group in chosen.groups)} restored from {chosen.name}"
