"""`replay`: sends the events of dead letters to the log again, after what made them fail is mended."""

import argparse
import sys
from typing import TYPE_CHECKING

from services.scoring.log_reader import LogReader
from services.scoring.replay import Replay
from services.scoring.settings import ScoringSettings
from shared.dead_letters import DeadLetter, Position, read_dead_letters
from shared.errors import DeadLetterError, StartError
from shared.kafka import producer

if TYPE_CHECKING:
    from argparse import _SubParsersAction


def add_to(commands: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the command to the command line."""
    parser = commands.add_parser("replay", help="send the events of dead letters again; they count once")
    parser.add_argument("--all", action="store_true", help="every dead letter that was not replayed yet")
    parser.add_argument("--partition", type=int, help="partition of the record in `events`")
    parser.add_argument("--offset", type=int, help="its offset")
    parser.set_defaults(command=run)


async def run(settings: ScoringSettings, arguments: argparse.Namespace) -> int:
    """Exit status 1 when a letter could not be replayed. Raises `StartError` when none is meant."""
    letters = _chosen(await read_dead_letters(settings), arguments)
    failed = 0
    async with producer(settings) as out:
        reader = LogReader(settings)
        await reader.start()
        try:
            replay = Replay(settings, reader, out)
            for letter in letters:
                failed += not await _one(replay, letter)
        finally:
            await reader.stop()
    print(f"{len(letters) - failed} of {len(letters)} dead letters replayed.")
    return 1 if failed else 0


def _chosen(letters: dict[Position, DeadLetter], arguments: argparse.Namespace) -> list[DeadLetter]:
    if arguments.all:
        return [letter for _, letter in sorted(letters.items()) if not letter.replayed_at]
    if arguments.partition is None or arguments.offset is None:
        raise StartError("say --all, or --partition and --offset")
    letter = letters.get((arguments.partition, arguments.offset))
    if letter is None:
        raise StartError(f"partition {arguments.partition} offset {arguments.offset} is no dead letter")
    return [letter]


async def _one(replay: Replay, letter: DeadLetter) -> bool:
    where = f"partition {letter.partition} offset {letter.offset} ({letter.reason})"
    try:
        sent = await replay.letter(letter)
    except DeadLetterError as error:
        print(f"{where}: {error}", file=sys.stderr)
        return False
    print(f"{where}: {sent.events} events sent again to partition {', '.join(map(str, sent.partitions))}")
    return True
