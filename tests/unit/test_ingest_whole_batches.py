"""A batch decoded in one go: it is taken only when each of its events would be, and as the same event."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest.scope import Scope, facts_of, scope_of
from services.ingest.validation import moment, validate, validate_whole
from services.ingest.wire import split_batch
from shared.catalogue import load_catalogue
from shared.contracts.fields import PROCEDURE_PATTERN
from shared.contracts.personal_data import personal_value
from shared.keys import Role, new_key
from tests.support.events import filing_rated, filing_received

FOLDER = Path(__file__).parents[1] / "data" / "contracts"
NOW = moment(1_772_418_605_123_000)
Pairs = list[tuple[str, str]]
"""An object's members as JSON text, in order; a name may stand twice."""

SAMPLES: dict[str, dict[str, Any]] = {file.stem: json.loads(file.read_text()) for file in FOLDER.glob("*.json")}
VALUES = st.sampled_from(
    ['""', "null", "true", "7", "-1", "1e3", "[]", "{}", '"1.0"', '"1.004227.H31\\n"', '"001099012345"', '"so-khcn"',
     '"x-unknown"', '"filing.rated"', '"vn.gov.filing.rated"', '"2026-03-02T08:00:00"', '"2025-12-31T16:59:59Z"',
     '"2026-03-02T08:00:00.000001+07:00"', '"2199-01-01T00:00:00Z"', '"٣"', '"\\u0000"', '"application/json"',
     '"hs-1"', '"6f1c7c39-1d0a-4b7e-8a4e-0123456789ab"', '"https://example.vn/s.json"']
)  # fmt: skip


def system_of(kind: str) -> str:
    return str(SAMPLES[kind]["source"]).removeprefix("/systems/")


KINDS = {system: sorted(k for k in SAMPLES if system_of(k) == system) for system in map(system_of, SAMPLES)}


@cache
def scope(system: str) -> Scope:
    catalogue = load_catalogue()
    return scope_of(new_key(Role.EMIT, "test", system=system).record, catalogue, facts_of(catalogue))


def pairs_of(value: dict[str, Any]) -> Pairs:
    return [(name, json.dumps(child)) for name, child in value.items()]


def text_of(pairs: Pairs) -> str:
    return "{" + ",".join(f'"{name}":{value}' for name, value in pairs) + "}"


@st.composite
def spoilt(draw: st.DrawFn, pairs: Pairs) -> Pairs:
    """A member replaced, left out, doubled or added, or nothing at all."""
    how = draw(st.sampled_from(["as it is", "replaced", "left out", "doubled"]))
    if how == "as it is":
        return pairs
    name = draw(st.sampled_from([*(name for name, _ in pairs), "corrects", "recordedtime", "x"]))
    rest = pairs if how == "doubled" else [pair for pair in pairs if pair[0] != name]
    if how == "left out":
        return rest
    at = draw(st.integers(0, len(rest)))
    return [*rest[:at], (name, draw(VALUES)), *rest[at:]]


@st.composite
def events(draw: st.DrawFn, kind: str) -> str:
    sample = SAMPLES[kind]
    attributes = pairs_of({name: value for name, value in sample.items() if name != "data"})
    data = text_of(draw(spoilt(pairs_of(sample["data"]))))
    return text_of(draw(spoilt([*attributes, ("data", data)])))


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(sorted(KINDS)), st.data())
def test_whatever_is_taken_in_one_go_is_taken_one_by_one_and_the_same(system: str, data: st.DataObject) -> None:
    kinds = data.draw(st.lists(st.sampled_from(KINDS[system]), min_size=1, max_size=2))
    body = ("[" + ",".join(data.draw(events(kind)) for kind in kinds) + "]").encode()
    allowed = scope(system)

    whole = validate_whole(body, allowed, NOW)

    assert whole is None or whole == [validate(raw, allowed, NOW) for raw in split_batch(body)]


@pytest.mark.parametrize("kind", sorted(SAMPLES))
def test_a_good_batch_of_each_type_is_taken_in_one_go(kind: str) -> None:
    allowed = scope(system_of(kind))
    raw = json.dumps(SAMPLES[kind]).encode()

    assert validate_whole(b"[" + raw + b"," + raw + b"]", allowed, NOW) == [validate(raw, allowed, NOW)] * 2


@pytest.mark.parametrize(
    "spoilt",
    [{"unit": "x-unknown"}, {"id": "0912345678"}, {"x": 1}, {"type": "filing.unheard"}, {"source": "/systems/qlvb"}],
)
def test_one_bad_event_leaves_the_whole_batch_to_the_single_checks(spoilt: dict[str, Any]) -> None:
    body = json.dumps([filing_received("1"), filing_rated() | spoilt]).encode()

    assert validate_whole(body, scope("dvc"), NOW) is None


@settings(deadline=None)
@given(st.from_regex(re.compile(PROCEDURE_PATTERN, re.ASCII), fullmatch=True))
def test_no_procedure_code_can_hold_a_number_of_a_person(code: str) -> None:
    """So that it is not screened once its pattern has matched."""
    assert not personal_value(code)
