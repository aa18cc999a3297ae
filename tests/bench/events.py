"""What the benchmarks send: four events each of many filings, as a one-stop system sends them, encoded beforehand."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

FIRST_TIME = datetime(2026, 3, 1, 1, tzinfo=UTC)
SYSTEM = "dvc"
UNITS = ("so-khcn", "so-y-te", "xa-12004", "xa-11977", "xa-12070")
EVENTS_PER_FILING = 4
RECEIVED: dict[str, Any] = {
    "procedure": "1.004227.000.00.00.H31",
    "receiving_unit": "so-khcn",
    "channel": "online",
    "full_online_offered": True,
    "result_is_document": True,
    "due_at": "2026-03-16T17:00:00+07:00",
    "applicant_kind": "citizen",
}


def cloud_events(filings: int, first: int = 0) -> Iterator[dict[str, Any]]:
    """Four events each of `filings` filings, all different; every third filing is rated as dissatisfied."""
    for number in range(first, first + filings):
        told: tuple[tuple[str, dict[str, Any]], ...] = (
            ("filing.received", RECEIVED),
            ("filing.digitised", {"part": "components", "complete": True}),
            ("filing.result_issued", {"electronic": True, "signed": True, "delivery": "online"}),
            ("filing.rated", {"rating": "satisfied" if number % 3 else "dissatisfied"}),
        )
        for step, (kind, data) in enumerate(told):
            yield {
                "specversion": "1.0",
                "id": str(UUID(int=EVENTS_PER_FILING * number + step, version=4)),
                "source": f"/systems/{SYSTEM}",
                "type": kind,
                "subject": f"filing/{sha256(str(number).encode()).hexdigest()}",
                "time": (FIRST_TIME + timedelta(seconds=number % 10_000_000)).isoformat(),
                "unit": UNITS[number % len(UNITS)],
                "datacontenttype": "application/json",
                "data": data,
            }


def bodies(events: Sequence[dict[str, Any]], batch: int) -> list[bytes]:
    """Batches as JSON arrays."""
    return [json.dumps(events[at : at + batch]).encode() for at in range(0, len(events), batch)]
