"""The alerts service as it is, over what a test writes into a file: `python -m tests.support.planted_alerts FILE`."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from services.alerts.app import installed, serve
from services.alerts.evaluator import Seen, Senses
from services.alerts.finding import Finding
from services.alerts.settings import AlertsSettings
from services.alerts.watermark import Watermark
from shared.errors import FencedError
from shared.logs import configure_logs
from tests.support.alerts import all_held


class Sight(msgspec.Struct):
    """What the next look sees; whether what fired was true is always answered with yes."""

    watermark: list[Watermark]
    findings: list[Finding]


def plant(file: Path, findings: Sequence[Finding], offset: int = 0) -> None:
    """Replaces the sight at once: a look sees the old one or the new one, never half."""
    sight = Sight([Watermark(0, offset, "2026-07-01T08:00:00+00:00")], list(findings))
    fresh = file.with_suffix(".new")
    fresh.write_bytes(msgspec.json.encode(sight))
    fresh.replace(file)


def senses_of(file: Path) -> Senses:
    """Reads the file anew at each look; without it a look fails as when the engine is away."""

    def look(_: object) -> Seen:
        sight = msgspec.json.decode(file.read_bytes(), type=Sight)
        return Seen(sight.watermark, sight.findings)

    return Senses(look, all_held)


def main() -> int:
    """Exit status 1 when another process owns the alerts."""
    settings = AlertsSettings()
    configure_logs("alerts", settings.log_level)
    try:
        asyncio.run(serve(installed(settings, lambda *_: senses_of(Path(sys.argv[1])))))
    except FencedError:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
