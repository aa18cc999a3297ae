"""What one key may send, worked out once per key from the catalogue: the hot path then only looks things up. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, get_type_hints

import msgspec

from services.ingest.rules import RULES, Rule
from services.ingest.wire import SHAPES, TypedEvent
from shared.catalogue import Catalogue
from shared.contracts.event import ALL_UNITS
from shared.contracts.vocabulary import EVENT_TYPES, KEY, SOC_ONLY, SOC_SOURCE, EventType
from shared.keys import KeyRecord

UNIT_FIELDS = ("owner", "receiving_unit", "to_unit")
"""Fields of event data that hold a unit code."""

OPAQUE_FIELDS = ("checklist_version", "fee", "id")
"""Fields of event data whose pattern leaves room for a number of a person; a procedure's leaves none."""


@dataclass(frozen=True, slots=True)
class TypePlan:
    """How to check one type: its decoder, subject, fields by kind of check, and cross-field rule."""

    name: str
    decode: Callable[[Any], Any]
    subject_matches: Callable[[str], object]
    screen_subject: bool
    """False when the subject ends in a keyed hash, which its pattern proves."""
    correctable: bool
    instants: tuple[str, ...]
    units: tuple[str, ...]
    opaque: tuple[str, ...]
    texts: tuple[str, ...]
    rule: Rule | None
    checked: bool
    """False when the decoder alone has said everything about the data."""


@dataclass(frozen=True, slots=True)
class Facts:
    """The catalogue's codes that validation asks for."""

    units: frozenset[str]
    systems: Mapping[str, str]
    """System → unit that owns it."""
    portals: Mapping[str, str]
    """Portal → unit that runs it."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a key may send: its source, units, and types with their plans (by name, without a prefix)."""

    source: str
    units: frozenset[str]
    plans: Mapping[str, TypePlan]
    shapes: Mapping[type[TypedEvent], TypePlan]
    """The same plans, for events that were decoded in one go."""
    facts: Facts
    reach: tuple[str, ...] = ALL_UNITS
    """Units whose events its corrections and retractions may act on, as it stands in the log."""
    prefixed: dict[str, str] = field(default_factory=dict)


def facts_of(catalogue: Catalogue) -> Facts:
    """The codes of the catalogue, of any time."""
    return Facts(
        units=frozenset(catalogue.units),
        systems={code: system.owner for code, system in catalogue.systems.items()},
        portals={code: portal.unit for code, portal in catalogue.portals.items()},
    )


def scope_of(key: KeyRecord, catalogue: Catalogue, facts: Facts) -> Scope:
    """The meeting of what the key and the catalogue allow; empty for a system the catalogue does not know."""
    source = f"/systems/{key.system}"
    known = key.system in facts.systems
    units = catalogue.units_for(key.system) if known else ()
    allowed = frozenset(unit for unit in units if key.allows_unit(unit))
    plans = {name: plan for name, plan in PLANS.items() if _may_send(key, name, source, catalogue)}
    return Scope(
        source=source,
        units=allowed,
        plans=plans,
        shapes={SHAPES[name]: plan for name, plan in plans.items()},
        facts=facts,
        reach=tuple(sorted(allowed)) if key.units else ALL_UNITS,
    )


def _may_send(key: KeyRecord, name: str, source: str, catalogue: Catalogue) -> bool:
    """A key restricted to some types may still take back its own events: it could not mend them otherwise."""
    if name in SOC_ONLY and source != SOC_SOURCE:
        return False
    allowed = key.allows_type(name) or name == "event.retracted"
    return allowed and catalogue.may_emit(key.system, name)


def _plan(kind: EventType) -> TypePlan:
    fields = get_type_hints(kind.data)
    instants = tuple(name for name, hint in fields.items() if hint in (datetime, datetime | None))
    units = tuple(name for name in fields if name in UNIT_FIELDS)
    texts = tuple(name for name, hint in fields.items() if hint is str and name not in UNIT_FIELDS)
    return TypePlan(
        name=kind.name,
        decode=msgspec.json.Decoder(kind.data).decode,
        subject_matches=_subject_of_any_type if kind.kind == "retraction" else kind.subject.fullmatch,
        screen_subject=KEY not in kind.subject.pattern,
        correctable=kind.correctable and kind.kind != "retraction",
        instants=instants,
        units=units,
        opaque=tuple(name for name in fields if name in OPAQUE_FIELDS),
        texts=texts,
        rule=RULES.get(kind.name),
        checked=bool(instants or units or texts),
    )


_SUBJECTS = tuple(
    {kind.subject.pattern: kind.subject for kind in EVENT_TYPES.values() if kind.kind != "retraction"}.values()
)


def _subject_of_any_type(subject: str) -> bool:
    """A retraction names the subject of what it takes back."""
    return any(pattern.fullmatch(subject) for pattern in _SUBJECTS)


PLANS: dict[str, TypePlan] = {name: _plan(kind) for name, kind in EVENT_TYPES.items()}
