"""Hand-written cases of `tests/data/readings`: short events expanded to CloudEvents that ingest accepts.

A case is independent of where it runs: its keys and ids are made of its name, and what it expects is the sum over its
own subjects. The same cases run on the pure engine and through HTTP on the whole stack.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml

from shared.catalogue import Catalogue
from shared.contracts.vocabulary import SOC_ONLY

FOLDER = Path(__file__).parent.parent / "data" / "readings"
LOCAL = timezone(timedelta(hours=7))
LATEST_AS_OF = date(2026, 11, 20)
KEYED = frozenset({"filing", "petition", "document", "casefile", "inspection", "security"})

Amounts = tuple[int, int, int]
CellKey = tuple[str, str, str]
"""(reading, unit, reason)"""

DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "filing.received": {
        "procedure": "1.004222", "receiving_unit": "{unit}", "channel": "online", "full_online_offered": True,
        "result_is_document": True, "applicant_kind": "citizen",
    },
    "filing.status_changed": {"status": 2},
    "filing.digitised": {"part": "components", "complete": True},
    "filing.result_issued": {"electronic": True, "signed": True, "delivery": "online"},
    "filing.fee_due": {"fee": "fee-1"},
    "filing.fee_paid": {"fee": "fee-1", "via": "national"},
    "filing.fee_waived": {"fee": "fee-1"},
    "filing.rated": {"rating": "satisfied"},
    "document.sent": {"to_unit": "so-khcn", "person_signed": True, "agency_signed": True, "signature_valid": True},
    "document.processed": {"end_to_end": True},
    "casefile.closed": {"online": True, "end_to_end": True},
    "report.submitted": {"on_system": True},
    "inspection.completed": {"mode": "online_report"},
    "procedure.catalogued": {
        "owner": "{unit}", "level": "province", "standardised": True, "simplified": True, "national_sync": True,
        "online_eligible": True, "online_level": "full",
    },
    "portal.assessed": {"items_total": 34, "items_met": 34, "checklist_version": "nd42-2022.1"},
    "system.changed": {"lifecycle": "in_use", "dossier": "approved", "plan": "implemented"},
    "system.monitoring_changed": {"monitored": True},
    "system.heartbeat": {"state": "up"},
}  # fmt: skip
"""What an event says unless the case says otherwise; "{unit}" is the event's unit."""


@dataclass(frozen=True)
class Case:
    """One case; `events` are CloudEvents in the order of sending, `expect` sums over `subjects` only."""

    indicator: str
    name: str
    why: str
    as_of: date
    period: str
    events: list[dict[str, Any]]
    expect: dict[CellKey, Amounts]
    board: list[dict[str, str]]

    @property
    def subjects(self) -> frozenset[str]:
        """Subjects that the case writes; no other case does."""
        return frozenset(event["subject"] for event in self.events)


def read_cases(catalogue: Catalogue, folder: Path = FOLDER) -> list[Case]:
    """Every case of every file, in order."""
    cases = []
    for file in sorted(folder.glob("T*.yaml")):
        content = yaml.safe_load(file.read_text())
        for number, raw in enumerate(content["cases"], 1):
            cases.append(_case(content["indicator"], f"{content['indicator']}-{number}", raw, catalogue))
    return cases


def _case(indicator: str, prefix: str, raw: dict[str, Any], catalogue: Catalogue) -> Case:
    short = [event for entry in raw["events"] for event in _repeated(entry)]
    names = {event["id"]: event for event in short if "id" in event}
    events = [_expand(f"{prefix}-e{n}", prefix, event, names, catalogue) for n, event in enumerate(short, 1)]
    expect: dict[CellKey, Amounts] = {}
    for row in raw["expect"]:
        key = (row["reading"], row["unit"], str(row.get("reason", "")))
        if key in expect:
            raise ValueError(f"{prefix}: {key} is expected twice")
        expect[key] = (row.get("num", 0), row.get("den", 0), row.get("excluded", 0))
    as_of, period = raw.get("as_of", LATEST_AS_OF), str(raw.get("period", "2026"))
    return Case(indicator, raw["name"], raw["why"], as_of, period, events, expect, raw.get("board", []))


def _repeated(entry: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for n in range(1, entry.get("repeat", 1) + 1):
        yield {**entry, "subject": entry["subject"].replace("{n}", str(n))}


def _expand(
    id_: str, prefix: str, short: dict[str, Any], names: dict[str, dict[str, Any]], catalogue: Catalogue
) -> dict[str, Any]:
    kind, unit = short["type"], short["unit"]
    data = {
        name: unit if value == "{unit}" else value
        for name, value in (DEFAULTS.get(kind, {}) | short.get("data", {})).items()
    }
    said = kind
    if kind == "event.retracted":
        data, said = {"id": f"{prefix}-{short['of']}"}, names[short["of"]]["type"]
    event = {
        "specversion": "1.0",
        "id": f"{prefix}-{short['id']}" if "id" in short else id_,
        "source": f"/systems/{_system(said, unit, catalogue)}",
        "type": kind,
        "subject": _subject(prefix, short["subject"]),
        "time": _instant(short["time"]),
        "unit": unit,
        "data": data,
    }
    if "recorded" in short:
        event["recordedtime"] = _instant(short["recorded"])
    if "corrects" in short:
        event["corrects"] = f"{prefix}-{short['corrects']}"
    return event


def _system(kind: str, unit: str, catalogue: Catalogue) -> str:
    """The first system of the catalogue that may send the type for the unit."""
    for code in catalogue.systems:
        soc = kind not in SOC_ONLY or code == "soc"
        if soc and catalogue.may_emit(code, kind) and unit in catalogue.units_for(code):
            return code
    raise ValueError(f"no system may send {kind} for {unit}")


def _subject(prefix: str, short: str) -> str:
    head, _, key = short.partition("/")
    return f"{head}/{sha256(f'{prefix}/{key}'.encode()).hexdigest()}" if head in KEYED else short


def _instant(text: str) -> str:
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=LOCAL).isoformat()
