"""The one definition of every rate: the board view on the real engine, over hand-written ledgers."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.schema import OWNER_TOKEN, Schema

RECEIVED = datetime(2026, 7, 1, tzinfo=UTC)
HAI_XA = ("xa-12004", "xa-11977")
SO = "so-khcn"
PROVINCE = "hung-yen"

Entry = tuple[str, str, str, int, int] | tuple[str, str, str, int, int, str]
Board = Callable[..., dict[tuple[str, str], dict[str, Any]]]


class Ledger:
    """Inserts entries (reading, unit, day, num, den[, reason]) and reads the board."""

    def __init__(self, schema: Schema) -> None:
        self._client = schema.writer()
        self._offset = 0

    def add(self, *entries: Entry) -> None:
        rows = [self._row(entry) for entry in entries]
        self._client.insert("ledger_1", [list(row.values()) for row in rows], column_names=list(rows[0]))

    def _row(self, entry: Entry) -> dict[str, Any]:
        self._offset += 1
        return {
            "kind": "entry",
            "reading": entry[0],
            "unit": entry[1],
            "day": date.fromisoformat(entry[2]),
            "subject": f"s/{self._offset}",
            "num": entry[3],
            "den": entry[4],
            "reason": entry[5] if len(entry) == 6 else "",
            "received": RECEIVED,
            "offset": self._offset,
            "token": OWNER_TOKEN,
        }

    def clear(self) -> None:
        self._client.command("TRUNCATE TABLE ledger_1")
        self._client.command("TRUNCATE TABLE events_1")

    def hear(self, source: str, day: str) -> None:
        """One event of a source, at noon of a local day."""
        noon = datetime.fromisoformat(f"{day}T12:00:00+07:00")
        row = {"kind": "event", "source": source, "id": "i", "time": noon, "received": noon, "token": OWNER_TOKEN}
        self._client.insert("events_1", [list(row.values())], column_names=list(row))

    def query(self, view: str, as_of: str, period: str = "2026", **texts: str) -> list[dict[str, Any]]:
        """Rows of one of the parameterised views; `period` is empty for one that has none."""
        given = {"period": period, **texts} if period else texts
        names = {"as_of": "Date"} | dict.fromkeys(given, "String")
        arguments = ", ".join(f"{name} = {{{name}:{kind}}}" for name, kind in names.items())
        values = {"as_of": date.fromisoformat(as_of), **given}
        return list(self._client.query(f"SELECT * FROM {view}({arguments})", parameters=values).named_results())  # noqa: S608

    def board(self, as_of: str = "2026-07-01", period: str = "2026") -> dict[tuple[str, str], dict[str, Any]]:
        return {(row["figure"], row["unit"]): row for row in self.query("board", as_of, period)}


@pytest.fixture(scope="module")
def tables(module_schema: Schema) -> Ledger:
    return Ledger(module_schema)


@pytest.fixture
def ledger(tables: Ledger) -> Iterator[Ledger]:
    yield tables
    tables.clear()


@pytest.mark.parametrize(
    ("figure", "num", "den", "status", "percent"),
    [
        ("filing_full_online", 800, 1000, "met", 80.0),
        ("filing_full_online", 799, 1000, "below", 79.9),
        ("filing_full_online", 79999, 100000, "below", 79.9),
        ("satisfaction", 90, 100, "below", 90.0),
        ("satisfaction", 9001, 10000, "met", 90.1),
        ("payment_online", 9999, 10000, "below", 99.9),
        ("payment_online", 7, 7, "met", 100.0),
        ("filing_full_online", 0, 0, "no_occurrence", None),
    ],
)
def test_integers_decide_and_a_missed_target_is_never_displayed(
    ledger: Ledger, figure: str, num: int, den: int, status: str, percent: float | None
) -> None:
    ledger.add((figure, HAI_XA[0], "2026-03-02", num, den))
    row = ledger.board()[figure, HAI_XA[0]]
    assert (row["status"], row["percent"]) == (status, percent)


def test_the_province_is_the_sum_of_its_units_not_the_mean(ledger: Ledger) -> None:
    ledger.add(
        ("filing_full_online", HAI_XA[0], "2026-03-02", 90, 100), ("filing_full_online", HAI_XA[1], "2026-03-02", 0, 10)
    )
    row = ledger.board()["filing_full_online", PROVINCE]
    assert (row["num"], row["den"], row["status"]) == (90, 110, "met")


def test_work_files_are_two_figures_for_the_province_each_with_its_own_target(ledger: Ledger) -> None:
    ledger.add(("casefile_online", HAI_XA[0], "2026-03-02", 70, 100), ("casefile_online", SO, "2026-03-02", 99, 100))
    board = ledger.board()
    commune, province = board["casefile_online.commune", PROVINCE], board["casefile_online.province", PROVINCE]
    assert (commune["num"], commune["den"], commune["target"], commune["status"]) == (70, 100, 70, "met")
    assert (province["num"], province["den"], province["target"], province["status"]) == (99, 100, 100, "below")
    assert commune["indicator_status"] == province["indicator_status"] == "below"


def test_digitisation_is_met_only_when_both_figures_are(ledger: Ledger) -> None:
    ledger.add(
        ("filing_digitised.components", HAI_XA[0], "2026-03-02", 9, 10),
        ("filing_digitised.results", HAI_XA[0], "2026-03-02", 10, 10),
    )
    board = ledger.board()
    assert board["filing_digitised.results", HAI_XA[0]]["status"] == "met"
    assert board["filing_digitised.results", HAI_XA[0]]["indicator_status"] == "below"


def test_end_to_end_work_is_the_sum_of_documents_and_files_and_shows_both_parts(ledger: Ledger) -> None:
    ledger.add(
        ("work_end_to_end_digital.documents", SO, "2026-03-02", 8, 10),
        ("work_end_to_end_digital.casefiles", SO, "2026-03-02", 5, 5),
    )
    board = ledger.board()
    assert (board["work_end_to_end_digital", SO]["num"], board["work_end_to_end_digital", SO]["den"]) == (13, 15)
    assert board["work_end_to_end_digital.casefiles", SO]["status"] == "no_target"


def test_the_provinces_own_report_outranks_the_sum_of_the_communes(ledger: Ledger) -> None:
    ledger.add(("ehealth_record", HAI_XA[0], "2026-03-02", 50, 100))
    communes_only = ledger.board()["ehealth_record", PROVINCE]
    assert (communes_only["num"], communes_only["den"], communes_only["provisional"]) == (50, 100, 1)
    ledger.add(("ehealth_record", PROVINCE, "2026-03-02", 960, 1000))
    own = ledger.board()["ehealth_record", PROVINCE]
    assert (own["num"], own["den"], own["status"]) == (960, 1000, "met")


def test_a_stock_is_the_state_as_of_a_day_and_a_flow_only_its_period(ledger: Ledger) -> None:
    ledger.add(
        ("system_security_dossier", SO, "2025-12-01", 3, 4),
        ("system_security_dossier", SO, "2026-08-01", 1, 0),
        ("filing_full_online", SO, "2025-12-31", 5, 5),
        ("filing_full_online", SO, "2026-01-01", 1, 2),
    )
    before, after = ledger.board("2026-07-31"), ledger.board("2026-08-01")
    assert (before["system_security_dossier", SO]["num"], before["system_security_dossier", SO]["den"]) == (3, 4)
    assert after["system_security_dossier", SO]["num"] == 4
    assert (before["filing_full_online", SO]["num"], before["filing_full_online", SO]["den"]) == (1, 2)


def test_the_last_thirty_days_stand_beside_the_year(ledger: Ledger) -> None:
    ledger.add(
        ("filing_full_online", SO, "2026-06-01", 0, 100),
        ("filing_full_online", SO, "2026-06-02", 3, 4),
        ("filing_full_online", SO, "2026-07-01", 1, 1),
    )
    row = ledger.board("2026-07-01")["filing_full_online", SO]
    assert (row["recent_num"], row["recent_den"], row["recent_status"]) == (4, 5, "met")
    assert (row["num"], row["den"]) == (4, 105)


def test_a_year_that_cannot_be_reached_says_so_and_is_coloured_by_the_last_thirty_days(ledger: Ledger) -> None:
    ledger.add(("payment_online", SO, "2026-02-02", 9, 10), ("payment_online", SO, "2026-06-30", 5, 5))
    row = ledger.board("2026-07-01")["payment_online", SO]
    assert (row["status"], row["not_recoverable"], row["shown_status"]) == ("below", 1, "met")


def test_paper_files_and_a_report_of_them_in_one_period_ignore_the_report_and_say_so(ledger: Ledger) -> None:
    commune = HAI_XA[0]
    ledger.add(
        ("casefile_online", commune, "2026-05-10", 70, 80),
        ("casefile_online.offline_items", commune, "2026-05-31", 0, 20, "2026-05"),
        ("casefile_online.offline_items", commune, "2026-06-30", 0, 5, "2026-06"),
    )
    row = ledger.board()["casefile_online", commune]
    assert (row["num"], row["den"], row["offline_conflict"]) == (70, 85, 1)


def test_an_entity_never_heard_of_is_counted_and_makes_the_cell_provisional(ledger: Ledger) -> None:
    ledger.add(("network_coverage", SO, "2026-01-01", 0, 1, "no_data"))
    row = ledger.board()["network_coverage", SO]
    assert (row["num"], row["den"], row["status"]) == (0, 1, "below")
    assert "provisional" in row["flags"]
    ledger.add(("network_coverage", SO, "2026-02-01", 0, -1, "no_data"), ("network_coverage", SO, "2026-02-01", 1, 1))
    assert ledger.board()["network_coverage", SO]["status"] == "met"


def test_with_a_clock_in_2027_the_year_2026_is_final_and_2027_has_no_target(ledger: Ledger) -> None:
    ledger.add(("filing_full_online", SO, "2026-12-31", 8, 10), ("filing_full_online", SO, "2027-01-02", 1, 10))
    last_year = ledger.board("2027-01-05", "2026")["filing_full_online", SO]
    this_year = ledger.board("2027-01-05", "2027")["filing_full_online", SO]
    assert (last_year["final"], last_year["num"], last_year["den"], last_year["status"]) == (1, 8, 10, "met")
    assert (this_year["final"], this_year["den"], this_year["status"]) == (0, 10, "no_target")


def test_every_row_carries_the_watermark_of_its_snapshot(ledger: Ledger) -> None:
    ledger.add(("filing_full_online", SO, "2026-03-02", 1, 1), ("filing_full_online", SO, "2026-03-03", 1, 1))
    row = ledger.board()["filing_full_online", SO]
    assert [(mark["partition"], mark["offset"]) if isinstance(mark, dict) else mark[:2] for mark in row["watermark"]]
    assert row["catalogue_version"]


def test_figures_rules_and_watermark_of_an_answer_are_of_one_mark_while_blocks_are_written(ledger: Ledger) -> None:
    commune, written = HAI_XA[0], threading.Event()
    report = ("casefile_online.offline_items", commune, "2026-05-31", 0, 20, "2026-05")
    ledger.add(report)

    def write() -> None:
        for number in range(80):
            paper = 1 if number % 2 == 0 else -1
            ledger.add(("casefile_online", commune, "2026-05-10", 0, paper), ("satisfaction", SO, "2026-05-10", 1, 1))
        written.set()

    first = mark_of(ledger.board()["casefile_online", commune])
    writer = threading.Thread(target=write)
    writer.start()
    boards = []
    while not written.is_set():
        boards.append(ledger.board())
    writer.join()
    seen = set()
    for board in boards:
        cell, blocks = board["casefile_online", commune], board["satisfaction", SO]["den"]
        seen.add(mark_of(cell))
        assert mark_of(cell) == first + 2 * blocks
        assert (cell["den"], cell["offline_conflict"]) == ((1, 1) if blocks % 2 else (20, 0))
    assert len(seen) > 1


def mark_of(row: dict[str, Any]) -> int:
    """The offset of the snapshot's only partition; the client gives named tuples as mappings or as tuples."""
    (mark,) = row["watermark"]
    return int(mark["offset"] if isinstance(mark, dict) else mark[1])


