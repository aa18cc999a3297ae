"""Rows about alerts as the models of the answers; what a guest or a viewer may not see is left out here (pure)."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from services.api import alert_models as models

Row = Mapping[str, Any]

OFFENDERS = 10
"""ISA-18.2 looks at the ten that make most of the noise."""

LONG_EVIDENCE = frozenset({"events", "contributors", "watermark"})
"""Parts of the evidence that the alert's own page shows, and a list of hundreds does not."""


def fits(silence: Row, alert: Row) -> bool:
    """Whether every field that the silence gives names the alert's value."""
    return all(not silence[name] or silence[name] == alert[name] for name in ("alert_id", "rule", "indicator", "unit"))


def listed(row: Row, silences: Iterable[Row], now: datetime, *, guest: bool) -> models.Alert:
    """An alert of a list."""
    evidence = {name: value for name, value in _evidence(row).items() if name not in LONG_EVIDENCE}
    return models.Alert.model_validate(_alert(row, silences, now, guest=guest) | {"evidence": evidence})


def detailed(row: Row, parts: Mapping[str, Sequence[Row]], now: datetime, role: str) -> models.AlertDetail:
    """An alert's page; `parts`: history, deliveries, silences. `role` "" is a guest.

    A guest sees no names, notes and deliveries; only who operates sees single events, as of a cell.
    """
    guest = role == ""
    fitting = [one for one in parts["silences"] if fits(one, row)]
    evidence = _evidence(row)
    if role != "operate":
        evidence.pop("events", None)
    more = {
        "evidence": evidence,
        "history": [unsigned(one) if guest else one for one in parts["history"]],
        "deliveries": [] if guest else _deliveries(parts["history"], parts["deliveries"]),
        "silences": [unsigned(one) if guest else one for one in fitting],
    }
    return models.AlertDetail.model_validate(_alert(row, fitting, now, guest=guest) | more)


def unsigned(row: Row) -> dict[str, Any]:
    """Without who did it and what they wrote."""
    return {**row, "by": "", "note": ""}


def statistics(parts: Mapping[str, Sequence[Row]]) -> models.Statistics:
    """The parts of `alert_queries.statistics`; a median of nothing is none."""
    attention, offenders = parts["attention"][0], [dict(row) for row in parts["offenders"]]
    median = attention["median"]
    return models.Statistics.model_validate(
        {
            "open": attention["open"],
            "unacknowledged": attention["unacknowledged"],
            "standing": parts["standing"],
            "flapping": [row for row in offenders if row["flapping"]],
            "top_offenders": offenders[:OFFENDERS],
            "openings": attention["openings"],
            "acknowledged": attention["taken"],
            "median_seconds_to_acknowledge": median if attention["taken"] and not math.isnan(median) else None,
            "days": parts["days"],
        }
    )


def _evidence(row: Row) -> dict[str, Any]:
    """Empty for an alert that never had figures."""
    found: dict[str, Any] = json.loads(row["evidence"] or "{}")
    return found


def _alert(row: Row, silences: Iterable[Row], now: datetime, *, guest: bool) -> dict[str, Any]:
    taken = None
    if row["acknowledged_at"] is not None:
        by = "" if guest else row["acknowledged_by"]
        taken = {"by": by, "at": row["acknowledged_at"], "until": row["acknowledged_until"]}
    holding = [one["ends"] for one in silences if one["begins"] <= now < one["ends"] and fits(one, row)]
    return {**row, "acknowledgement": taken, "silenced_until": max(holding, default=None)}


def _deliveries(history: Sequence[Row], steps: Sequence[Row]) -> list[dict[str, Any]]:
    """Newest change first; a receiver without any step still waits for it."""
    taken = {(step["number"], step["receiver"]): dict(step) for step in steps}
    wanted = [(change["number"], receiver) for change in reversed(history) for receiver in change["receivers"]]
    return [taken.get(one) or _waiting(*one) for one in wanted]


def _waiting(number: int, receiver: str) -> dict[str, Any]:
    nothing = {"attempts": 0, "at": None, "detail": "", "message_id": ""}
    return {"number": number, "receiver": receiver, "state": "waiting", **nothing}
