"""Chaos: a load, seeded faults in every process, and after each round the question whether every number is exact.

`python -m tests.chaos [rounds] --rounds 200 --seed 1`; `overload` sends several times what the pipeline can take in.
"""

import argparse
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import Random

from tests.chaos.check import EVENTS, LEDGER
from tests.chaos.cluster import Shape
from tests.chaos.faults import BY_NAME, FAULTS, Deck, Fault
from tests.chaos.overload import overload
from tests.chaos.rounds import Arena, arena, summary

MEAN_FAULTS = (1, 2, 2, 3)
"""A round has one to three faults, which overlap."""
EXIT_DIFFERENT = 1


def main() -> None:
    """Exit status 1 on any difference; the data folder is kept then."""
    parser = _parser()
    arguments = parser.parse_args()
    if unknown := set(filter(None, arguments.faults.split(","))) - BY_NAME.keys():
        parser.error(f"no such fault: {', '.join(sorted(unknown))}")
    # So that what was started and mounted is ended also when the run is.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(EXIT_DIFFERENT))
    folder = Path(tempfile.mkdtemp(prefix="chitieu-chaos-"))
    print(f"data and logs: {folder}", flush=True)
    if arguments.what == "overload":
        found = overload(folder, arguments.seconds, arguments.factor)
        for one in found:
            print(f"{one.kind}: {one.what}")
        different = bool(found)
    else:
        different = _rounds(arguments, folder)
    if different:
        sys.exit(EXIT_DIFFERENT)
    shutil.rmtree(folder)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("what", nargs="?", choices=("rounds", "overload"), default="rounds")
    parser.add_argument("--seconds", type=float, default=300, help="how long the overload lasts (300)")
    parser.add_argument("--factor", type=float, default=3, help="how many times the capacity is sent (3)")
    parser.add_argument("--rounds", type=int, default=10, help="how many (10)")
    parser.add_argument("--seed", type=int, default=1, help="decides faults, moments and events (1)")
    parser.add_argument("--rate", type=float, default=300, help="events per second that the client tries to send (300)")
    parser.add_argument("--faults", default="", help=f"only these, comma-separated: {', '.join(BY_NAME)}")
    parser.add_argument("--per-round", type=int, default=0, help="faults per round (one to three)")
    parser.add_argument("--fencing", choices=("on", "off"), default="on", help="off: tables take stale rows; must fail")
    parser.add_argument(
        "--repeat-unknown", action="store_true", help="a worker repeats inserts whose outcome is unknown; must fail"
    )
    return parser


def _rounds(arguments: argparse.Namespace, folder: Path) -> bool:
    chosen = [BY_NAME[name] for name in arguments.faults.split(",")] if arguments.faults else list(FAULTS)
    with arena(folder, _shape(chosen, naive=arguments.repeat_unknown), arguments.rate) as running:
        if arguments.fencing == "off":
            _unfence(running)
        random = Random(f"{arguments.seed} deck")
        # Kills are in it twice: they are what happens most, and 200 rounds hold more than 200 of them.
        deck = Deck([*chosen, *(fault for fault in chosen if fault.kind == "kill")], random)
        for number in range(1, arguments.rounds + 1):
            faults = deck.deal(arguments.per_round or random.choice(MEAN_FAULTS))
            if _play(running, number, arguments, faults):
                break
        last = running.everything()
        for one in last:
            print(f"at the end: {one.kind}: {one.what}")
        summary(running.results, print)
        print(f"connections cut before the answer: {running.cluster.engine.cuts}")
        print(f"rebalances: {running.cluster.logs('scoring').count(chr(34) + 'assigned' + chr(34))} assignments")
    return bool(last) or any(result.differences for result in running.results)


def _play(running: Arena, number: int, arguments: argparse.Namespace, faults: Sequence[Fault]) -> bool:
    """Whether the rounds must end here: nothing more can be learnt from a stack that is stuck."""
    result = running.play(number, faults, arguments.seed)
    state, book = "exact" if not result.differences else "DIFFERENT", result.book
    head = f"{number:>4}/{arguments.rounds} {sum(result.phases.values()):5.1f} s  {state}"
    print(
        f"{head}  {len(book.accepted):>5} accepted of {len(book.tried):>5}  {', '.join(result.faults)}",
        flush=True,
    )
    for one in result.differences:
        print(f"       {one.kind}: {one.what}", flush=True)
    return any(one.kind == "stuck" for one in result.differences)


def _shape(chosen: Sequence[Fault], *, naive: bool) -> Shape:
    needed = {fault.needs for fault in chosen}
    return Shape(
        standby="standby" in needed,
        weather="weather" in needed or naive,
        small_disk="small_disk" in needed,
        naive=naive,
    )


def _unfence(running: Arena) -> None:
    for table in (EVENTS, LEDGER):
        running.tables.command(f"ALTER TABLE {table} DROP CONSTRAINT owner")


if __name__ == "__main__":
    main()
