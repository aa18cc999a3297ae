"""Well-formed events for tests, as CloudEvents in structured mode."""

from hashlib import sha256
from typing import Any
from uuid import NAMESPACE_URL, uuid5


def key_of(name: str) -> str:
    """64 hex digits, like a filing key."""
    return sha256(name.encode()).hexdigest()


def event(kind: str, subject: str, data: dict[str, Any], /, **attributes: Any) -> dict[str, Any]:
    """One event of the one-stop system for a department; attributes override, None removes."""
    whole = {
        "specversion": "1.0",
        "id": str(uuid5(NAMESPACE_URL, f"{kind}|{subject}|{sorted(data.items())}|{sorted(attributes.items())}")),
        "source": "/systems/dvc",
        "type": kind,
        "subject": subject,
        "time": "2026-03-02T08:00:00+07:00",
        "unit": "so-khcn",
        "datacontenttype": "application/json",
        "data": data,
    } | attributes
    return {name: value for name, value in whole.items() if value is not None}


def filing_received(name: str = "1", **attributes: Any) -> dict[str, Any]:
    """A filing came in online."""
    data = {
        "procedure": "1.004227.000.00.00.H31",
        "receiving_unit": "so-khcn",
        "channel": "online",
        "full_online_offered": True,
        "result_is_document": True,
        "due_at": "2026-03-16T17:00:00+07:00",
        "applicant_kind": "citizen",
    }
    return event("filing.received", f"filing/{key_of(name)}", attributes.pop("data", data), **attributes)


def filing_rated(name: str = "1", rating: str = "satisfied", **attributes: Any) -> dict[str, Any]:
    """A filing was rated."""
    return event("filing.rated", f"filing/{key_of(name)}", {"rating": rating}, **attributes)
