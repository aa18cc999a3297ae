"""The machine finds what it is there to find: each fault, planted alone, within the examples of one `make test`."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import pytest
from hypothesis.stateful import run_state_machine_as_test

from services.scoring import engine, fold
from services.scoring.engine import Block
from services.scoring.marks import Marks
from services.scoring.records import Admission, Delivery, Kept, Record, admit
from services.scoring.sheet import Amounts, EntryKey, Sheet, State
from services.scoring.sink import Output, Sink
from tests.support.scoring_machine import ScoringMachine, bounded
from tests.unit.test_scoring_machine import EXAMPLES, STEPS

Plant = Callable[[pytest.MonkeyPatch], None]


def lost_sign_of_what_is_gone(patch: pytest.MonkeyPatch) -> None:
    whole = engine._ledger_rows

    def rows(
        block: Block, subject: str, before: Mapping[EntryKey, Amounts], after: Any, at: tuple[int, int, int]
    ) -> None:
        gone = {key: (-num, -den, -out) for key, (num, den, out) in before.items() if key not in after}
        whole(block, subject, {key: before[key] for key in before if key in after} | gone, after, at)

    patch.setattr(engine, "_ledger_rows", rows)


def lost_sign_of_a_stock_s_end(patch: pytest.MonkeyPatch) -> None:
    def end(self: Sheet, reading: str, state: State, day: int) -> None:
        self.begin(reading, state, day, tell=False)

    patch.setattr(Sheet, "end", end)


def ignored_correction(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(fold, "_winner", lambda root, _, hit: None if (root.source, root.id) in hit else root)


def correction_by_arrival(patch: pytest.MonkeyPatch) -> None:
    def winner(root: Kept, children: Mapping[Any, list[Kept]], hit: Mapping[Any, Kept]) -> Kept | None:
        standing = root
        while live := [c for c in children.get((standing.source, standing.id), ()) if (c.source, c.id) not in hit]:
            standing = live[-1]
        return None if (root.source, root.id) in hit else standing

    patch.setattr(fold, "_winner", winner)


def ignored_retraction(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(fold, "_act", lambda retraction, *_: ("noted", fold._named(retraction)))


def ignored_retraction_of_a_retraction(patch: pytest.MonkeyPatch) -> None:
    def takes_back(retraction: Kept, target: Kept | None, hit: dict[Any, Kept]) -> tuple[str, str]:
        if target is not None:
            hit[target.source, target.id] = retraction
        return "noted", fold._named(retraction)

    patch.setattr(fold, "_act", takes_back)


def dropped_duplicate_check(patch: pytest.MonkeyPatch) -> None:
    def every_delivery_is_new(old: Record | None, group: Sequence[Delivery]) -> tuple[Record, list[Admission], bool]:
        known = {event.id for event in old.events} if old else set()
        fresh = []
        for delivery in group:
            again = delivery.event.id in known
            name = f"{delivery.event.id}.{delivery.offset}.{delivery.seq}" if again else delivery.event.id
            known.add(delivery.event.id)
            fresh.append(msgspec.structs.replace(delivery, event=msgspec.structs.replace(delivery.event, id=name)))
        return admit(old, fresh)

    patch.setattr(engine, "admit", every_delivery_is_new)


def conflict_taken_for_the_event(patch: pytest.MonkeyPatch) -> None:
    def last_content_stays(old: Record | None, group: Sequence[Delivery]) -> tuple[Record, list[Admission], bool]:
        record, admissions, moved = admit(old, group)
        events = list(record.events)
        for admission in admissions:
            if admission.verdict == "conflict":
                again = admission.delivery.event
                events[admission.place] = msgspec.structs.replace(
                    events[admission.place], time=again.time, unit=again.unit, data=again.data, type=again.type
                )
                moved = True
        return msgspec.structs.replace(record, events=events), admissions, moved

    patch.setattr(engine, "admit", last_content_stays)


def boundary_one_too_far(patch: pytest.MonkeyPatch) -> None:
    right = Marks.boundary

    def boundary(self: Marks, next_offset: int) -> int | None:
        found = right(self, next_offset)
        return None if found is None else found + 1

    patch.setattr(Marks, "boundary", boundary)


def boundary_missing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Marks, "boundary", lambda *_: None)


def mark_one_too_low(patch: pytest.MonkeyPatch) -> None:
    """What a worker takes for written ends one record before what is."""
    right = Sink.write

    def write(self: Sink, output: Output) -> None:
        self.marks = Marks(self.marks.events - 1, self.marks.ledger - 1)
        right(self, output)

    patch.setattr(Sink, "write", write)


def mark_one_too_high(patch: pytest.MonkeyPatch) -> None:
    right = Sink.write

    def write(self: Sink, output: Output) -> None:
        self.marks = Marks(self.marks.events + 1, self.marks.ledger + 1)
        right(self, output)

    patch.setattr(Sink, "write", write)


def unknown_outcome_simply_repeated(patch: pytest.MonkeyPatch) -> None:
    right = Sink._persist
    patch.setattr(
        Sink, "_persist", lambda self, claim: self.marks if claim.__name__ == "reclaim" else right(self, claim)
    )


def receipt_of_an_earlier_event_not_told_again(patch: pytest.MonkeyPatch) -> None:
    whole = engine._event_rows
    patch.setattr(
        engine, "_event_rows", lambda block, record, admissions, _, after: whole(block, record, admissions, [], after)
    )


FAULTS: list[Plant] = [
    lost_sign_of_what_is_gone,
    lost_sign_of_a_stock_s_end,
    ignored_correction,
    correction_by_arrival,
    ignored_retraction,
    ignored_retraction_of_a_retraction,
    dropped_duplicate_check,
    conflict_taken_for_the_event,
    boundary_one_too_far,
    boundary_missing,
    mark_one_too_low,
    mark_one_too_high,
    unknown_outcome_simply_repeated,
    receipt_of_an_earlier_event_not_told_again,
]


@pytest.mark.parametrize("plant", FAULTS, ids=lambda plant: plant.__name__)
def test_a_planted_fault_is_found(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    # The same examples every time, so that the answer is stable.
    same = bounded(EXAMPLES, STEPS, derandomize=True, database=None)
    with pytest.raises(AssertionError, match="cells on day|receipts|doubled row"):
        run_state_machine_as_test(ScoringMachine, settings=same)
