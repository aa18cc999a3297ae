"""`python -m tests.soak`: the scoring machine over many more worlds than `make test`, split over processes."""

import argparse
import multiprocessing
import os
import sys
import time
from typing import Any

from hypothesis import seed
from hypothesis.stateful import run_state_machine_as_test
from tqdm import tqdm

from tests.support.scoring_machine import ScoringMachine, bounded

BATCH = 100
"""Worlds per seed: small enough that progress is seen and a failure names its seed."""

STEPS = 30


def run_batch(number: int) -> tuple[int, int, str]:
    """(seed, worlds, "" or what was found) of one batch."""
    machine: Any = seed(number)(type(f"Soak{number}", (ScoringMachine,), {}))
    before = ScoringMachine.examples
    try:
        run_state_machine_as_test(machine, settings=bounded(BATCH, STEPS, database=None))
    except AssertionError as error:
        return number, ScoringMachine.examples - before, "\n".join([str(error), *getattr(error, "__notes__", [])])
    return number, ScoringMachine.examples - before, ""


def main() -> int:
    """Exit status 0 when every world was exact, 1 at the first that was not, with its seed."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--examples", type=int, default=10_000)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    seeds = range(options.first_seed, options.first_seed + -(-options.examples // BATCH))
    began, worlds = time.monotonic(), 0
    with multiprocessing.Pool(options.processes) as pool, tqdm(total=options.examples, unit=" worlds") as bar:
        for number, done, found in pool.imap_unordered(run_batch, seeds):
            if found:
                print(f"\nseed {number}: {found}")
                return 1
            worlds += done
            bar.update(min(done, BATCH))
    print(f"{worlds} worlds of up to {STEPS} steps, all exact, in {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