days = st.dates(date(2025, 12, 1), date(2026, 12, 31))
flows = st.lists(st.tuples(st.sampled_from([*HAI_XA, SO]), days, st.integers(0, 5), st.integers(0, 5)), max_size=30)


@given(flows, st.dates(date(2026, 1, 1), date(2026, 12, 31)))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_board_is_the_plain_sum_over_the_period(
    ledger: Ledger, entries: list[tuple[str, date, int, int]], as_of: date
) -> None:
    ledger.clear()
    ledger.add(
        ("satisfaction", SO, "2026-01-01", 0, 0),
        *[("satisfaction", unit, day.isoformat(), num, num + miss) for unit, day, num, miss in entries],
    )
    board = ledger.board(as_of.isoformat())
    counted = [entry for entry in entries if date(2026, 1, 1) <= entry[1] <= as_of]
    for unit in (*HAI_XA, SO):
        mine = [entry for entry in counted if entry[0] == unit]
        num, den = sum(e[2] for e in mine), sum(e[2] + e[3] for e in mine)
        assert (board["satisfaction", unit]["num"], board["satisfaction", unit]["den"]) == (num, den)
    assert board["satisfaction", PROVINCE]["den"] == sum(e[2] + e[3] for e in counted)


def subjects(ledger: Ledger, figure: str, unit: str, as_of: str = "2026-07-01") -> dict[str, tuple[int, int, str]]:
    """Subject → (num, den, state) of everything behind a cell."""
    rows = ledger.query("cell_subjects", as_of, figure=figure, unit=unit, after="")
    return {row["subject"]: (row["num"], row["den"], row["state"]) for row in rows}


