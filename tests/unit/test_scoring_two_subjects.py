"""One id on two subjects: which event stays, and that what takes the others out is always the same."""

from itertools import permutations

import pytest

from services.scoring.two_subjects import MAX_ENVELOPE_EVENTS, Sighting, displacements
from shared.catalogue import load_catalogue
from shared.contracts.event import Envelope, encode_envelope
from shared.contracts.platform import DISPLACED, PLATFORM_SOURCE, displacement, names_displaced
from shared.contracts.vocabulary import EVENT_TYPES
from shared.topics import MAX_RECORD_BYTES

FIRST = ((1_000, 3, 9, 0), "filing/a", "xa-1")
SAME_MOMENT = ((1_000, 3, 9, 1), "filing/b", "xa-1")
LATER = ((2_000, 0, 0, 0), "filing/c", "xa-2")


@pytest.mark.parametrize("order", list(permutations([FIRST, SAME_MOMENT, LATER])))
def test_all_but_the_first_received_are_taken_out_in_whatever_order_they_are_found(
    order: tuple[tuple[tuple[int, int, int, int], str, str], ...],
) -> None:
    events = displacements([Sighting("/systems/dvc", "e-1", list(order))])
    assert [(e.subject, e.unit, e.time) for e in events] == [
        ("filing/b", "xa-1", 1_000_000),
        ("filing/c", "xa-2", 2_000_000),
    ]
    assert {(e.source, e.type, e.data["source"], e.data["id"]) for e in events} == {
        (PLATFORM_SOURCE, DISPLACED, "/systems/dvc", "e-1")
    }


def test_what_takes_an_event_out_is_the_same_each_time_and_another_for_each_subject() -> None:
    one, again = (displacement("/systems/dvc", "e-1", "filing/a", "xa-1", 5) for _ in range(2))
    others = [
        displacement("/systems/dvc", "e-1", "filing/b", "xa-1", 5),
        displacement("/systems/dvc", "e-2", "filing/a", "xa-1", 5),
        displacement("/systems/soc", "e-1", "filing/a", "xa-1", 5),
    ]
    assert one == again
    assert len({one.id, *(other.id for other in others)}) == 4


def test_nobody_outside_can_take_an_event_out() -> None:
    assert DISPLACED not in EVENT_TYPES
    assert PLATFORM_SOURCE.removeprefix("/systems/") not in load_catalogue().systems
    assert not names_displaced(DISPLACED, "/systems/dvc")
    assert not names_displaced("event.retracted", PLATFORM_SOURCE)


def test_the_longest_displacements_fit_into_a_record() -> None:
    longest = displacement("/systems/" + "s" * 40, "\N{GREEK CAPITAL LETTER OMEGA}" * 64, "d" * 180, "u" * 40, 1)
    assert len(encode_envelope(Envelope(1, [longest] * MAX_ENVELOPE_EVENTS))) < MAX_RECORD_BYTES
