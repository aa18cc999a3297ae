"""Corrections and retractions: which events stand, and what is said of the others."""

from collections.abc import Sequence
from itertools import permutations

import pytest

from services.scoring.fold import effective
from services.scoring.records import Kept
from shared.contracts.platform import DISPLACED, PLATFORM_SOURCE

Said = dict[str, tuple[str, str]]


def event(
    id_: str,
    corrects: str = "",
    *,
    retracts: str = "",
    recorded: int = 0,
    source: str = "a",
    unit: str = "u",
    reach: tuple[str, ...] = (),
) -> Kept:
    kind, data = ("event.retracted", {"id": retracts}) if retracts else ("filing.rated", {"rating": "satisfied"})
    return Kept(source, id_, kind, 0, unit, recorded, corrects, b"", data, 0, reach)


def folded(events: Sequence[Kept]) -> tuple[set[str], Said]:
    standing, fates = effective(events)
    return {e.id for e in standing}, {id_: fate for (_, id_), fate in fates.items()}


CASES: dict[str, tuple[list[Kept], set[str], Said]] = {
    "a correction replaces the event it names": (
        [event("e"), event("c", "e")],
        {"c"},
        {"e": ("superseded", "c")},
    ),
    "a correction of a correction stands for the original": (
        [event("e"), event("c", "e"), event("d", "c")],
        {"d"},
        {"e": ("superseded", "d"), "c": ("superseded", "d")},
    ),
    "of two corrections the later recorded wins": (
        [event("e"), event("c", "e", recorded=2), event("d", "e", recorded=1)],
        {"c"},
        {"e": ("superseded", "c"), "d": ("superseded", "c")},
    ),
    "of two corrections recorded together the higher id wins": (
        [event("e"), event("c", "e", recorded=1), event("d", "e", recorded=1)],
        {"d"},
        {"e": ("superseded", "d"), "c": ("superseded", "d")},
    ),
    "retracting the winning correction restores the one below it": (
        [event("e"), event("c", "e", recorded=1), event("d", "e", recorded=2), event("r", retracts="d")],
        {"c"},
        {"e": ("superseded", "c"), "d": ("retracted", "r"), "r": ("noted", "d")},
    ),
    "retracting the only correction restores the original": (
        [event("e"), event("c", "e"), event("r", retracts="c")],
        {"e"},
        {"c": ("retracted", "r"), "r": ("noted", "c")},
    ),
    "retracting an event takes its corrections back with it": (
        [event("e"), event("c", "e"), event("d", "c"), event("r", retracts="e")],
        set(),
        {"e": ("retracted", "r"), "c": ("retracted", "r"), "d": ("retracted", "r"), "r": ("noted", "e")},
    ),
    "retracting a retraction undoes it": (
        [event("e"), event("r", retracts="e"), event("s", retracts="r")],
        {"e"},
        {"r": ("retracted", "s"), "s": ("noted", "r")},
    ),
    "a third retraction brings the first back": (
        [event("e"), event("r", retracts="e"), event("s", retracts="r"), event("t", retracts="s")],
        set(),
        {"e": ("retracted", "r"), "r": ("noted", "e"), "s": ("retracted", "t"), "t": ("noted", "s")},
    ),
    "links to nothing are orphans and so is what hangs on them": (
        [event("c", "missing"), event("d", "c"), event("r", retracts="absent")],
        set(),
        {"c": ("orphan", "missing"), "d": ("orphan", "c"), "r": ("orphan", "absent")},
    ),
    "corrections in a ring have no effect": (
        [event("c", "d"), event("d", "c"), event("x", "d"), event("s", "s")],
        set(),
        {"c": ("cycle", "d"), "d": ("cycle", "c"), "x": ("cycle", "d"), "s": ("cycle", "s")},
    ),
    "retractions in a ring have no effect": (
        [event("e"), event("r", retracts="s"), event("s", retracts="r"), event("t", retracts="t")],
        {"e"},
        {"r": ("cycle", "s"), "s": ("cycle", "r"), "t": ("cycle", "t")},
    ),
    "a retraction can neither be corrected nor correct": (
        [event("e"), event("r", "e", retracts="e"), event("c", "r")],
        set(),
        {"e": ("retracted", "r"), "r": ("noted", "e"), "c": ("orphan", "r")},
    ),
    "neither a correction nor a retraction reaches another unit's event of the same source": (
        [event("e"), event("c", "e", unit="v"), event("d", "c", unit="v"), event("r", retracts="e", unit="v")],
        {"e"},
        {"c": ("orphan", "e"), "d": ("orphan", "c"), "r": ("orphan", "e")},
    ),
    "a unit that is not among those of the sender's key is not reached": (
        [event("e"), event("c", "e", unit="v", reach=("v", "w")), event("r", retracts="e", unit="v", reach=("v", "w"))],
        {"e"},
        {"c": ("orphan", "e"), "r": ("orphan", "e")},
    ),
    "a correction moves the unit when its sender's key speaks for both": (
        [event("e"), event("c", "e", unit="v", reach=("u", "v"))],
        {"c"},
        {"e": ("superseded", "c")},
    ),
    "a key that speaks for all units of its system moves and takes back any of them": (
        [event("e"), event("c", "e", unit="v", reach=("*",)), event("r", retracts="c", unit="w", reach=("*",))],
        {"e"},
        {"c": ("retracted", "r"), "r": ("noted", "c")},
    ),
    "a retraction that reaches nothing stands in no ring and can be taken back itself": (
        [
            event("e"),
            event("r", retracts="s", unit="v"),
            event("s", retracts="r", reach=("u", "v")),
            event("t", retracts="e"),
            event("x", retracts="t", unit="v"),
        ],
        set(),
        {
            "e": ("retracted", "t"),
            "r": ("retracted", "s"),
            "s": ("noted", "r"),
            "t": ("noted", "e"),
            "x": ("orphan", "t"),
        },
    ),
    "the same id of another source is another event": (
        [event("e"), event("c", "e", source="b"), event("r", retracts="e", source="b")],
        {"e"},
        {"c": ("orphan", "e"), "r": ("orphan", "e")},
    ),
}


