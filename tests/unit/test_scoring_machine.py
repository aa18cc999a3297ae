"""Model and engine side by side, whatever order events come in and whatever breaks; `make soak` runs it for longer."""

from hypothesis.stateful import run_state_machine_as_test

from services.api.wording import OUTCOMES
from tests.support.scoring_machine import ScoringMachine, bounded

EXAMPLES, STEPS = 250, 20


def test_every_cell_exclusion_and_receipt_equals_the_reference_after_every_block() -> None:
    run_state_machine_as_test(ScoringMachine, settings=bounded(EXAMPLES, STEPS))

    assert ScoringMachine.examples >= EXAMPLES
    assert ScoringMachine.outcomes.keys() == OUTCOMES.keys() - {"rejected"}
