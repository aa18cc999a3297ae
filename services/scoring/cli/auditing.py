"""`audit`: does the ledger say what the log says?"""

import argparse
import asyncio
from typing import TYPE_CHECKING

from tqdm import tqdm

from services.scoring.audit import Audit, Difference
from services.scoring.engine import readings_hash
from services.scoring.facts import Facts
from services.scoring.log_reader import LogReader
from services.scoring.restore import Identity, current_boot
from services.scoring.settings import ScoringSettings
from services.scoring.tables import Tables
from services.scoring.versions import prove_version, resolve_version
from shared.catalogue import load_catalogue
from shared.clickhouse import writer

if TYPE_CHECKING:
    from argparse import _SubParsersAction


def add_to(commands: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the command to the command line."""
    parser = commands.add_parser("audit", help="recompute every cell from the log and compare; 1 when any differs")
    parser.add_argument("--version", type=int, default=0, help="projection version (default: the active one)")
    parser.set_defaults(command=run)


async def run(settings: ScoringSettings, arguments: argparse.Namespace) -> int:
    """Exit status 0 when nothing differs. Raises `StartError` when the readings here are not the version's own."""
    chosen = settings.model_copy(update={"scoring_version": arguments.version})
    settings = await asyncio.to_thread(resolve_version, chosen)
    facts, client = Facts.from_catalogue(load_catalogue()), await asyncio.to_thread(writer, settings)
    identity = Identity(readings_hash(), facts.hash, current_boot())
    database, version = settings.clickhouse_database, settings.scoring_version
    await asyncio.to_thread(prove_version, client, database, version, identity.readings_hash, identity.facts_hash)
    settings.data.mkdir(parents=True, exist_ok=True)
    reader = LogReader(settings)
    await reader.start()
    try:
        with tqdm(desc=f"audit of projection {version}", unit=" records") as bar:
            at: dict[int, int] = {}

            def progress(partition: int, offset: int) -> None:
                at[partition] = max(offset + 1, at.get(partition, 0))
                bar.update(sum(at.values()) - bar.n)

            audit = Audit(settings, client, Tables(database, version), facts, reader, identity, progress)
            bar.total = sum((await reader.ends(list(range(settings.partitions)))).values())
            records, differences = await _all(audit)
    finally:
        await reader.stop()
    return _report(version, records, differences)


async def _all(audit: Audit) -> tuple[int, list[Difference]]:
    records = 0
    differences = await asyncio.to_thread(audit.foreign_partitions)
    for partition in range(audit.settings.partitions):
        count, found = await audit.partition(partition)
        records += count
        differences += found
    return records, differences


def _report(version: int, records: int, differences: list[Difference]) -> int:
    for difference in differences:
        print(f"DIFFERENT {difference.what}: found {difference.found}, expected {difference.expected}")
    verdict = f"{len(differences)} differences" if differences else "no difference"
    print(f"Projection {version}: {records} records of the log folded, {verdict}.")
    return 1 if differences else 0
