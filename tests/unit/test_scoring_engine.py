"""The engine's rows: one per delivery, one per earlier event with another fate, and the ledger's differences."""

import re
from collections.abc import Sequence
from importlib.resources import files
from itertools import pairwise, permutations
from typing import Any

import msgspec
import pytest

from services.scoring.engine import (
    Block,
    Delivery,
    contributions,
    decode_record,
    encode_record,
    outcomes,
    process,
    readings_hash,
    seed,
)
from services.scoring.facts import Facts, Tenure
from services.scoring.records import with_day
from shared.catalogue import load_catalogue
from shared.contracts.event import DAY_US, LOCAL_OFFSET_US, Event, content_hash
from shared.contracts.platform import displacement
from shared.topics import partition_of

FACTS = Facts(state_agencies={"xa-1": Tenure("xa-1", 20_454)})
FILING = "filing/1"
DAY = 20_500
RECEIVED = {
    "receiving_unit": "xa-9",
    "channel": "online",
    "full_online_offered": True,
    "result_is_document": True,
}
ISSUED = {"electronic": True, "signed": True, "delivery": "online"}
OUTCOME, OTHER, CELLS, EXCLUSIONS, OFFSET, SEQ = 8, 9, 10, 11, 14, 15


def event(id_: str, kind: str, data: dict[str, Any], subject: str = FILING, **fields: Any) -> Event:
    time = DAY * DAY_US - LOCAL_OFFSET_US
    plain = Event("/systems/a", id_, kind, subject, time, "xa-1", 0, "", b"", data)
    plain = msgspec.structs.replace(plain, **fields)
    return msgspec.structs.replace(plain, content=content_hash(plain))


def deliver(*events: Event, offset: int = 0) -> list[Delivery]:
    return [Delivery(e, 1_000 + offset, 3, offset, seq) for seq, e in enumerate(events)]


def told(block: Block) -> list[tuple[str, str, str]]:
    return [(row[2], row[OUTCOME], row[OTHER]) for row in block.events]


def columns(table: str) -> Sequence[str]:
    """Columns of a table as the schema declares them, without the owner's token and what the engine derives."""
    sql = files("shared.schema").joinpath("010_tables.sql").read_text()
    body = re.search(rf"\{{database\}}\.{table}_\{{version\}} \((.*?)\n\)", sql, re.DOTALL)
    assert body
    names = re.findall(r"^    ([a-z_]+) +[A-Z](?!.*MATERIALIZED)", body[1], re.MULTILINE)
    return [name for name in names if name != "token"]


def test_rows_have_the_columns_of_the_schema_without_the_token() -> None:
    block = process(FACTS, {}, deliver(event("1", "filing.received", RECEIVED)))
    (row,), (entry,) = block.events, block.ledger
    assert dict(zip(columns("events"), row, strict=True)) == {
        "kind": "event", "source": "/systems/a", "id": "1", "subject": FILING, "type": "filing.received",
        "unit": "xa-1", "time": DAY * DAY_US - LOCAL_OFFSET_US, "received": 1_000, "outcome": "counted",
        "other_id": "", "cells": (("filing_digitised.components", "xa-9", DAY, 1, 1),), "exclusions": (),
        "data": msgspec.json.encode(RECEIVED).decode(), "partition": 3, "offset": 0, "seq": 0,
    }  # fmt: skip
    assert dict(zip(columns("ledger"), entry, strict=True)) == {
        "kind": "entry", "reading": "filing_digitised.components", "unit": "xa-9", "day": DAY, "subject": FILING,
        "source": "/systems/a", "id": "1", "num": 1, "den": 1, "excluded": 0, "reason": "", "received": 1_000,
        "partition": 3, "offset": 0,
    }  # fmt: skip


def test_a_result_waits_for_its_receipt_and_then_counts() -> None:
    first = process(FACTS, {}, deliver(event("2", "filing.result_issued", ISSUED)))
    assert told(first) == [("2", "pending", "")]
    assert {row[10] for row in first.ledger} == {"awaiting_received"}
    second = process(FACTS, first.records, deliver(event("1", "filing.received", RECEIVED), offset=7))
    assert told(second) == [("2", "counted", ""), ("1", "counted", "")]
    assert [row[OFFSET] for row in second.events] == [7, 7]
    assert second.events[0][7] == 1_000, "the receipt still says when the event was received"
    assert ("filing_full_online", "xa-1") in second.cells
    assert sum(row[9] for row in first.ledger + second.ledger if row[10] == "awaiting_received") == 0


