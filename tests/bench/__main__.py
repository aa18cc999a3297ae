"""`python -m tests.bench`: measures the lines of the speed table and prints them; progress goes to stderr."""

import argparse
import json
import os
import tempfile
from pathlib import Path

from tests.bench.board import board_lines
from tests.bench.growth import growth_lines
from tests.bench.ingest import ingest_lines
from tests.bench.measuring import Line, as_json, commit, cores, machine
from tests.bench.page import table
from tests.bench.pipeline import pipeline_lines
from tests.bench.run import Run
from tests.bench.scoring import scoring_lines

LINES = {
    "board": board_lines,
    "ingest": ingest_lines,
    "scoring": scoring_lines,
    "growth": growth_lines,
    "pipeline": pipeline_lines,
}


def main() -> None:
    """Exits 0 also when a figure is not reached: a benchmark is no test."""
    arguments = _parser().parse_args()
    before = {"machine": machine(), "commit": commit()}
    # Load generator, broker and engine inherit this; only the process under test is moved to its own core.
    os.sched_setaffinity(0, cores()[1])
    found: list[Line] = []
    with tempfile.TemporaryDirectory(prefix="chitieu-bench-", dir=arguments.folder) as folder:
        run = Run(Path(folder), arguments.quick, arguments.rounds)
        for name in arguments.only or LINES:
            run.say(f"{name} ...")
            found += LINES[name](run)
            run.release()
    about = {**before, "quick": arguments.quick, "rounds": arguments.rounds}
    results = {**about, "lines": [as_json(line) for line in found]}
    print(table(results))
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Every figure beside its baseline.")
    parser.add_argument("--quick", action="store_true", help="small sizes: shows that it works, proves no figure")
    parser.add_argument("--only", action="append", choices=LINES, metavar="LINE", help=", ".join(LINES))
    parser.add_argument("--rounds", type=int, default=5, help="measured runs of each side; the median counts")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write everything there")
    parser.add_argument("--folder", type=Path, help="where data of the run go (removed at the end)")
    return parser


if __name__ == "__main__":
    main()
