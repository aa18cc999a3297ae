"""The heart of scoring: what is counted depends on the set of events alone, and the ledger sums to it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scoring.engine import (
    Delivery,
    Record,
    contributions,
    decode_record,
    encode_record,
    outcomes,
    process,
    seed,
)
from services.scoring.sheet import Amounts, EntryKey, Fate
from shared.contracts.event import Event
from tests.support.event_strategies import FACTS, FIRST_DAY, REGISTER, logs, reach
from tests.support.ledger_sums import cells_on
from tests.support.reference_model import tally

Sums = dict[tuple[str, EntryKey], Amounts]
"""(subject, entry key) → sum of the ledger's rows."""


class Run:
    """The projection that a worker would hold after a log, block by block, records through their stored form."""

    def __init__(self, log: Sequence[Event], cuts: Sequence[int]) -> None:
        self.records: dict[str, Record] = {}
        self.receipts: dict[tuple[str, str], Fate] = {}
        self._sums: defaultdict[tuple[str, EntryKey], list[int]] = defaultdict(lambda: [0, 0, 0])
        self._add(seed(FACTS, 0, 1).ledger)
        deliveries = [Delivery(event, 1_000 + n, 0, n // 3, n % 3) for n, event in enumerate(log)]
        bounds = [0, *sorted(min(cut, len(log)) for cut in cuts), len(log)]
        for start, end in pairwise(bounds):
            stored = {subject: decode_record(encode_record(record)) for subject, record in self.records.items()}
            block = process(FACTS, stored, deliveries[start:end])
            assert stored == {s: decode_record(encode_record(r)) for s, r in self.records.items()}
            self.records |= block.records
            self._add(block.ledger)
            for row in block.events:
                another_content = row[8] == "conflict" and row[9] == row[2]
                if row[8] != "duplicate" and not another_content and row[4] != "system.heartbeat":
                    self.receipts[row[1], row[2]] = Fate(row[8], row[9], row[10], row[11])
            assert block.cells == {(row[1], row[2]) for row in block.ledger}

    def _add(self, ledger: Sequence[tuple[object, ...]]) -> None:
        for row in ledger:
            _, reading, unit, day, subject, source, id_, num, den, excluded, reason, *_ = row
            amounts = self._sums[subject, (reading, unit, day, reason, source, id_)]  # type: ignore[index]
            for place, amount in enumerate((num, den, excluded)):
                amounts[place] += amount  # type: ignore[operator]

    @property
    def sums(self) -> Sums:
        return {key: (a[0], a[1], a[2]) for key, a in self._sums.items() if any(a)}

    def counted(self) -> Sums:
        """What the final records say, without any history."""
        subjects = dict.fromkeys([*REGISTER, *FACTS.register, *self.records])
        records = [self.records.get(subject, Record(subject)) for subject in subjects]
        return {(r.subject, key): amounts for r in records for key, amounts in contributions(FACTS, r).items()}

    def fates(self) -> Mapping[tuple[str, str], Fate]:
        return {ident: fate for record in self.records.values() for ident, fate in outcomes(FACTS, record).items()}


EXAMPLES = 100
CUTS = st.lists(st.integers(0, 24), max_size=6)
DAYS = (FIRST_DAY - 1, FIRST_DAY, FIRST_DAY + 1, FIRST_DAY + 3, FIRST_DAY + 6, FIRST_DAY + 9, FIRST_DAY + 190)


def assert_equals_reference(sums: Sums, log: Sequence[Event]) -> None:
    for day in DAYS:
        expected = tally(log, FACTS, FIRST_DAY - 10, day, REGISTER)
        entries = [
            (reading, unit, at, reason, amounts) for (_, (reading, unit, at, reason, *_)), amounts in sums.items()
        ]
        assert cells_on(entries, FIRST_DAY - 10, day) == expected, day


@settings(max_examples=EXAMPLES, deadline=None)
@given(logs(), CUTS)
def test_every_cell_equals_the_reference_on_every_day(log: list[Event], cuts: list[int]) -> None:
    assert_equals_reference(Run(log, cuts).sums, log)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.data(), logs(), CUTS, CUTS)
def test_order_repetition_and_batching_change_nothing(
    data: st.DataObject, log: list[Event], cuts: list[int], other_cuts: list[int]
) -> None:
    again = data.draw(st.permutations(log + data.draw(st.lists(st.sampled_from(log), max_size=6))))
    one, other = Run(log, cuts), Run(again, other_cuts)
    assert one.sums == other.sums
    assert one.fates() == other.fates()


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.data(), logs(), CUTS)
def test_the_ledger_sums_to_what_the_final_records_say_and_receipts_tell_it(
    data: st.DataObject, log: list[Event], cuts: list[int]
) -> None:
    again = log + data.draw(st.lists(st.sampled_from(log), max_size=4))
    run = Run(again, cuts)
    assert run.sums == run.counted()
    assert run.receipts == run.fates()


@settings(max_examples=EXAMPLES, deadline=None)
@given(logs(conflicts=True), CUTS)
def test_of_conflicting_contents_the_first_in_the_log_stays(log: list[Event], cuts: list[int]) -> None:
    run = Run(log, cuts)
    assert run.sums == run.counted()
    assert_equals_reference(run.sums, [event for event in log if _first(event, log)])


def _first(event: Event, log: list[Event]) -> bool:
    """Heartbeats have no conflicts; of the others the first content under (subject, source, id), copies included."""
    same = [e for e in log if (e.subject, e.source, e.id) == (event.subject, event.source, event.id)]
    stored = [e for e in same if e.type != "system.heartbeat"]
    return event.type == "system.heartbeat" or event.content == stored[0].content


@settings(max_examples=EXAMPLES, deadline=None)
@given(logs(), st.integers(0, 9))
def test_a_later_recordedtime_of_a_duplicate_changes_nothing_and_an_earlier_one_does_in_any_order(
    log: list[Event], place: int
) -> None:
    event = log[place % len(log)]
    copy = msgspec.structs.replace(event, recorded=event.recorded + 1 - 2 * (event.recorded > 1))
    assert Run([*log, copy], [3]).sums == Run([copy, *log], [5]).sums


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.data(), logs(), st.integers(0, 9))
def test_what_any_sender_of_a_link_may_reach_counts_whichever_copy_came_first(
    data: st.DataObject, log: list[Event], place: int
) -> None:
    copy = msgspec.structs.replace(log[place % len(log)], reach=data.draw(reach))
    one, other = Run([*log, copy], [3]), Run([copy, *log], [5])
    assert one.sums == other.sums
    assert one.fates() == other.fates()
    assert_equals_reference(one.sums, [*log, copy])