def displaced(id_: str, names: str, *, source: str = "a", sender: str = PLATFORM_SOURCE) -> Kept:
    return Kept(sender, id_, DISPLACED, 0, "u", 0, "", b"", {"id": names, "source": source}, 0)


CASES |= {
    "a displaced event is a conflict and no longer there for its links": (
        [event("e"), event("c", "e"), event("r", retracts="e"), displaced("p", "e")],
        set(),
        {"e": ("conflict", "p"), "p": ("noted", "e"), "c": ("orphan", "e"), "r": ("orphan", "e")},
    ),
    "a displaced retraction takes nothing back": (
        [event("e"), event("r", retracts="e"), displaced("p", "r")],
        {"e"},
        {"r": ("conflict", "p"), "p": ("noted", "r")},
    ),
    "two displacements of one event do what one does": (
        [event("e"), event("f"), displaced("q", "e"), displaced("p", "e")],
        {"f"},
        {"e": ("conflict", "p"), "p": ("noted", "e"), "q": ("noted", "e")},
    ),
    "a displacement of another source's event, or of nothing, or of a displacement is an orphan": (
        [event("e"), displaced("p", "e", source="b"), displaced("q", "p", source=PLATFORM_SOURCE)],
        {"e"},
        {"p": ("orphan", "e"), "q": ("orphan", "p")},
    ),
    "a displacement that is not the platform's has no effect": (
        [event("e"), displaced("p", "e", sender="a")],
        {"e", "p"},
        {},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_links_fold_the_same_in_every_order(name: str) -> None:
    events, standing, said = CASES[name]
    for order in permutations(events):
        assert folded(order) == (standing, said)


def test_chains_of_twenty_thousand_links_end() -> None:
    corrections = [event("0")] + [event(str(n), str(n - 1)) for n in range(1, 20_000)]
    assert folded(corrections)[0] == {"19999"}
    retractions = [event("0")] + [event(str(n), retracts=str(n - 1)) for n in range(1, 20_000)]
    assert folded(retractions)[0] == set()
    assert folded(retractions[:-1])[0] == {"0"}
