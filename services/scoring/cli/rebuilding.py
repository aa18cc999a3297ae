"""`rebuild` and `drop`: a new version of the projection beside the live one, and the end of an old one."""

import argparse
import asyncio
import shutil
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, NoReturn

from clickhouse_connect.driver.client import Client
from tqdm import tqdm

from services.scoring.app import wire
from services.scoring.facts import Facts
from services.scoring.rebuild import Filling, Move, Switch
from services.scoring.settings import ScoringSettings
from services.scoring.tables import Tables
from services.scoring.versions import resolve_version
from shared.catalogue import load_catalogue
from shared.clickhouse import writer
from shared.errors import StartError
from shared.schema.projections import create_version, drop_version, known_versions

if TYPE_CHECKING:
    from argparse import _SubParsersAction

BULK_BLOCK_BYTES = 8 << 20
BULK_BUFFER_BYTES = 16 << 20
"""Nobody waits for a single block: larger ones make fewer parts."""


def add_to(commands: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the commands to the command line."""
    rebuild = commands.add_parser("rebuild", help="fill a new version from the log, show what moves, and switch")
    rebuild.add_argument("--to", type=int, default=0, help="the new version (default: the active one + 1)")
    rebuild.add_argument("--yes", action="store_true", help="switch without asking")
    rebuild.add_argument("--dry-run", action="store_true", help="stop before the switch; what is filled is kept")
    rebuild.set_defaults(command=run_rebuild)
    drop = commands.add_parser("drop", help="remove the tables and stores of a version that is not active")
    drop.add_argument("--version", type=int, required=True)
    drop.set_defaults(command=run_drop)


async def run_rebuild(settings: ScoringSettings, arguments: argparse.Namespace) -> int:
    """Exit status 1 when the switch was declined. An interrupted rebuild goes on where it was when it is repeated."""
    live = await asyncio.to_thread(resolve_version, settings.model_copy(update={"scoring_version": 0}))
    new = _filling_settings(live, arguments.to or live.scoring_version + 1)
    database = live.clickhouse_database
    client = await asyncio.to_thread(writer, live)
    replicated = live.clickhouse_replicated
    await asyncio.to_thread(create_version, client, database, new.scoring_version, replicated=replicated)
    async with AsyncExitStack() as stack:
        wiring = await wire(new, Facts.from_catalogue(load_catalogue()), stack)
        wiring.announcer.quiet = True
        bar = stack.enter_context(tqdm(desc=f"projection {new.scoring_version}", unit=" records"))
        bar.total = sum((await wiring.reader.ends(list(range(new.partitions)))).values())
        filling = Filling(wiring, lambda done: _advance(bar, done))
        switch = Switch(client, Tables(database, live.scoring_version), wiring, filling)
        filling.start()
        marks = await switch.catch_up()
        _tell(await switch.moves(marks), live.scoring_version, new.scoring_version)
        if arguments.dry_run:
            await filling.close()
            print(f"Nothing was switched; projection {live.scoring_version} is active.")
            return 0
        if not arguments.yes and not await _confirmed(new.scoring_version):
            await filling.close()
            return 1
        await switch.catch_up()
        await switch.over()
    print(
        f"Projection {new.scoring_version} is active. Workers of {live.scoring_version} end and start again on it. "
        f"Remove the old one: python -m services.scoring drop --version {live.scoring_version}"
    )
    return 0


def _filling_settings(live: ScoringSettings, version: int) -> ScoringSettings:
    if version <= live.scoring_version:
        raise StartError(f"projection {version} is not newer than {live.scoring_version}, which is active")
    bulk = {"scoring_block_bytes": BULK_BLOCK_BYTES, "scoring_buffer_bytes": BULK_BUFFER_BYTES}
    return live.model_copy(update={"scoring_version": version, **bulk})


def _advance(bar: "tqdm[NoReturn]", done: int) -> None:
    bar.update(done - bar.n)


def _tell(moves: Sequence[Move], before: int, after: int) -> None:
    for move in moves:
        print(f"MOVES {move}")
    cells = len({move.cell[:2] for move in moves})
    print(f"Projection {before} → {after}: {cells} cells move, on {len(moves)} days.")


async def _confirmed(version: int) -> bool:
    answer = await asyncio.to_thread(input, f"Switch to projection {version}? [y/N] ")
    return answer.strip().lower() in {"y", "yes"}


async def run_drop(settings: ScoringSettings, arguments: argparse.Namespace) -> int:
    """Raises `StartError` for the active version and for one that is not there."""
    client = await asyncio.to_thread(writer, settings)
    await asyncio.to_thread(_drop, client, settings, arguments.version)
    print(f"Projection {arguments.version} is gone.")
    return 0


def _drop(client: Client, settings: ScoringSettings, version: int) -> None:
    known = known_versions(client, settings.clickhouse_database)
    if version not in known:
        raise StartError(f"there is no projection {version}; there are {known}")
    try:
        drop_version(client, settings.clickhouse_database, version)
    except ValueError as error:
        raise StartError(str(error)) from error
    shutil.rmtree(settings.data / f"scoring-{version}", ignore_errors=True)
