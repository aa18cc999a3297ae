"""JSON Schema (2020-12) of every event type, generated from the structures that ingest decodes with."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec

from shared.contracts.fields import ID_PATTERN
from shared.contracts.vocabulary import EVENT_TYPES, EventType

DIALECT = "https://json-schema.org/draft/2020-12/schema"
INSTANT = {"type": "string", "format": "date-time", "description": "RFC 3339 with offset"}
ID = {"type": "string", "pattern": f"^{ID_PATTERN}$", "description": "unique within the source"}


@cache
def schemas() -> Mapping[str, dict[str, Any]]:
    """Type → schema of a whole structured CloudEvent of the type."""
    return {name: _schema(kind) for name, kind in EVENT_TYPES.items()}


def schema_of(name: str) -> dict[str, Any] | None:
    """The schema of a type, None for a type that does not exist."""
    return schemas().get(name)


def _schema(kind: EventType) -> dict[str, Any]:
    (data,), definitions = msgspec.json.schema_components([kind.data], ref_template="#/$defs/{name}")
    attributes: dict[str, Any] = {
        "specversion": {"const": "1.0"},
        "id": ID,
        "source": {"type": "string", "pattern": "^/systems/[a-z0-9][a-z0-9.-]{0,39}$"},
        "type": {"type": "string", "pattern": r"^([a-z0-9-]+\.)*" + re.escape(kind.name) + "$"},
        "subject": {"type": "string", "pattern": f"^{kind.subject.pattern}$"},
        "time": INSTANT | {"description": "when it happened, RFC 3339 with offset"},
        "unit": {"type": "string", "description": "code of the responsible unit"},
        "recordedtime": INSTANT | {"description": "when the source recorded it"},
        "datacontenttype": {"const": "application/json"},
        "dataschema": {"type": "string", "format": "uri-reference", "maxLength": 200},
        "data": data,
    }
    if kind.correctable and kind.kind != "retraction":
        attributes["corrects"] = ID | {
            "description": "id of the event of the same source and subject that this replaces"
        }
    return {
        "$schema": DIALECT,
        "$id": f"urn:chitieu:schema:{kind.name}",
        "title": kind.name,
        "description": kind.data.__doc__,
        "type": "object",
        "properties": attributes,
        "required": ["specversion", "id", "source", "type", "subject", "time", "unit", "data"],
        "additionalProperties": False,
        "$defs": definitions,
    }
