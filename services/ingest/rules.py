"""Rules that tie the fields of one event together, one small function per family of types. Pure."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from services.ingest.reasons import RejectReason
from shared.contracts import event_types as t
from shared.contracts.event import local_day
from shared.contracts.vocabulary import COUNT_SERIES, SOC_SOURCE

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Attributes(NamedTuple):
    """What a rule may see besides the data: the attributes, the key's units, the catalogue's codes, and today."""

    source: str
    subject: str
    unit: str
    allowed: frozenset[str]
    """Units that the key may speak for."""
    units: frozenset[str]
    systems: Mapping[str, str]
    """System → unit that owns it."""
    portals: Mapping[str, str]
    """Portal → unit that runs it."""
    today: int
    """Local date in days since 1970."""


Broken = tuple[RejectReason, str]
FOREIGN: Broken = (RejectReason.UNIT_NOT_ALLOWED, "/subject")
"""The subject is of a unit that the key may not speak for."""

Rule = Callable[[Attributes, Any], Broken | None]


def microseconds(instant: datetime) -> int:
    """Microseconds since 1970 UTC, exact."""
    since = instant - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _count(event: Attributes, data: t.CountReported) -> Broken | None:
    _, indicator, measure, area, basis = event.subject.split("/")
    if basis not in COUNT_SERIES.get((indicator, measure), ()):
        return RejectReason.SERIES_UNKNOWN, "/subject"
    if area not in event.units:
        return RejectReason.UNIT_UNKNOWN, "/subject"
    if area not in event.allowed:
        return FOREIGN
    if data.numerator > data.denominator:
        return RejectReason.NUMERATOR_OVER_DENOMINATOR, "/data/numerator"
    try:
        as_of = (date.fromisoformat(data.as_of) - EPOCH.date()).days
    except ValueError:
        return RejectReason.DATA_INVALID, "/data/as_of"
    return (RejectReason.TIME_IN_FUTURE, "/data/as_of") if as_of > event.today else None


def _auth(event: Attributes, data: t.AuthCounted) -> Broken | None:
    _, portal, window = event.subject.split("/")
    if broken := _broken_owner(portal, event.portals, event):
        return broken
    if event.portals[portal] != event.unit:
        return RejectReason.SUBJECT_MISMATCH, "/subject"
    if data.window_start.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") != window or data.window_start.microsecond:
        return RejectReason.SUBJECT_MISMATCH, "/data/window_start"
    first, last = microseconds(data.window_start), microseconds(data.window_end) - 1
    if last < first or local_day(first) != local_day(last):
        return RejectReason.WINDOW_INVALID, "/data/window_end"
    return (RejectReason.NUMERATOR_OVER_DENOMINATOR, "/data/vneid") if data.vneid > data.total else None


def _portal(event: Attributes, data: t.PortalAssessed) -> Broken | None:
    if broken := _broken_owner(event.subject.partition("/")[2], event.portals, event):
        return broken
    over = data.items_met > data.items_total
    return (RejectReason.NUMERATOR_OVER_DENOMINATOR, "/data/items_met") if over else None


def _system(event: Attributes, _: t.Data) -> Broken | None:
    return _broken_owner(event.subject.partition("/")[2], event.systems, event)


def _procedure(event: Attributes, data: t.ProcedureCatalogued) -> Broken | None:
    """The department that owns the procedure answers for it, whoever sends."""
    return None if data.owner in event.allowed else (RejectReason.UNIT_NOT_ALLOWED, "/data/owner")


def _broken_owner(code: str, owners: Mapping[str, str], event: Attributes) -> Broken | None:
    """The unit that runs a portal or system, not the event's unit, has the cell; the SOC speaks for all of them."""
    if code not in owners:
        return RejectReason.SUBJECT_UNKNOWN, "/subject"
    return None if event.source == SOC_SOURCE or owners[code] in event.allowed else FOREIGN


def _subject_unit(event: Attributes, _: t.Data) -> Broken | None:
    """The second part of the subject is the unit that answers for it."""
    return None if event.subject.split("/")[1] == event.unit else (RejectReason.SUBJECT_MISMATCH, "/subject")


def _petition(event: Attributes, data: t.PetitionReceived) -> Broken | None:
    """A petition about a filing must share its subject, or the two could never be joined."""
    lost = data.about == "filing" and not event.subject.startswith("filing/")
    return (RejectReason.SUBJECT_MISMATCH, "/subject") if lost else None


def _retraction(event: Attributes, data: t.EventRetracted) -> Broken | None:
    """Taking back is held to what sending is, as far as the subject tells whose it is."""
    kind, *parts = event.subject.split("/")
    if kind in ("report", "network"):
        return _subject_unit(event, data)
    if kind == "count":
        return None if parts[2] in event.allowed else FOREIGN
    owners = {"portal": event.portals, "auth": event.portals, "system": event.systems}.get(kind)
    return None if owners is None else _broken_owner(parts[0], owners, event)


RULES: dict[str, Rule] = {
    "count.reported": _count,
    "auth.counted": _auth,
    "procedure.catalogued": _procedure,
    "portal.assessed": _portal,
    "system.changed": _system,
    "system.monitoring_changed": _system,
    "system.heartbeat": _system,
    "report.due": _subject_unit,
    "report.submitted": _subject_unit,
    "link.changed": _subject_unit,
    "petition.received": _petition,
    "event.retracted": _retraction,
}
"""Type → its rule; every other type has none."""
