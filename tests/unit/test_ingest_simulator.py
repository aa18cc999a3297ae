"""Everything that the simulated province sends, noise included, passes the checks of ingest."""

from collections import Counter
from functools import cache

import msgspec

from services.ingest.reasons import Rejected
from services.ingest.scope import Scope, facts_of, scope_of
from services.ingest.validation import Moment, validate
from shared.catalogue import load_catalogue
from shared.keys import KeyRecord, Role
from tests.support.simulated import played, small_month

LONG_AFTER = Moment(2_000_000_000_000_000, 23_000)


@cache
def scope(source: str) -> Scope:
    catalogue = load_catalogue()
    key = KeyRecord("test", "0" * 64, Role.EMIT, "test", source.removeprefix("/systems/"))
    return scope_of(key, catalogue, facts_of(catalogue))


def test_every_event_of_a_simulated_month_is_accepted() -> None:
    refused: Counter[tuple[str, str, str]] = Counter()
    for text in played(small_month())[1]:
        wire = msgspec.json.decode(text)
        outcome = validate(text.encode(), scope(wire["source"]), LONG_AFTER)
        if isinstance(outcome, Rejected):
            refused[wire["type"], outcome.reason, outcome.pointer] += 1

    assert refused == Counter()
