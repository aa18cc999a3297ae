"""`python -m tests.bench.plot [--json FILE]`: draws docs/performance.svg and puts the table into docs/performance.md.

The drawing is the same for the same results, byte by byte with one version of matplotlib; its description holds a hash
of the results that it shows.
"""

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tests.bench.page import PAGE, RESULTS, ratio, read, rendered

DRAWING = PAGE.with_suffix(".svg")
OURS, THEIRS, GOAL = "#1f5fa8", "#b8b8b8", "#c0392b"
REACH_MS = 100


def main() -> None:
    """Writes both files."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.plot", description="Draws and writes the page.")
    parser.add_argument("--json", type=Path, default=RESULTS, metavar="FILE", help="what a run wrote")
    results = read(parser.parse_args().json)
    draw(results, DRAWING)
    PAGE.write_text(rendered(PAGE.read_text(), results))
    print(f"{DRAWING.name}, {PAGE.name}")


def digest(results: dict[str, Any]) -> str:
    """Names the results that a drawing shows."""
    return hashlib.sha256(json.dumps(results, sort_keys=True).encode()).hexdigest()


def draw(results: dict[str, Any], file: Path) -> None:
    """Four panels; one whose lines were not measured stays empty."""
    # Text as text: the file stays small, and no glyph depends on a font of this machine.
    mpl.rcParams.update({"svg.hashsalt": "chitieu", "svg.fonttype": "none", "font.size": 9})
    figure = Figure(figsize=(10, 7), layout="constrained")
    panels = figure.subplots(2, 2).flat
    lines = results["lines"]
    for draw_panel, panel in zip((_ratios, _latencies, _board, _store), panels, strict=True):
        draw_panel(panel, lines)
        panel.spines[["top", "right"]].set_visible(False)
    metadata = {"Date": None, "Creator": None, "Description": digest(results)}
    figure.savefig(file, format="svg", metadata=metadata)


def _with(lines: list[dict[str, Any]], beginning: str) -> list[dict[str, Any]]:
    return [line for line in lines if line["name"].startswith(beginning)]


def _ratios(panel: Axes, lines: list[dict[str, Any]]) -> None:
    names = ("ingest", "scoring, one", "board", "accepted")
    shown = [line for name in names for line in _with(lines, name) if line["baseline"] is not None]
    labels = [line["name"].partition(",")[0] for line in shown]
    bars = panel.barh(labels, [ratio(line) for line in shown], color=OURS)
    panel.bar_label(bars, [f"{ratio(line):.1f}×" for line in shown], padding=2)
    panel.margins(x=0.15)
    panel.set_xscale("log")
    panel.axvline(1, color=THEIRS)
    panel.invert_yaxis()
    panel.set_title("Times better than the baseline")


def _latencies(panel: Axes, lines: list[dict[str, Any]]) -> None:
    shown = _with(lines, "accepted")
    labels = [line["name"].partition(",")[0].replace("accepted → ", "→ ") for line in shown]
    for place, (share, colour) in enumerate((("p50", "#9dbde0"), ("p99", OURS))):
        heights = [line["detail"][share] for line in shown]
        panel.bar([at + 0.27 * place for at in range(len(shown))], heights, 0.25, color=colour, label=f"ours, {share}")
    medians = [line["detail"]["prometheus"]["p50"] for line in shown]
    panel.bar([at + 0.54 for at in range(len(shown))], medians, 0.25, color=THEIRS, label="Prometheus, p50")
    panel.set_yscale("log")
    panel.set_xticks([at + 0.27 for at in range(len(shown))], labels)
    panel.set_ylabel("seconds")
    panel.legend(frameon=False)
    panel.set_title("Until a change is seen, at half of the capacity")


def _board(panel: Axes, lines: list[dict[str, Any]]) -> None:
    for line, style in zip(_with(lines, "board"), ("-", "--"), strict=False):
        points = line["detail"]["growth"]
        millions = [point["entries"] / 1e6 for point in points]
        what = line["name"].partition(",")[0]
        panel.plot(millions, [point["ms"] for point in points], style, marker="o", color=OURS, label=what)
        panel.plot(
            millions, [one["baseline_ms"] for one in points], style, marker="o", color=THEIRS, label=f"{what}, FINAL"
        )
    panel.axhline(REACH_MS, color=GOAL, linewidth=0.8)
    panel.set_yscale("log")
    panel.set_xlabel("million entries, ten parts")
    panel.set_ylabel("ms")
    panel.legend(frameon=False)
    panel.set_title("Board query as the ledger grows")


def _store(panel: Axes, lines: list[dict[str, Any]]) -> None:
    for line in _with(lines, "scoring"):
        if points := line["detail"].get("slices"):
            panel.plot([one["subjects"] / 1e3 for one in points], [one["cpu_us"] for one in points], "o-", color=OURS)
    panel.set_ylim(bottom=0)
    panel.set_xlabel("thousand subjects in the store")
    panel.set_ylabel("µs CPU per event")
    panel.set_title("Scoring as its store grows")


if __name__ == "__main__":
    main()
