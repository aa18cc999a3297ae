"""Newest statements of subjects → what the rules see: systems, links, security events, duties (pure)."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from services.alerts.snapshot import Duty, Links, SecurityEvent, SystemSeen
from shared.catalogue import Catalogue
from shared.catalogue.duties import ReportDuty, reports_due
from shared.local_time import LOCAL

REMINDED = frozenset({"bc-cds-6-thang", "bc-cds-nam"})
"""The two duties that the plan itself names; those of other decrees are the reporting system's to remind of."""

DUTY_DAYS = 370
"""A report that is a year late is no longer this alert's business."""

DEFAULT_TTL_MINUTES = 15

Row = Mapping[str, Any]
"""subject, type, part, standing, data (JSON), owner, named, last; `first`, the earliest time, where it is known."""


def systems(
    states: Iterable[Row], beats: Mapping[str, datetime], today: date, catalogue: Catalogue
) -> tuple[SystemSeen, ...]:
    """Systems of the register on the day, and those that only events know."""
    said = {(row["subject"], row["type"]): row for row in states if row["type"].startswith("system.")}
    codes = dict.fromkeys(system.code for system in catalogue.registered_systems(today))
    codes |= dict.fromkeys(_code(subject) for subject, _ in said)
    return tuple(_system(code, said, beats.get(f"system/{code}"), catalogue) for code in codes)


def _system(code: str, said: Mapping[tuple[str, str], Row], beat: datetime | None, catalogue: Catalogue) -> SystemSeen:
    changed = said.get((f"system/{code}", "system.changed"))
    watched = _data(said.get((f"system/{code}", "system.monitoring_changed")))
    state, known = _data(changed), catalogue.systems.get(code)
    unit = known.owner if known else _unit(changed)
    lifecycle = state["lifecycle"] if state else (known.lifecycle if known else "")
    return SystemSeen(
        code=code,
        name_vi=known.name_vi if known else code,
        unit=unit,
        unit_vi=_name(unit, catalogue),
        lifecycle=lifecycle,
        reported=state is not None,
        taken_back=changed is not None and state is None,
        dossier=state["dossier"] if state else "",
        plan=state["plan"] if state else "",
        monitored=bool(watched["monitored"]) if watched else None,
        last_beat=beat,
        ttl_minutes=known.heartbeat_ttl_minutes if known else DEFAULT_TTL_MINUTES,
    )


def links(states: Iterable[Row], catalogue: Catalogue) -> tuple[Links, ...]:
    """Lines of every unit that any line was ever told of."""
    units: dict[str, list[Row]] = {}
    for row in states:
        if row["type"] == "link.changed":
            units.setdefault(_code(row["subject"]), []).append(row)
    return tuple(_links(unit, lines, catalogue) for unit, lines in units.items())


def _links(unit: str, lines: Sequence[Row], catalogue: Catalogue) -> Links:
    told = [(row["part"], data["state"], row["last"]) for row in lines if (data := _data(row))]
    up, down = (tuple(sorted(line for line, state, _ in told if state == wanted)) for wanted in ("up", "down"))
    return Links(unit, _name(unit, catalogue), up, down, max((last for *_, last in told), default=None))


def security(states: Iterable[Row], catalogue: Catalogue) -> tuple[SecurityEvent, ...]:
    """Every security event, closed ones too: they end their alerts."""
    return tuple(_security(row, catalogue) for row in states if row["type"] == "security.alert")


def _security(row: Row, catalogue: Catalogue) -> SecurityEvent:
    data, unit = _data(row), _unit(row)
    said = data or {"severity": "", "category": "", "state": ""}
    when = row["last"] if data else None
    return SecurityEvent(
        *(_code(row["subject"]), unit, _name(unit, catalogue), said["severity"], said["category"], said["state"]),
        time=when,
        taken_back=data is None,
    )


def duties(states: Iterable[Row], today: date, catalogue: Catalogue) -> tuple[Duty, ...]:
    """Duties that can be reminded of or overdue about now; submitted means created and kept on the system.

    What was due before any report was ever heard of may have been submitted before this platform was there.
    """
    said = [row for row in states if row["type"] == "report.submitted"]
    submitted = {row["subject"] for row in said if row["part"] and row["standing"]}
    heard = min((at for row in said if (at := row.get("first") or row.get("last"))), default=None)
    owed = (*_reminded(catalogue, today.year - 1), *_reminded(catalogue, today.year))
    return tuple(
        Duty(
            *(duty.unit, _name(duty.unit, catalogue), duty.code, catalogue.reports[duty.code].name_vi, duty.period),
            period_vi=_period_name(duty.period, catalogue),
            due=duty.due,
            submitted=f"report/{duty.unit}/{duty.code}/{duty.period}" in submitted,
            covered=heard is not None and heard.astimezone(LOCAL).date() <= duty.due,
        )
        for duty in owed
        if today - duty.due < timedelta(days=DUTY_DAYS)
    )


@lru_cache(maxsize=4)
def _reminded(catalogue: Catalogue, year: int) -> tuple[ReportDuty, ...]:
    """Duties of a year, the same at every look; 118 of the 1,558 that are owed."""
    return tuple(duty for duty in reports_due(catalogue, year) if duty.code in REMINDED)


def _period_name(code: str, catalogue: Catalogue) -> str:
    """2026-H1-hc → "6 tháng đầu năm 2026"."""
    name = catalogue.periods.parse_period(code).name_vi
    return f"{name[0].lower()}{name[1:]} {code[:4]}"


def _data(row: Row | None) -> dict[str, Any] | None:
    """What the newest effective event says; None when none is left."""
    if row is None or not row["standing"]:
        return None
    data: dict[str, Any] = json.loads(row["data"])
    return data


def _unit(row: Row | None) -> str:
    """The unit of the newest effective event, else of the newest one."""
    return "" if row is None else str(row["owner"] or row["named"])


def _code(subject: str) -> str:
    return subject.partition("/")[2]


def _name(unit: str, catalogue: Catalogue) -> str:
    known = catalogue.units.get(unit)
    return known.name_vi if known else unit
