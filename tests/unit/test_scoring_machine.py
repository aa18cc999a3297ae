"""Model and engine side by side, whatever order events come in and whatever breaks; `make soak` runs it for longer."""

from typing import Any

import msgspec
from hypothesis.stateful import run_state_machine_as_test

from services.api.wording import OUTCOMES
from shared.contracts.event import DAY_US, Event, content_hash
from tests.support.event_strategies import FACTS, FIRST_DAY, REGISTER, SOURCES
from tests.support.scoring_machine import DAYS, ScoringMachine, bounded
from tests.support.scoring_world import Fault, ScoringWorld

EXAMPLES, STEPS = 250, 20


def test_every_cell_exclusion_and_receipt_equals_the_reference_after_every_block() -> None:
    run_state_machine_as_test(ScoringMachine, settings=bounded(EXAMPLES, STEPS))

    assert ScoringMachine.examples >= EXAMPLES
    assert ScoringMachine.outcomes.keys() == OUTCOMES.keys() - {"rejected"}


def test_a_conflict_is_told_also_beside_a_copy_that_makes_its_event_act() -> None:
    """Found by the soak's model: the copy's effect stood where the conflict should have been told."""
    rated = made("e1", "filing.rated", {"rating": "satisfied"}, unit="xa-2")
    back = made("e2", "event.retracted", {"id": "e1"}, unit="xa-1")
    wider, other = msgspec.structs.replace(back, reach=("*",)), made("e2", "event.retracted", {"id": "e0"}, unit="xa-1")
    world = ScoringWorld(FACTS, REGISTER)

    world.send([rated, back])
    world.work(1, Fault.NONE)
    world.send([wider, other])
    world.work(1, Fault.NONE)

    world.assert_exact(DAYS, FIRST_DAY - 10)
    assert world.outcomes >= {"retracted", "conflict"}


def made(id_: str, kind: str, data: dict[str, Any], unit: str) -> Event:
    event = Event(SOURCES[0], id_, kind, "filing/1", FIRST_DAY * DAY_US, unit, 0, "", b"", data)
    return msgspec.structs.replace(event, content=content_hash(event))
