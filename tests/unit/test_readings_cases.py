"""Every hand-written case on the pure core: CloudEvents through ingest's checks, then through the engine."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date
from functools import cache

import msgspec
import pytest

from services.ingest.scope import facts_of, scope_of
from services.ingest.validation import Moment, validate
from services.scoring.engine import Delivery, Record, contributions, process
from services.scoring.facts import Facts
from shared.catalogue import Catalogue, load_catalogue
from shared.contracts.event import Event
from shared.keys import KeyRecord, Role
from tests.support.cases import Amounts, Case, CellKey, read_cases

CATALOGUE: Catalogue = load_catalogue()
FACTS = Facts.from_catalogue(CATALOGUE)
CASES = read_cases(CATALOGUE)
EPOCH = date(1970, 1, 1)
TODAY = (date(2026, 11, 23) - EPOCH).days
STOCKS = {
    reading
    for indicator in CATALOGUE.indicators.values()
    if indicator.kind == "stock" or indicator.reported_as == "stock"
    for figure in indicator.figures
    for reading in figure.readings
}


@cache
def scope(system: str) -> object:
    """Everything that the catalogue lets the system send."""
    key = KeyRecord(key_id="test", hash="0" * 64, role=Role.EMIT, owner="test", system=system)
    return scope_of(key, CATALOGUE, facts_of(CATALOGUE))


def accepted(cloudevent: dict[str, object]) -> Event:
    """The event as ingest would write it to the log."""
    system = str(cloudevent["source"]).removeprefix("/systems/")
    now = Moment((TODAY + 1) * 86_400 * 1_000_000, TODAY)
    checked = validate(msgspec.json.encode(cloudevent), scope(system), now)  # type: ignore[arg-type]
    assert isinstance(checked, Event), (cloudevent, checked)
    return checked


def ledger_of(case: Case, events: Sequence[Event]) -> list[tuple[str, str, int, str, Amounts]]:
    """(reading, unit, day, reason, amounts) of all rows: the seed of the case's subjects, then one block per event."""
    rows = []
    for subject in case.subjects:
        for (reading, unit, day, reason, _, _), amounts in contributions(FACTS, Record(subject)).items():
            rows.append((reading, unit, day, reason, amounts))
    records: dict[str, Record] = {}
    for offset, event in enumerate(events):
        block = process(FACTS, records, [Delivery(event, 0, 0, offset, 0)])
        records |= block.records
        rows += [(row[1], row[2], row[3], row[10], (row[7], row[8], row[9])) for row in block.ledger]
    return rows


def cells(case: Case, events: Sequence[Event]) -> dict[CellKey, Amounts]:
    """Sums as the board reads them: a flow over the period to date, a stock over all days to date."""
    start, end = FACTS.periods[case.period]
    upto = min(end, (case.as_of - EPOCH).days)
    sums: defaultdict[CellKey, list[int]] = defaultdict(lambda: [0, 0, 0])
    for reading, unit, day, reason, amounts in ledger_of(case, events):
        if day <= upto and (reading in STOCKS or day >= start) and reading.split(".")[0] == slug(case):
            for place, amount in enumerate(amounts):
                sums[reading, unit, reason][place] += amount
    return {key: (s[0], s[1], s[2]) for key, s in sums.items() if any(s)}


@cache
def written_by(index: int) -> frozenset[tuple[str, str]]:
    """(reading, unit) of every row that a case writes, of whatever indicator."""
    case = CASES[index]
    return frozenset((row[0], row[1]) for row in ledger_of(case, [accepted(event) for event in case.events]))


def written(case: Case) -> frozenset[tuple[str, str]]:
    return written_by(CASES.index(case))


def slug(case: Case) -> str:
    return CATALOGUE.indicator(case.indicator).slug


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.indicator}: {case.name}")
def test_events_of_a_case_make_exactly_its_cells(case: Case) -> None:
    events = [accepted(event) for event in case.events]
    assert cells(case, events) == case.expect
    assert cells(case, events[::-1]) == case.expect


@pytest.mark.parametrize("case", [case for case in CASES if case.board], ids=lambda case: case.name)
def test_a_case_at_the_limit_has_its_status(case: Case) -> None:
    for row in case.board:
        (target,) = CATALOGUE.targets_of(row["figure"], row["unit"])
        num, den, _ = case.expect[row["figure"], row["unit"], ""]
        met = num * 100 > target.value * den if target.comparator == ">" else num * 100 >= target.value * den
        assert ("met" if met else "below") == row["status"]


def test_every_indicator_has_cases_that_count_miss_are_excluded_and_stand_at_a_boundary() -> None:
    whys: defaultdict[str, list[str]] = defaultdict(list)
    for case in CASES:
        whys[case.indicator].append(case.why)
    assert sorted(whys) == sorted(indicator.code for indicator in CATALOGUE.indicators.values())
    kinds = {"counts", "miss", "excluded", "boundary"}
    assert {code: kinds - set(found) for code, found in whys.items() if kinds - set(found)} == {}


def test_no_two_cases_share_a_subject_or_a_board_cell() -> None:
    subjects = Counter(subject for case in CASES for subject in case.subjects)
    assert [subject for subject, uses in subjects.items() if uses > 1] == []
    for row in (row for case in CASES for row in case.board):
        writers = [case.name for case in CASES if (row["figure"], row["unit"]) in written(case)]
        assert len(writers) == 1


def test_every_reading_of_the_ledger_is_one_that_the_catalogue_sums() -> None:
    beside = {"network_coverage.downtime"}
    expected = {reading for case in CASES for reading, _, _ in case.expect}
    assert expected == set(CATALOGUE.readings()) | beside
