"""What was known now of then: whether alerts that end were right to fire, on the real engine and the real scoring."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime

import pytest
from clickhouse_connect.driver.client import Client

from services.alerts.background import with_background
from services.alerts.finding import Scope
from services.alerts.hindsight import ASKED_AT_ONCE, COUNTED_WITH_PAPER, read_cells_known_now
from services.alerts.policy import Policy
from services.alerts.senses import board_senses
from services.alerts.sentence import sentence_vi
from services.alerts.settling import Question
from services.alerts.snapshot import Cell
from services.alerts.state import AlertState
from shared.local_time import LOCAL
from tests.contract.test_alert_look import (
    EVENTS,
    NOW,
    Board,
    Figures,
    board,
    change_of,
    received,
    round_of,
    security,
    seen,
    taken_back,
    told,
    us,
)
from tests.support.alert_snapshots import CATALOGUE, found, policies
from tests.support.engine import EngineProcess
from tests.support.events import key_of
from tests.support.schema import Schema, create_schema
from tests.support.scored_tables import ScoredTables


def known(client: Client, cells: Iterable[tuple[str, str]], instant: datetime) -> Board:
    asked = [(Scope("below_target", "", unit, "", figure, "2026"), instant) for figure, unit in cells]
    return {(cell.figure, cell.unit): figures_of(cell) for cell in read_cells_known_now(client, asked)}


def figures_of(cell: Cell) -> Figures:
    return cell.num, cell.den, cell.no_data, cell.recent_num, cell.recent_den, cell.expected_den


@pytest.mark.parametrize("instant", ["2026-03-02T09:30", "2026-04-10T12:00"])
def test_a_cell_as_known_now_counts_nothing_that_happened_after_the_instant(
    databases: tuple[Schema, Schema], instant: str
) -> None:
    """All cases of the readings; the measure is a board that never heard of what came later, only of retractions."""
    moment = datetime.fromisoformat(f"{instant}:00").replace(tzinfo=LOCAL)
    whole, until = (ScoredTables(schema) for schema in databases)
    whole.on_time(EVENTS)
    until.on_time(e for e in EVENTS if e.time <= us(moment) or e.type == "event.retracted")
    client, as_of = whole.schema.reader(), moment.date()
    expected, now = board(until.schema.reader(), as_of), board(client, as_of)
    moved = {cell for cell in expected.keys() & now.keys() if expected[cell] != now[cell]}
    sample = moved | set(sorted(expected)[:: len(expected) // 12])
    told = known(client, sample, moment)
    assert told == {cell: expected[cell] for cell in sample}
    assert moved


def test_reports_of_paper_files_are_read_for_every_figure_that_counts_them() -> None:
    reading = "casefile_online.offline_items"
    counting = {figure.code for figure in CATALOGUE.figures.values() if reading in figure.readings}
    assert counting == {code for code in CATALOGUE.figures if code.startswith(COUNTED_WITH_PAPER)}


def test_cells_asked_together_at_different_instants_are_as_if_each_were_asked_alone(
    databases: tuple[Schema, Schema],
) -> None:
    """More questions than one request holds; cells at several instants and one that nobody knows."""
    tables = ScoredTables(databases[0])
    tables.on_time(EVENTS)
    client = tables.schema.reader()
    cells = sorted(board(client, date(2026, 4, 10)))[::30]
    instants = [datetime(2026, month, 2, 9, 30, tzinfo=LOCAL) for month in (3, 4)]
    asked = [(Scope("pace", "", unit, "", figure, "2026"), one) for figure, unit in cells for one in instants]
    asked.append((Scope("pace", "", "xa-khong-co", "", "filing_full_online", "2026"), instants[0]))
    together = read_cells_known_now(client, asked)
    some = slice(None, None, len(asked) // 8)
    assert len(asked) > ASKED_AT_ONCE
    assert together[some] == [read_cells_known_now(client, [one])[0] for one in asked[some]]
    assert (together[-1].den, together[-1].target) == (0, -1)
    assert len({figures_of(cell) for cell in together}) > 10


def test_what_was_taken_back_is_known_now_not_to_have_been_then(tables: ScoredTables) -> None:
    gone, stands = security("gone", "new", "03T08:00"), security("stands", "new", "03T08:00")
    tables.on_time([gone, stands])
    scopes = {one.scope for one in found("security_event", seen(tables)) if one.truth == "breach"}
    tables.on_time([taken_back(gone, "05T08:00"), security("stands", "closed", "05T08:00")])
    senses = board_senses(tables.schema.reader(), policies(), CATALOGUE)
    fired = datetime(2026, 3, 4, tzinfo=LOCAL)
    held = senses.held_then([Question(scope, fired, Policy()) for scope in scopes])
    assert held == {f"security_event:{key_of('gone')}": False, f"security_event:{key_of('stands')}": True}


def test_what_cannot_be_read_in_hindsight_has_no_answer_and_keeps_no_alert_from_being_told(
    engine: EngineProcess,
) -> None:
    """The views behind are gone: ends wait, and a change is told without what lies behind it."""
    tables = ScoredTables(create_schema(engine))
    tables.on_time([round_of(n, "on_site", f"0{n}T08:00") for n in range(2, 10)])
    change = change_of(seen(tables), "so-y-te")
    for view in ("projection", "ledger"):
        tables.schema.writer().command(f"DROP VIEW {view}")
    senses = board_senses(tables.schema.reader(), policies(), CATALOGUE)
    silent = Scope("source_silent", "dvc", "tt-pvhcc")
    asked = [Question(one, NOW, Policy()) for one in (change.scope, silent)]
    assert senses.held_then(asked) == {silent.alert_id: True}
    assert senses.background([change], {}) == [change]


def test_a_withdrawn_change_says_what_was_right_then(tables: ScoredTables) -> None:
    wrong = round_of(9, "on_site", "03T08:00")
    tables.on_time([*(round_of(n, "online_report", f"0{n}T08:00") for n in range(1, 3)), wrong])
    senses = board_senses(tables.schema.reader(), policies(), CATALOGUE)
    fired = datetime(2026, 3, 4, tzinfo=LOCAL)
    before = change_of(seen(tables), "so-y-te")
    strict = Policy(min_denominator=1, margin_points=0)
    asked = [Question(before.scope, fired, strict), Question(before.scope, fired, strict, target=60)]
    assert [senses.held_then([one]) for one in asked] == [{before.scope.alert_id: True}, {before.scope.alert_id: False}]
    tables.on_time([taken_back(wrong, "05T08:00")])
    assert senses.held_then(asked[:1]) == {before.scope.alert_id: False}
    ended = replace(change_of(seen(tables), "so-y-te"), state=AlertState("withdrawn", 2, fired_at=fired))
    (rich,) = with_background(tables.schema.reader(), [ended], {})
    assert rich.facts["then"] == {"numerator": 2, "denominator": 2, "percent": 100.0}
    assert "lúc phát cảnh báo số đúng là 100% (2/2)" in sentence_vi(rich)


def test_a_correction_of_the_past_changes_what_is_known_now_and_a_later_fact_does_not(tables: ScoredTables) -> None:
    """A backlog that is digitised later is no correction: the alert about it was right when it fired."""
    tables.on_time(received(str(n), "1.004222", "02T08:00") for n in range(4))
    scope = Scope("below_target", "", "so-y-te", "filing_digitised", "filing_digitised.components", "2026")
    client = tables.schema.reader()

    def now() -> tuple[int, int]:
        (known,) = read_cells_known_now(client, [(scope, datetime(2026, 3, 3, tzinfo=LOCAL))])
        return known.num, known.den

    assert now() == (0, 4)
    scan = {"part": "components", "complete": True}
    of_one = {"source": "/systems/dvc", "unit": "so-y-te"}
    tables.on_time([told("filing.digitised", f"filing/{key_of('0')}", "05T08:00", scan, **of_one)])
    assert now() == (0, 4)
    forgotten = told("filing.digitised", f"filing/{key_of('1')}", "02T09:00", scan, **of_one)
    tables.deliver([(forgotten, us(NOW))])
    assert now() == (1, 4)
    wrong = told("event.retracted", f"filing/{key_of('2')}", "10T08:00", {"id": "f2"}, **of_one)
    tables.on_time([wrong])
    assert now() == (1, 3)