def test_a_duplicate_tells_where_its_event_counts_and_changes_nothing() -> None:
    once = deliver(event("1", "filing.received", RECEIVED))
    first = process(FACTS, {}, once)
    again = process(FACTS, first.records, deliver(event("1", "filing.received", RECEIVED), offset=1))
    assert told(again) == [("1", "duplicate", "1")]
    assert again.events[0][CELLS] == first.events[0][CELLS]
    assert (again.ledger, again.cells, again.records) == ([], set(), {})
    both = process(FACTS, {}, deliver(once[0].event, once[0].event))
    assert told(both) == [("1", "counted", ""), ("1", "duplicate", "1")]


def test_another_content_under_a_taken_id_is_a_conflict_within_a_block_and_after_it() -> None:
    true, false = (event("1", "filing.received", RECEIVED | {"channel": c}) for c in ("online", "direct"))
    within = process(FACTS, {}, deliver(true, false))
    assert told(within) == [("1", "counted", ""), ("1", "conflict", "1")]
    after = process(FACTS, within.records, deliver(false, offset=1))
    assert told(after) == [("1", "conflict", "1")]
    assert (after.ledger, after.records) == ([], {}), "the same conflict is kept once"
    assert len(within.records[FILING].conflicts) == 1


def test_a_correction_tells_the_event_it_replaces() -> None:
    first = process(FACTS, {}, deliver(event("1", "filing.received", RECEIVED)))
    mended = event("2", "filing.received", RECEIVED | {"receiving_unit": "xa-8"}, corrects="1")
    second = process(FACTS, first.records, deliver(mended, offset=4))
    assert told(second) == [("1", "superseded", "2"), ("2", "counted", "")]
    assert {(row[2], row[7], row[8]) for row in second.ledger} == {("xa-9", -1, -1), ("xa-8", 1, 1)}
    assert second.cells == {("filing_digitised.components", "xa-9"), ("filing_digitised.components", "xa-8")}


def test_another_units_link_moves_nothing_until_it_is_sent_by_who_speaks_for_both() -> None:
    first = process(FACTS, {}, deliver(event("1", "filing.received", RECEIVED)))
    foreign = [
        event("2", "filing.received", RECEIVED | {"channel": "direct"}, unit="xa-2", corrects="1"),
        event("3", "event.retracted", {"id": "1"}, unit="xa-2", reach=("xa-2",)),
    ]
    second = process(FACTS, first.records, deliver(*foreign, offset=1))
    assert told(second) == [("2", "orphan", "1"), ("3", "orphan", "1")]
    assert second.ledger == []
    again = msgspec.structs.replace(foreign[0], reach=("xa-1", "xa-2"))
    third = process(FACTS, second.records, deliver(again, offset=2))
    assert told(third) == [("1", "superseded", "2"), ("2", "counted", "")]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_displaced_event_counts_no_longer_in_either_order(order: tuple[int, ...]) -> None:
    first = event("1", "filing.received", RECEIVED)
    taken_out = displacement(first.source, "1", FILING, "xa-1", 1_000)
    both = [first, taken_out]
    blocks = [process(FACTS, {}, deliver(both[order[0]]))]
    blocks.append(process(FACTS, blocks[0].records, deliver(both[order[1]], offset=1)))
    rows = [row for block in blocks for row in block.events]
    assert {row[2]: (row[OUTCOME], row[OTHER]) for row in rows} == {
        "1": ("conflict", taken_out.id),
        taken_out.id: ("noted", "1"),
    }
    assert sum(row[8] for block in blocks for row in block.ledger) == 0
    again = process(FACTS, blocks[0].records | blocks[1].records, deliver(*both, offset=2))
    assert told(again) == [("1", "duplicate", "1"), (taken_out.id, "duplicate", taken_out.id)]
    assert again.ledger == []


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_every_superseded_event_names_the_one_that_stands(order: tuple[int, ...]) -> None:
    ratings = [event(str(n), "filing.rated", {"rating": "neutral"}, time=n) for n in range(4)]
    record = process(FACTS, {}, deliver(*(ratings[n] for n in order))).records[FILING]
    said = {id_: (fate.outcome, fate.other_id) for (_, id_), fate in outcomes(FACTS, record).items()}
    assert said == {str(n): ("superseded", "3") for n in range(3)} | {"3": ("pending", "")}


def test_receipts_of_one_event_never_share_a_position() -> None:
    one = event("1", "filing.received", RECEIVED, recorded=5)
    other = event("2", "filing.received", RECEIVED | {"receiving_unit": "xa-8"}, recorded=4)
    first = process(FACTS, {}, deliver(one, other))
    assert told(first) == [("1", "counted", ""), ("2", "superseded", "1")]
    earlier = msgspec.structs.replace(one, recorded=3)
    second = process(FACTS, first.records, deliver(earlier, offset=1))
    assert told(second) == [("1", "superseded", "2"), ("2", "counted", "")]
    positions = [(row[2], row[OFFSET], row[SEQ]) for row in first.events + second.events]
    assert len(positions) == len(set(positions))


