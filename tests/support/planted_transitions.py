"""A few alerts with a past, written straight into their table: for looking at lists and statistics."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from tests.support.schema import OWNER_TOKEN, Schema

COLUMNS = (
    "alert_id number rule thing indicator figure unit period change from_state to_state reason severity at sentence_vi "
    "evidence standing receivers by note token"
).split()


def plant_transitions(schema: Schema, now: datetime) -> None:
    """Three open alerts, one of them taken after half an hour and one standing for days; one that came and went."""
    hours = [("standing", "so-noi-vu", 50), ("taken", "hung-yen", 3), ("fresh", "hung-yen", 1), ("gone", "so-y-te", 30)]
    rows = []
    for name, unit, ago in hours:
        opened = now - timedelta(hours=ago)
        rows.append(_row((name, unit), 1, "state", ("ok", "firing"), opened))
        if name == "taken":
            taken = opened + timedelta(minutes=30)
            standing = {"acknowledgement": {"by": "Trực ban", "at": taken.isoformat(), "until": None}}
            rows.append(_row((name, unit), 2, "acknowledged", ("firing", "firing"), taken, standing))
        if name == "gone":
            rows.append(_row((name, unit), 2, "state", ("firing", "resolved"), opened + timedelta(hours=2)))
    client = schema.writer()
    client.insert("alerts_owners", [[0, OWNER_TOKEN]], column_names=["partition", "token"])
    client.insert("alert_transitions", rows, column_names=COLUMNS)
    client.close()


def _row(
    whose: tuple[str, str], number: int, change: str, states: tuple[str, str], at: datetime,
    standing: Mapping[str, object] | None = None,
) -> list[object]:  # fmt: skip
    name, unit = whose
    thing = f"{name}:{unit}:2026"
    evidence = json.dumps({"numerator": 1, "denominator": 2, "percent": 50.0, "target": 80})
    return [
        f"below_target:{thing}", number, "below_target", thing, "filing_full_online", "filing_full_online", unit,
        "2026", change, *states, "below_target", "warning", at, f"Cảnh báo {name}.", evidence,
        json.dumps(standing or {}), ["desk"], "Trực ban" if change == "acknowledged" else "", "", OWNER_TOKEN,
    ]  # fmt: skip
