"""Probes: events of their own whose effect can be told from every other's, and when they were seen."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.support.filings import received_and_resolved

# Units that the load does not write for.
SEEN_UNIT, SEEN_INDICATOR, SEEN_FIGURE = "xa-13183", "filing_digitised", "filing_digitised.components"
ALERT_INDICATOR = "filing_full_online"
ALERT_UNITS = (
    "xa-12499", "xa-13021", "xa-12142", "xa-12694", "xa-12745", "xa-12916", "xa-12859", "xa-12700", "xa-13186",
    "xa-13096",
)  # fmt: skip
MARCH = "2026-03-05T09:00:00+07:00"
ONLINE, OFFLINE = 32, 8
"""Exactly the target of 80 %, with more filings than the policy's smallest denominator of 30."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A change: when it was meant to be sent (`time.time()`), and the denominator with it."""

    due: float
    denominator: int
    unit: str = ""
    state: str = ""


@dataclass
class Seen:
    """Denominators as they were seen: (`time.time()`, unit, state, denominator), in order."""

    looks: list[tuple[float, str, str, int]] = field(default_factory=list)

    def seconds(self, probe: Probe) -> float | None:
        """From when the probe was due until something showed it; None when nothing ever did."""
        for at, unit, state, denominator in self.looks:
            if (unit, state) == (probe.unit, probe.state) and denominator >= probe.denominator:
                return at - probe.due
        return None


def seen_probe(due: float, number: int, before: int) -> tuple[Probe, list[dict[str, Any]]]:
    """One filing more than the `before + number` that the unit has."""
    received = filings(SEEN_UNIT, before + number, 1, online=True)[:1]
    return Probe(due, before + number + 1), received


def flip(due: float, number: int) -> tuple[Probe, list[dict[str, Any]]]:
    """One filing at the counter takes a unit below its target; four online bring it back to exactly the target.

    They happen now: what is told late of a day before the alert would withdraw it, and of a silent source no rate is
    judged.
    """
    unit, turn = ALERT_UNITS[number % len(ALERT_UNITS)], number // len(ALERT_UNITS)
    falls = turn % 2 == 0
    first = ONLINE + OFFLINE + 5 * (turn // 2) + (0 if falls else 1)
    count = 1 if falls else 4
    state = "firing" if falls else "resolved"
    at = datetime.now(UTC).isoformat()
    return Probe(due, first + count, unit, state), filings(unit, first, count, online=not falls, time=at)


def filings(unit: str, first: int, count: int, *, online: bool, time: str = MARCH) -> list[dict[str, Any]]:
    """Filings received and resolved at once."""
    numbers = range(first, first + count)
    return [
        one
        for number in numbers
        for one in received_and_resolved(f"probe {unit} {number}", unit, time, time, online=online)
    ]


def announced(at: float, body: bytes) -> tuple[float, str, str, int]:
    """What a webhook tells of a rate, as a look; of anything else: a look at nothing.

    An end is an end: what a unit mends before its fall was even looked at is told as withdrawn.
    """
    data = json.loads(body)["data"]
    if (data["rule"], data["figure"]) != ("below_target", ALERT_INDICATOR):
        return at, "", "", 0
    state = "resolved" if data["state"] == "withdrawn" else data["state"]
    return at, data["unit"], state, data["evidence"].get("denominator", 0)