def test_heartbeats_are_kept_as_runs_of_days() -> None:
    beats = [
        event(str(n), "system.heartbeat", {"state": state}, "system/s", time=(DAY + day) * DAY_US)
        for n, (day, state) in enumerate([(0, "up"), (2, "degraded"), (1, "up"), (1, "up"), (5, "down")])
    ]
    block = process(FACTS, {}, deliver(*beats))
    assert [outcome for _, outcome, _ in told(block)] == ["counted"] * 4 + ["noted"]
    record = block.records["system/s"]
    assert (record.events, record.beats, record.last_beat) == ([], [(DAY, DAY + 2)], (DAY + 2) * DAY_US)
    again = process(FACTS, block.records, deliver(beats[0], offset=1))
    assert (len(again.events), again.records) == (1, {})


@pytest.mark.parametrize("day", range(9, 18))
def test_a_day_joins_the_runs_beside_it(day: int) -> None:
    runs = [(10, 11), (13, 13), (16, 17)]
    joined = with_day(runs, day)
    assert {d for a, b in joined for d in range(a, b + 1)} == {10, 11, 13, 16, 17, day}
    assert all(after[0] > before[1] + 1 for before, after in pairwise(joined))
    assert (joined is runs) == (day in {10, 11, 13, 16, 17})


def test_the_record_stays_as_it_was_and_survives_its_stored_form() -> None:
    first = process(FACTS, {}, deliver(event("1", "filing.received", RECEIVED))).records
    stored = encode_record(first[FILING])
    process(FACTS, first, deliver(event("2", "filing.result_issued", ISSUED), offset=1))
    assert encode_record(first[FILING]) == stored
    assert contributions(FACTS, decode_record(stored)) == contributions(FACTS, first[FILING])


def test_petitions_and_security_alerts_are_noted_and_move_nothing() -> None:
    petition = event("1", "petition.received", {"about": "filing"})
    alert = event("2", "security.alert", {"severity": "low"}, "security/1")
    block = process(FACTS, {}, deliver(petition, alert))
    assert told(block) == [("1", "noted", ""), ("2", "noted", "")]
    assert block.ledger == []


def test_the_seed_holds_each_register_subject_once_over_all_partitions() -> None:
    facts = Facts.from_catalogue(load_catalogue())
    blocks = [seed(facts, partition, 4) for partition in range(4)]
    rows = [row for block in blocks for row in block.ledger]
    assert all(partition_of(row[4], 4) == row[12] and row[13] == -1 for row in rows)
    assert all(row[7:11] == (0, 1, 0, "no_data") for row in rows)
    systems = sum(system.lifecycle == "in_use" for system in facts.systems.values())
    assert len(rows) == len(facts.state_agencies) + len(facts.portals) + 2 * systems
    assert all(block.events == [] and block.records == {} for block in blocks)


def test_an_instant_beyond_the_calendar_of_the_tables_is_entered_on_its_last_day() -> None:
    due = event("1", "report.due", {"due_at": "2300-01-01T00:00:00Z"}, "report/xa-1/bc/2026")
    assert [row[3] for row in process(FACTS, {}, deliver(due)).ledger] == [65_535]


def test_a_system_that_goes_live_without_dossier_keeps_the_finding_when_it_is_cured() -> None:
    bad = {"lifecycle": "in_use", "dossier": "none", "plan": "implemented"}
    good = bad | {"dossier": "approved"}
    live = event("1", "system.changed", bad, "system/s")
    cured = event("2", "system.changed", good, "system/s", time=(DAY + 3) * DAY_US)
    block = process(FACTS, {}, deliver(live, cured))
    findings = {row[2]: (row[OUTCOME], row[EXCLUSIONS]) for row in block.events}
    assert findings == {
        "1": ("counted", (("system_security_dossier", "went_live_without_dossier"),)),
        "2": ("counted", ()),
    }


def test_hashes_move_with_the_facts_and_not_with_a_second_reading() -> None:
    facts = Facts.from_catalogue(load_catalogue())
    assert facts.hash == Facts.from_catalogue(load_catalogue()).hash
    assert facts.hash != Facts(state_agencies=facts.state_agencies).hash
    assert readings_hash() == readings_hash()
    assert re.fullmatch("[0-9a-f]{32}", readings_hash())
