"""Decides about one event: the normalised event that goes into the log, or the reason why not. Pure."""

import re
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
from msgspec import Raw

from services.ingest.reasons import Claim, Rejected, RejectReason
from services.ingest.rules import Attributes, Broken, Rule, microseconds
from services.ingest.scope import Scope, TypePlan
from services.ingest.screening import personal_value, screen
from services.ingest.wire import DECLARED, WireEvent, complaint, decode_loosely, decode_wire
from shared.contracts.event import Event, content_hash, local_day
from shared.contracts.fields import ID_PATTERN
from shared.contracts.vocabulary import EVENT_TYPES, SOC_ONLY

EARLIEST = microseconds(datetime(2025, 12, 31, 17, tzinfo=UTC))
"""1 January of the plan's year, 2026, 00:00 in Viet Nam: nothing before it is the plan's business."""

CLOCK_SKEW_US = 5 * 60 * 1_000_000
"""Clocks of the units' systems run apart; more than five minutes ahead is a fault worth telling."""

MAX_EVENT_BYTES = 64 * 1024
"""A well-formed event is below 1 KB; this bounds the work on one that is not."""

MAX_DATASCHEMA_CHARS = 200
"""It is checked and dropped."""

YEARS = range(2020, 2101)
"""Years of dates inside the data, such as a promised date; others are typing errors and would overflow in UTC."""

_uuid = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_id = re.compile(ID_PATTERN)
_prefix = re.compile(r"(?:[a-z0-9-]{1,63}\.){1,8}(?=[a-z]+\.[a-z_]+$)")
_json_type = re.compile(r"application/(?:[a-z0-9.-]+\+)?json(?:\s*;\s*charset=\"?utf-8\"?)?", re.IGNORECASE)


class Moment(NamedTuple):
    """Now, as validation needs it."""

    latest_us: int
    today: int


def moment(now_us: int) -> Moment:
    """`now_us` is microseconds since 1970 UTC."""
    return Moment(now_us + CLOCK_SKEW_US, local_day(now_us))


