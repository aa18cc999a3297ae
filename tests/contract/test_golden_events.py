"""Golden wire samples: one event per type must stay valid, and the envelope's bytes must never change."""

import json
from pathlib import Path

import msgspec
import pytest

from services.ingest.scope import facts_of, scope_of
from services.ingest.validation import moment, validate
from shared.catalogue import load_catalogue
from shared.contracts.event import ALL_UNITS, Envelope, Event, decode_envelope, encode_envelope
from shared.contracts.json_schema import schema_of
from shared.contracts.vocabulary import EVENT_TYPES
from shared.keys import Role, new_key

FOLDER = Path(__file__).parents[1] / "data" / "contracts"
ENVELOPE = FOLDER / "envelope-1.bin"
WITHOUT_REACH = FOLDER / "envelope-1-without-reach.bin"
"""Written before events said whom their sender's key speaks for."""
RECEIVED_MS = 1_772_418_605_123
NOW = moment(RECEIVED_MS * 1000)


def accepted(kind: str) -> Event:
    raw = (FOLDER / f"{kind}.json").read_bytes()
    system = json.loads(raw)["source"].removeprefix("/systems/")
    catalogue = load_catalogue()
    key = new_key(Role.EMIT, "test", system=system).record
    event = validate(raw, scope_of(key, catalogue, facts_of(catalogue)), NOW)
    assert isinstance(event, Event), (event.reason, event.pointer)
    return event


def test_every_type_has_exactly_one_golden_sample() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == EVENT_TYPES.keys()


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_a_golden_sample_is_accepted_with_all_its_fields(kind: str) -> None:
    sample = json.loads((FOLDER / f"{kind}.json").read_text())

    event = accepted(kind)

    assert event.type == kind
    assert set(sample["data"]) == set(event.data) == set(EVENT_TYPES[kind].data.__struct_fields__)


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_a_golden_sample_names_only_what_its_schema_declares(kind: str) -> None:
    sample, schema = json.loads((FOLDER / f"{kind}.json").read_text()), schema_of(kind)

    assert schema is not None
    assert set(schema["required"]) <= sample.keys() <= schema["properties"].keys()


def test_the_golden_envelope_is_read_and_written_byte_by_byte() -> None:
    envelope = Envelope(RECEIVED_MS, [accepted(kind) for kind in sorted(EVENT_TYPES)])

    assert decode_envelope(ENVELOPE.read_bytes()) == envelope
    assert encode_envelope(envelope) == ENVELOPE.read_bytes()


def test_an_envelope_from_before_reach_is_read_with_links_that_act_in_their_own_unit_only() -> None:
    now, before = (decode_envelope(file.read_bytes()) for file in (ENVELOPE, WITHOUT_REACH))

    assert before == msgspec.structs.replace(now, events=[msgspec.structs.replace(e, reach=()) for e in now.events])
    assert {event.type: event.reach for event in now.events if event.reach} == {"event.retracted": ALL_UNITS}
