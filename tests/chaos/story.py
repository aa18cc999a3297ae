"""What the load sends and what must come of it: filings, counted here by plain arithmetic of their own."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import combinations
from random import Random
from typing import Any

from tests.support.events import event

FULL_ONLINE, SATISFACTION = "filing_full_online", "satisfaction"
READINGS = (FULL_ONLINE, SATISFACTION)
UNITS = ("so-khcn", "so-y-te", "xa-12070", "xa-13279")
Counted = Mapping[tuple[str, str, str], tuple[int, int]]
"""(reading, unit, day) → (num, den), without zeros."""

Told = tuple[str, Mapping[str, object], str, str]
"""Type, data, unit, local time."""


@dataclass(frozen=True, slots=True)
class Filing:
    """One filing: its events by name, and the facts that decide what it counts."""

    subject: str
    events: Mapping[str, dict[str, Any]]
    online: bool
    satisfied: bool

    def ids(self) -> frozenset[str]:
        """Ids of all its events."""
        return frozenset(str(one["id"]) for one in self.events.values())


def round_prefix(number: int) -> str:
    """How the ids of a round begin."""
    return f"r{number:05d}-"


def tell(number: int, count: int, random: Random) -> Iterator[Filing]:
    """`count` filings of a round, each of two to five events, some corrected to another day and unit or taken back."""
    for filing in range(count):
        yield _filing(f"{round_prefix(number)}{filing:06d}", random)


def _filing(name: str, random: Random) -> Filing:
    subject = f"filing/{sha256(f'{name}{random.random()}'.encode()).hexdigest()}"
    online, satisfied, unit = random.random() < 0.8, random.random() < 0.9, random.choice(UNITS)
    received = {
        "procedure": "1.004227", "receiving_unit": unit, "channel": "online" if online else "direct",
        "full_online_offered": True, "result_is_document": True, "applicant_kind": "citizen",
    }  # fmt: skip
    issued = {"electronic": True, "signed": True, "delivery": "online"}
    told: dict[str, Told] = {
        "received": ("filing.received", received, unit, _day(random, 2)),
        "issued": ("filing.result_issued", issued, unit, _day(random, 3)),
    }
    if random.random() < 0.2:
        told["moved"] = ("filing.result_issued", issued, random.choice(UNITS), _day(random, 4))
    if random.random() < 0.6:
        rating = {"rating": "satisfied" if satisfied else "dissatisfied"}
        told["rated"] = ("filing.rated", rating, unit, _day(random, 5))
        if random.random() < 0.2:
            told["unrated"] = ("event.retracted", {"id": f"{name}-rated"}, unit, _day(random, 6))
    events = {step: _event(name, step, subject, of) for step, of in told.items()}
    return Filing(subject, events, online, satisfied)


def _event(name: str, step: str, subject: str, told: Told) -> dict[str, Any]:
    kind, data, unit, time = told
    corrects = f"{name}-issued" if step == "moved" else None
    return event(kind, subject, dict(data), id=f"{name}-{step}", unit=unit, time=time, corrects=corrects)


def _day(random: Random, month: int) -> str:
    return f"2026-{month:02d}-{random.randint(1, 28):02d}T09:00:00+07:00"


def counted(filing: Filing, present: Collection[str]) -> Counted:
    """What the filing counts when exactly the events with these ids are in the log."""
    there = {step: one for step, one in filing.events.items() if one["id"] in present}
    if "received" not in there:
        return {}
    cells = {}
    result = there.get("issued") and there.get("moved", there["issued"])
    if result:
        cells[FULL_ONLINE, result["unit"], result["time"][:10]] = (int(filing.online), 1)
    rating = there.get("rated")
    if rating and "unrated" not in there:
        cells[SATISFACTION, (result or rating)["unit"], rating["time"][:10]] = (int(filing.satisfied), 1)
    return cells


def possible(filing: Filing, accepted: Collection[str]) -> list[Counted]:
    """Everything that it may count: the accepted events are in the log, each other one may be or not."""
    sure = filing.ids() & set(accepted)
    open_ = sorted(filing.ids() - sure)
    subsets = [chosen for size in range(len(open_) + 1) for chosen in combinations(open_, size)]
    return [counted(filing, sure.union(chosen)) for chosen in subsets]
