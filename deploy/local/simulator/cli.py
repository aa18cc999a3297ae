"""Arguments of `python -m deploy.local.simulator`, and what they start."""

import argparse
import asyncio
import sys
from datetime import UTC, date, datetime
from pathlib import Path

from deploy.local.simulator.casting import INCIDENT_UNIT, YEAR
from deploy.local.simulator.describe import describe
from deploy.local.simulator.feed import NO_LIMIT
from deploy.local.simulator.keys import read_keys, require_keys
from deploy.local.simulator.live import Show
from deploy.local.simulator.local_time import day_date, day_of
from deploy.local.simulator.modes import Line, send_demo, send_history, send_live
from deploy.local.simulator.noise import Rates
from deploy.local.simulator.run import Options, Run
from deploy.local.simulator.scene import Scale
from deploy.local.simulator.sender import SendError, Tally
from deploy.local.simulator.settings import SimulatorSettings
from shared.catalogue import load_catalogue
from shared.errors import StartError

DEMO_SCALE = Scale(volume=0.025, heartbeat_hours=48, login_hours=24)
"""The year to date in some 70,000 events: every figure has values, and the demo waits seconds, not minutes."""

DEMO_RATE, LIVE_RATE = 20.0, 50.0
CLOCK_MARGIN_SECONDS = 5
"""The history of the demo ends so long before now."""


def main() -> None:
    """Exits 1 with one line when the run could not be finished, or when ingest rejected anything."""
    arguments = parser().parse_args()
    try:
        arguments.run(arguments)
    except KeyboardInterrupt:
        sys.exit("\nĐã dừng.")
    except (SendError, StartError, ValueError) as error:
        sys.exit(f"\n{error}")


def parser() -> argparse.ArgumentParser:
    """All subcommands with their defaults."""
    top = argparse.ArgumentParser(
        prog="python -m deploy.local.simulator",
        description="Plays a believable year of the province through the ingest API and writes the exact totals "
        "that every cell must show, counted from its own intentions.",
    )
    modes = top.add_subparsers(required=True, metavar="MODE")
    history = modes.add_parser("history", help="send whole days as fast as ingest takes them (or at --rate)")
    _add_run(history)
    _add_line(history)
    history.add_argument("--expected", type=Path, metavar="FILE", help="write the exact expected totals as JSON")
    history.set_defaults(run=_history, rate=NO_LIMIT)
    live = modes.add_parser("live", help="send events that happen now; one unit falls below a target within a minute")
    _add_line(live)
    _add_live(live)
    live.set_defaults(run=_live, rate=LIVE_RATE)
    demo = modes.add_parser("demo", help="the year to date in a small scale, then the live stream")
    _add_line(demo)
    _add_live(demo)
    demo.set_defaults(run=_demo, rate=DEMO_RATE)
    plan = modes.add_parser("describe", help="print volumes, noise, totals and planted incidents; send nothing")
    _add_run(plan)
    plan.set_defaults(run=_describe)
    return top


def _add_run(command: argparse.ArgumentParser) -> None:
    rates, day = Rates(), date.fromisoformat
    command.add_argument("--from", dest="first", type=day, default=date(YEAR, 1, 1), help="first local day")
    command.add_argument("--to", dest="last", type=day, default=date(YEAR, 12, 31), help="last local day")
    command.add_argument("--scale", type=float, default=1.0, help="1: some 10,000 events per working day")
    command.add_argument("--heartbeat-hours", type=int, default=1, help="hours between heartbeats; 48 still keeps T22")
    command.add_argument("--seed", type=int, default=155, help="same seed and days: same events, ids and totals")
    command.add_argument("--duplicates", type=float, default=rates.duplicates, help="share of events sent twice")
    command.add_argument("--late", type=float, default=rates.late, help="share delivered 1 to 20 days late")
    command.add_argument("--corrections", type=float, default=rates.corrections, help="share first sent wrong")
    command.add_argument("--retractions", type=float, default=rates.retractions, help="share with a retraction")


def _add_line(command: argparse.ArgumentParser) -> None:
    command.add_argument("--url", default="http://127.0.0.1:8081", help="address of ingest")
    command.add_argument("--keys", type=Path, required=True, help='JSON {"dvc": "ct_…", …} or lines dvc=ct_…')
    command.add_argument("--rate", type=float, help="events per second (history: 0 = no limit)")
    command.add_argument("--batch", type=int, default=500, help="most events per request (ingest takes 1,000)")
    command.add_argument("--connections", type=int, default=8, help="requests under way at once")


def _add_live(command: argparse.ArgumentParser) -> None:
    command.add_argument("--duration", type=int, help="seconds; without it the stream does not end")
    command.add_argument("--incident", default=INCIDENT_UNIT, help="unit that falls below 80 %% of T09")
    command.add_argument("--seed", type=int, default=155)


def _options(arguments: argparse.Namespace) -> Options:
    a = arguments
    rates = Rates(a.duplicates, a.late, a.corrections, a.retractions)
    return Options(a.first, a.last, a.seed, Scale(a.scale, a.heartbeat_hours), rates)


def _line(arguments: argparse.Namespace, run: Run) -> Line:
    keys = read_keys(arguments.keys)
    require_keys(keys, run.world.sources)
    return Line(arguments.url, keys, arguments.batch, arguments.connections)


def _history(arguments: argparse.Namespace) -> None:
    run = Run(_options(arguments), load_catalogue())
    _report(asyncio.run(send_history(run, _line(arguments, run), arguments.rate, arguments.expected)))


def _live(arguments: argparse.Namespace) -> None:
    run, show = _now(arguments)
    _report(asyncio.run(send_live(run.world, show, _line(arguments, run), None)))


def _demo(arguments: argparse.Namespace) -> None:
    run, show = _now(arguments)
    _report(asyncio.run(send_demo(run, show, _line(arguments, run))))


def _now(arguments: argparse.Namespace) -> tuple[Run, Show]:
    offset = int(SimulatorSettings().clock_offset.total_seconds())
    now = int(datetime.now(UTC).timestamp()) + offset
    show = Show(arguments.seed, now, arguments.duration, arguments.rate, arguments.incident, clock_offset=offset)
    return Run(year_to_date(now, arguments.seed, arguments.incident), load_catalogue()), show


def year_to_date(now: int, seed: int, incident: str) -> Options:
    """The demo's history at an instant (seconds): up to now within the plan's year, after it the whole year.

    Raises ValueError before the year, where ingest would refuse every event.
    """
    until = now - CLOCK_MARGIN_SECONDS
    today = day_date(day_of(until))
    if today.year < YEAR:
        raise ValueError(f"Đồng hồ của máy chỉ {today}, trước năm {YEAR} của Kế hoạch")
    first, last = date(YEAR, 1, 1), min(today, date(YEAR, 12, 31))
    return Options(first, last, seed, DEMO_SCALE, incident=incident, until=until)


def _describe(arguments: argparse.Namespace) -> None:
    for line in describe(Run(_options(arguments), load_catalogue())):
        print(line)


def _report(tally: Tally) -> None:
    print(f"{tally.accepted} sự kiện được nhận trong {tally.requests} yêu cầu; gửi lại {tally.retries} lần.")
    if tally.rejected:
        reasons = ", ".join(f"{reason} {number}" for reason, number in tally.rejected.most_common())
        sys.exit(f"{tally.rejected.total()} sự kiện bị từ chối: {reasons}")