def validate(raw: bytes | Raw, scope: Scope, now: Moment) -> Event | Rejected:
    """Checks one event by itself; never raises for anything a caller can send."""
    try:
        wire = decode_wire(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return _rejected(raw, complaint(error))
    try:
        checked = _check(wire, scope, now)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return _rejected(raw, complaint(error, "/data"))
    return checked if isinstance(checked, Event) else _rejected(raw, checked)


def _check(wire: WireEvent, scope: Scope, now: Moment) -> Event | Broken:
    """The order of the checks is the order in which an integrator meets them; the first that fails is told."""
    plan = scope.plans.get(wire.type) or _prefixed_plan(wire.type, scope)
    if plan is None:
        return _type_reason(wire.type)
    if not _plainly_good(wire, plan, scope) and (broken := _broken_attribute(wire, plan, scope)):
        return broken
    time, recorded = microseconds(wire.time), microseconds(wire.recordedtime) if wire.recordedtime else 0
    if broken := _broken_time(time, "/time", now) or _broken_time(recorded or time, "/recordedtime", now):
        return broken
    content = plan.decode(wire.data)
    data = msgspec.structs.asdict(content)
    if plan.checked and (broken := _broken_data(data, plan, scope)):
        return broken
    if plan.rule and (broken := _broken_rule(wire, content, plan.rule, scope, now)):
        return broken
    names, reach = wire.corrects or "", scope.reach if wire.corrects or plan.name == "event.retracted" else ()
    event = Event(scope.source, wire.id, plan.name, wire.subject, time, wire.unit, recorded, names, b"", data, reach)
    msgspec.structs.force_setattr(event, "content", content_hash(event))
    return event


def _plainly_good(wire: WireEvent, plan: TypePlan, scope: Scope) -> bool:
    """True for what nearly all events look like, in one pass; false only means that the checks go one by one."""
    return (
        wire.source == scope.source
        and wire.unit in scope.units
        and _uuid.fullmatch(wire.id) is not None
        and not plan.screen_subject
        and bool(plan.subject_matches(wire.subject))
        and wire.specversion == "1.0"
        and wire.corrects is None
        and wire.dataschema is None
        and (wire.datacontenttype is None or wire.datacontenttype == "application/json")
    )


def _broken_attribute(wire: WireEvent, plan: TypePlan, scope: Scope) -> Broken | None:
    if wire.source != scope.source:
        return RejectReason.SOURCE_NOT_ALLOWED, "/source"
    if broken := _broken_id(wire.id, "/id"):
        return broken
    if wire.unit not in scope.units:
        known = wire.unit in scope.facts.units
        return (RejectReason.UNIT_NOT_ALLOWED if known else RejectReason.UNIT_UNKNOWN), "/unit"
    if not wire.subject.isascii() or not plan.subject_matches(wire.subject):
        return RejectReason.SUBJECT_FORMAT, "/subject"
    if plan.screen_subject and personal_value(wire.subject):
        return RejectReason.PERSONAL_DATA, "/subject"
    return _broken_corrects(wire, plan) or _broken_form(wire)


def _broken_id(text: str, pointer: str) -> Broken | None:
    if _id.fullmatch(text) is None:
        return RejectReason.ID_FORMAT, pointer
    return (RejectReason.PERSONAL_DATA, pointer) if personal_value(text) else None


def _broken_corrects(wire: WireEvent, plan: TypePlan) -> Broken | None:
    if wire.corrects is None:
        return None
    if not plan.correctable:
        return RejectReason.CORRECTS_NOT_ALLOWED, "/corrects"
    return _broken_id(wire.corrects, "/corrects")


def _broken_form(wire: WireEvent) -> Broken | None:
    """What CloudEvents itself prescribes; it is checked and then dropped."""
    if wire.specversion != "1.0":
        return RejectReason.SPECVERSION_UNSUPPORTED, "/specversion"
    if wire.datacontenttype is not None and not _json_type.fullmatch(wire.datacontenttype):
        return RejectReason.INVALID_ATTRIBUTE, "/datacontenttype"
    if wire.dataschema is not None:
        if len(wire.dataschema) > MAX_DATASCHEMA_CHARS:
            return RejectReason.INVALID_ATTRIBUTE, "/dataschema"
        if personal_value(wire.dataschema):
            return RejectReason.PERSONAL_DATA, "/dataschema"
    return None


def _broken_time(time_us: int, pointer: str, now: Moment) -> Broken | None:
    if time_us > now.latest_us:
        return RejectReason.TIME_IN_FUTURE, pointer
    return (RejectReason.TIME_TOO_EARLY, pointer) if time_us < EARLIEST else None


def _broken_data(data: dict[str, Any], plan: TypePlan, scope: Scope) -> Broken | None:
    """Checks what patterns cannot say, and turns instants into RFC 3339 in UTC."""
    for name in plan.instants:
        instant = data[name]
        if instant is not None:
            if instant.year not in YEARS:
                return RejectReason.DATA_INVALID, f"/data/{name}"
            data[name] = instant.astimezone(UTC).isoformat()[:-6] + "Z"
    for name in plan.units:
        if data[name] not in scope.facts.units:
            return RejectReason.UNIT_UNKNOWN, f"/data/{name}"
    for name in plan.texts:
        # The patterns' \d and $ let other scripts' digits and a final line break through.
        if not data[name].isascii() or not data[name].isprintable():
            return RejectReason.DATA_INVALID, f"/data/{name}"
    for name in plan.opaque:
        if personal_value(data[name]):
            return RejectReason.PERSONAL_DATA, f"/data/{name}"
    return None


def _broken_rule(wire: WireEvent, content: Any, rule: Rule, scope: Scope, now: Moment) -> Broken | None:
    facts = scope.facts
    attributes = Attributes(
        source=scope.source,
        subject=wire.subject,
        unit=wire.unit,
        allowed=scope.units,
        units=facts.units,
        systems=facts.systems,
        portals=facts.portals,
        today=now.today,
    )
    return rule(attributes, content)


def _prefixed_plan(name: str, scope: Scope) -> TypePlan | None:
    """The plan of a type that is written with a reverse-DNS prefix."""
    found = _prefix.match(name)
    return scope.plans.get(name[found.end() :]) if found else None


def _type_reason(name: str) -> Broken:
    found = _prefix.match(name)
    bare = name[found.end() :] if found else name
    if bare not in EVENT_TYPES:
        return RejectReason.TYPE_UNKNOWN, "/type"
    return (RejectReason.SOC_ONLY if bare in SOC_ONLY else RejectReason.TYPE_NOT_ALLOWED), "/type"


def _rejected(raw: bytes | Raw, broken: Broken) -> Rejected:
    """The refusal: personal data and secrecy markings anywhere in the event outrank every other reason."""
    if len(memoryview(raw)) > MAX_EVENT_BYTES:
        return Rejected(RejectReason.EVENT_TOO_LARGE)
    event = decode_loosely(raw)
    if not isinstance(event, dict):
        return Rejected(*broken)
    reason, pointer = screen(event, DECLARED) or broken
    claim = Claim(*(str(event.get(name, "")) for name in Claim._fields))
    return Rejected(reason, pointer, _printable_id(event.get("id")), claim)


def _printable_id(value: Any) -> str:
    """The id when it may be repeated in an answer, else ""."""
    if not isinstance(value, str):
        return ""
    return value if _id.fullmatch(value) and not personal_value(value) else ""
