"""The table of docs/performance.md, made from the JSON of a run, so that page and measurement cannot drift apart."""

import json
from pathlib import Path
from typing import Any

from tests.support.processes import REPO

RESULTS = REPO / "docs" / "performance.json"
PAGE = REPO / "docs" / "performance.md"
BEGIN, END = "<!-- begin: made by tests.bench.plot -->", "<!-- end -->"
VERDICTS = {True: "reached", False: "**not reached**", None: ""}


def table(results: dict[str, Any]) -> str:
    """Machine and lines as Markdown."""
    machine = results["machine"]
    about = (
        f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gb']} GB, Linux {machine['kernel']}, "
        f"Python {machine['python']}; load before the run {machine['load_before']}; commit {results['commit']}; "
        f"median of {results['rounds']} rounds."
    )
    warning = "\n\n**`--quick`: sizes smaller than what was promised; proves nothing.**" if results["quick"] else ""
    head = "| what | measured | baseline | ratio | to reach | |\n|---|---:|---:|---:|---|---|"
    return "\n".join([f"{about}{warning}", "", head, *(_row(line) for line in results["lines"])])


def _row(line: dict[str, Any]) -> str:
    baseline = line["baseline"]
    beside = "–" if baseline is None else f"{number(baseline)} {line['unit']}"
    times = "–" if baseline is None else f"{ratio(line):.1f}×"
    cells = (line["name"], f"{number(line['ours'])} {line['unit']}", beside, times, line["reach"])
    return f"| {' | '.join(cells)} | {VERDICTS[line['reached']]} |"


def ratio(line: dict[str, Any]) -> float:
    """How many times better than the baseline: more per second, or less time."""
    ours, baseline = float(line["ours"]), float(line["baseline"])
    better, worse = (ours, baseline) if line["unit"].endswith("/s") else (baseline, ours)
    return better / worse if worse else 0.0


def number(value: float) -> str:
    """Three digits that count, thousands with commas."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def rendered(page: str, results: dict[str, Any]) -> str:
    """The page with the table of these results. Raises `ValueError` when its two marks are not there."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    if not rest or not after:
        raise ValueError(f"{PAGE.name} has no {BEGIN} … {END}")
    return f"{before}{BEGIN}\n\n{table(results)}\n\n{END}{after}"


def read(file: Path) -> dict[str, Any]:
    """The results of a run."""
    results: dict[str, Any] = json.loads(file.read_text())
    return results