def test_the_subjects_behind_a_cell_add_up_to_it_when_the_province_reports_itself(ledger: Ledger) -> None:
    ledger.add(
        ("ehealth_record", HAI_XA[0], "2026-03-02", 50, 100), ("ehealth_record", PROVINCE, "2026-03-02", 96, 100)
    )
    found = subjects(ledger, "ehealth_record", PROVINCE)
    assert [(num, den) for num, den, _ in found.values()] == [(96, 100)]
    assert len(subjects(ledger, "ehealth_record", HAI_XA[0])) == 1


def test_an_ignored_report_stands_behind_its_cell_as_left_out_with_the_reason(ledger: Ledger) -> None:
    commune = HAI_XA[0]
    ledger.add(
        ("casefile_online", commune, "2026-05-10", 7, 8),
        ("casefile_online.offline_items", commune, "2026-05-31", 0, 20, "2026-05"),
    )
    found = subjects(ledger, "casefile_online", commune)
    assert sorted(state for _, _, state in found.values()) == ["excluded", "missing"]
    assert sum(den for _, den, _ in found.values()) == ledger.board()["casefile_online", commune]["den"] == 8
    exclusions = ledger.query("cell_exclusions", "2026-07-01", figure="casefile_online", unit=commune)
    assert [(row["reason"], row["total"]) for row in exclusions] == [("report_ignored", 20)]


