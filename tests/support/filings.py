"""Filings of a commune that move its rate of full online procedures."""

from datetime import UTC, datetime
from typing import Any

from tests.support.events import event, key_of


def resolved_filing(name: str, unit: str, *, online: bool, today: bool = False) -> list[dict[str, Any]]:
    """A filing received and resolved in March or just now, fully online or at the counter."""
    now = datetime.now(UTC).isoformat()
    came, went = (now, now) if today else ("2026-03-02T08:00:00+07:00", "2026-03-05T09:00:00+07:00")
    return received_and_resolved(name, unit, came, went, online=online)


def received_and_resolved(name: str, unit: str, came: str, went: str, *, online: bool) -> list[dict[str, Any]]:
    """Its two events at the given moments."""
    subject = f"filing/{key_of(name)}"
    received = {
        "procedure": "1.004227", "receiving_unit": unit, "channel": "online" if online else "direct",
        "full_online_offered": True, "result_is_document": True, "applicant_kind": "citizen",
    }  # fmt: skip
    issued = {"electronic": True, "signed": True, "delivery": "online"}
    return [
        event("filing.received", subject, received, unit=unit, time=came),
        event("filing.result_issued", subject, issued, unit=unit, time=went),
    ]
