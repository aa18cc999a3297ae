"""`python -m tests.bench`: measures the lines of the speed table and prints them; progress goes to stderr."""

import argparse
import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.bench.board import board_lines
from tests.bench.growth import growth_lines
from tests.bench.ingest import ingest_lines
from tests.bench.measuring import Line, as_json, commit, cores, machine
from tests.bench.page import table
from tests.bench.pipeline import pipeline_lines
from tests.bench.run import Run
from tests.bench.scoring import scoring_lines
from tests.bench.wallboards import wallboard_lines

ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Part:
    """Lines that are measured together; minutes on two quiet cores, in full and with `--quick`."""

    lines: Callable[[Run], list[Line]]
    minutes: float
    quick_minutes: float


PARTS = {
    "board": Part(board_lines, 5, 0.3),
    "wallboards": Part(wallboard_lines, 3, 0.3),
    "ingest": Part(ingest_lines, 1.5, 0.3),
    "scoring": Part(scoring_lines, 3.5, 0.6),
    "growth": Part(growth_lines, 5, 0.8),
    "pipeline": Part(pipeline_lines, 8, 2),
}


def main() -> None:
    """Exits 0 also when a figure is not reached: a benchmark is no test."""
    arguments = _parser().parse_args()
    before = {"machine": machine(), "commit": commit()}
    # Load generator, broker and engine inherit this; only the process under test is moved to its own core.
    os.sched_setaffinity(0, cores()[1])
    found: list[Line] = []
    with tempfile.TemporaryDirectory(prefix="chitieu-bench-", dir=arguments.folder) as folder:
        run = Run(Path(folder), arguments.quick, arguments.rounds or (1 if arguments.quick else ROUNDS))
        names = arguments.only or list(PARTS)
        minutes = sum(PARTS[name].quick_minutes if run.quick else PARTS[name].minutes for name in names)
        run.say(f"{', '.join(names)}: about {minutes:.0f} minutes on two quiet cores")
        if "pipeline" in names:
            # Its alerts take minutes and next to no CPU: they come while everything else is measured.
            run.prometheus  # noqa: B018
        for name in names:
            run.say(f"{name} ...")
            found += PARTS[name].lines(run)
            run.release()
    about = {**before, "quick": run.quick, "rounds": run.rounds}
    results = {**about, "lines": [as_json(line) for line in found]}
    print(table(results))
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Every figure beside its baseline.")
    parser.add_argument("--quick", action="store_true", help="small sizes: shows that it works, proves no figure")
    parser.add_argument("--only", action="append", choices=PARTS, metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--rounds", type=int, help=f"measured runs of each side; the median counts ({ROUNDS})")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write everything there")
    parser.add_argument("--folder", type=Path, help="where data of the run go (removed at the end)")
    return parser


if __name__ == "__main__":
    main()