def test_a_conflict_of_one_period_does_not_flag_a_later_one(ledger: Ledger) -> None:
    commune = HAI_XA[0]
    ledger.add(
        ("casefile_online", commune, "2026-01-10", 7, 8),
        ("casefile_online.offline_items", commune, "2026-01-31", 0, 20, "2026-01"),
    )
    assert ledger.board(period="2026")["casefile_online", commune]["offline_conflict"] == 1
    assert ledger.board(period="2026-07")["casefile_online", commune]["offline_conflict"] == 0


def test_a_reported_figure_that_nobody_reported_is_provisional_not_silent(ledger: Ledger) -> None:
    ledger.add(("satisfaction", SO, "2026-01-01", 1, 1))
    row = ledger.board()["cashless_transactions.number", PROVINCE]
    assert (row["status"], "provisional" in row["flags"]) == ("no_occurrence", True)


def test_silence_after_a_periods_end_does_not_make_it_provisional(ledger: Ledger) -> None:
    ledger.add(("filing_full_online", SO, "2026-12-31", 8, 10))
    ledger.hear("/systems/dvc", "2026-12-31")
    assert ledger.board("2026-12-31")["filing_full_online", SO]["source_silent"] == 0
    assert ledger.board("2027-02-15")["filing_full_online", SO]["source_silent"] == 0
    assert ledger.board("2027-02-15", "2027")["filing_full_online", SO]["source_silent"] == 1


@pytest.mark.parametrize("as_of", ["2026-06-25", "2026-06-26", "2026-06-29", "2026-06-30", "2026-07-02", "2026-07-10"])
def test_the_board_and_the_stamp_take_the_same_sources_for_silent(ledger: Ledger, as_of: str) -> None:
    ledger.hear("/systems/dvc", "2026-06-25")
    ledger.hear("/systems/nobody-waits-for-it", "2026-06-25")
    (stamp,) = ledger.query("stamp", as_of, period="")
    cell = ledger.board(as_of)["filing_full_online", SO]
    for column in ("sources_expected", "sources_reporting"):
        assert cell[column] == stamp[column]
    assert bool(cell["source_silent"]) == ("/systems/dvc" in stamp["silent_sources"])
