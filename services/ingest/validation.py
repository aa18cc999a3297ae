"""Decides about one event: the normalised event that goes into the log, or the reason why not. Pure."""

import re
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
from msgspec import Raw

from services.ingest.reasons import Claim, Rejected, RejectReason
from services.ingest.rules import Attributes, Broken, Rule, microseconds
from services.ingest.scope import Scope, TypePlan
from services.ingest.screening import screen
from services.ingest.wire import (
    DECLARED,
    TypedEvent,
    WireAttributes,
    WireEvent,
    complaint,
    decode_loosely,
    decode_typed,
    decode_wire,
)
from shared.contracts.event import Event, hash_of, local_day
from shared.contracts.fields import ID_PATTERN
from shared.contracts.personal_data import personal_value
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


def validate_whole(body: bytes, scope: Scope, now: Moment) -> list[Event] | None:
    """The events of a batch when every one is good, which nearly all are; else None, and each is validated by itself.

    It asks the same questions as `validate` and only decodes otherwise, so that it accepts nothing else.
    """
    try:
        batch = decode_typed(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    events = []
    for sent in batch:
        plan = scope.shapes.get(type(sent))
        checked = _check(sent, plan, scope, now) if plan else None
        if not isinstance(checked, Event):
            return None
        events.append(checked)
    return events


def validate(raw: bytes | Raw, scope: Scope, now: Moment) -> Event | Rejected:
    """Checks one event by itself; never raises for anything a caller can send."""
    try:
        wire = decode_wire(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return _rejected(raw, complaint(error))
    plan = scope.plans.get(wire.type) or _prefixed_plan(wire.type, scope)
    if plan is None:
        return _rejected(raw, _type_reason(wire.type))
    try:
        checked = _check(wire, plan, scope, now)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return _rejected(raw, complaint(error, "/data"))
    return checked if isinstance(checked, Event) else _rejected(raw, checked)


def _check(sent: WireEvent | TypedEvent, plan: TypePlan, scope: Scope, now: Moment) -> Event | Broken:
    """The order of the checks is the order in which an integrator meets them; the first that fails is told."""
    if not _plainly_good(sent, plan, scope) and (broken := _broken_attribute(sent, plan, scope)):
        return broken
    time, recorded = microseconds(sent.time), microseconds(sent.recordedtime) if sent.recordedtime else 0
    if not EARLIEST <= time <= now.latest_us:
        return _broken_time(time, now), "/time"
    if recorded and not EARLIEST <= recorded <= now.latest_us:
        return _broken_time(recorded, now), "/recordedtime"
    content = plan.decode(sent.data) if isinstance(sent, WireEvent) else sent.data
    data = msgspec.structs.asdict(content)
    if plan.checked and (broken := _broken_data(data, plan, scope)):
        return broken
    if plan.rule and (broken := _broken_rule(sent, content, plan.rule, scope, now)):
        return broken
    names, reach = sent.corrects or "", scope.reach if sent.corrects or plan.name == "event.retracted" else ()
    hashed = hash_of(plan.name, sent.subject, time, sent.unit, names, data)
    return Event(scope.source, sent.id, plan.name, sent.subject, time, sent.unit, recorded, names, hashed, data, reach)


def _plainly_good(wire: WireAttributes, plan: TypePlan, scope: Scope) -> bool:
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


def _broken_attribute(wire: WireAttributes, plan: TypePlan, scope: Scope) -> Broken | None:
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


def _broken_corrects(wire: WireAttributes, plan: TypePlan) -> Broken | None:
    if wire.corrects is None:
        return None
    if not plan.correctable:
        return RejectReason.CORRECTS_NOT_ALLOWED, "/corrects"
    return _broken_id(wire.corrects, "/corrects")


def _broken_form(wire: WireAttributes) -> Broken | None:
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


def _broken_time(time_us: int, now: Moment) -> RejectReason:
    return RejectReason.TIME_IN_FUTURE if time_us > now.latest_us else RejectReason.TIME_TOO_EARLY


def _broken_data(data: dict[str, Any], plan: TypePlan, scope: Scope) -> Broken | None:
    """Checks what patterns cannot say, and turns instants into RFC 3339 in UTC."""
    for name in plan.instants:
        instant = data[name]
        if instant is not None:
            if instant.year not in YEARS:
                return RejectReason.DATA_INVALID, f"/data/{name}"
            # Three times as fast as `isoformat`, and with the Z.
            data[name] = msgspec.to_builtins(instant.astimezone(UTC))
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


def _broken_rule(wire: WireAttributes, content: Any, rule: Rule, scope: Scope, now: Moment) -> Broken | None:
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
