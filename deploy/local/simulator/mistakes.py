"""What a unit gets wrong before it corrects or takes back an event: one field of the data, by type."""

from collections.abc import Callable
from random import Random
from typing import Any

import msgspec

Fields = dict[str, Any]


def _flip(field: str) -> Callable[[Fields], None]:
    def change(data: Fields) -> None:
        data[field] = not data[field]

    return change


def _swap(field: str, one: str, other: str) -> Callable[[Fields], None]:
    def change(data: Fields) -> None:
        data[field] = other if data[field] == one else one

    return change


def _lower(field: str) -> Callable[[Fields], None]:
    def change(data: Fields) -> None:
        data[field] = max(0, data[field] - 1)

    return change


def _set(field: str, value: object) -> Callable[[Fields], None]:
    def change(data: Fields) -> None:
        data[field] = value

    return change


MISTAKES: dict[str, tuple[Callable[[Fields], None], ...]] = {
    "filing.received": (
        _swap("channel", "online", "direct"),
        _flip("full_online_offered"),
        _flip("result_is_document"),
    ),
    "filing.status_changed": (_set("status", 3), _set("status", 5)),
    "filing.digitised": (_flip("complete"), _swap("part", "components", "result")),
    "filing.result_issued": (_flip("electronic"), _flip("signed"), _swap("delivery", "online", "direct")),
    "filing.fee_due": (_set("fee", "fee-9"),),
    "filing.fee_paid": (_swap("via", "national", "cash"), _set("fee", "fee-9")),
    "filing.fee_waived": (_set("fee", "fee-9"),),
    "filing.rated": (_swap("rating", "satisfied", "dissatisfied"),),
    "petition.received": (_swap("about", "other", "procedure"),),
    "petition.closed": (_set("satisfied", None),),
    "auth.counted": (_lower("vneid"),),
    "document.sent": (_flip("person_signed"), _flip("agency_signed"), _flip("signature_valid")),
    "document.processed": (_flip("end_to_end"),),
    "casefile.closed": (_flip("online"), _flip("end_to_end")),
    "report.submitted": (_flip("on_system"),),
    "inspection.completed": (_swap("mode", "on_site", "online_report"),),
    "procedure.catalogued": (_flip("standardised"), _flip("national_sync"), _flip("withdrawn")),
    "portal.assessed": (_lower("items_met"),),
    "system.changed": (_set("dossier", "none"), _set("lifecycle", "retired")),
    "system.monitoring_changed": (_flip("monitored"),),
    "security.alert": (_swap("severity", "low", "medium"),),
    "link.changed": (_swap("state", "up", "down"),),
    "count.reported": (_lower("numerator"),),
}
"""Types that are not named here are corrected in their time only."""


def mistaken(type_: str, data: str, rng: Random) -> str:
    """The data (JSON text) with one mistake; the same text when the type has no field to get wrong."""
    changes = MISTAKES.get(type_)
    if changes is None:
        return data
    fields = msgspec.json.decode(data)
    changes[int(rng.random() * len(changes))](fields)
    return msgspec.json.encode(fields).decode()
