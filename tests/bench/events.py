"""What the benchmarks send: four events each of many filings, as a one-stop system sends them."""

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
RATINGS = 3
"""One filing of so many is rated as dissatisfied."""
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
            ("filing.rated", {"rating": "satisfied" if number % RATINGS else "dissatisfied"}),
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


class FilingText:
    """The same events as JSON text, by filling in a text: what makes an open load must cost next to nothing."""

    def __init__(self) -> None:
        kinds = len(UNITS) * RATINGS
        self._texts = [self._text(list(cloud_events(1, number))) for number in range(kinds)]

    def batch(self, number: int, filings: int) -> bytes:
        """All events of `filings` filings, as one JSON array; batches of different numbers differ in every event."""
        every = range(number * filings, (number + 1) * filings)
        return f"[{','.join(self._filled(one) for one in every)}]".encode()

    def _filled(self, number: int) -> str:
        text = self._texts[number % len(self._texts)]
        return text.replace("@id", f"p{number}").replace("@subject", sha256(f"p{number}".encode()).hexdigest())

    @staticmethod
    def _text(events: list[dict[str, Any]]) -> str:
        marked = [event | {"id": f"@id-{step}", "subject": "filing/@subject"} for step, event in enumerate(events)]
        return json.dumps(marked)[1:-1]
