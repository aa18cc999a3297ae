"""The simulator's books: kept from intentions, they agree with the readings whatever the deliveries look like."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from random import Random

import msgspec
import pytest

from deploy.local.simulator.book import Book, write_expected
from deploy.local.simulator.local_time import day_text
from deploy.local.simulator.noise import Rates
from deploy.local.simulator.run import Run
from deploy.local.simulator.timeline import by_day, intervals
from services.scoring.evaluation import contributions
from services.scoring.facts import Facts
from services.scoring.records import Delivery, Record, admit
from shared.catalogue import load_catalogue
from tests.support.simulated import QUIET, Amounts, amounts, expected_of, played, read_event, small_month, total

HEAVY = Rates(duplicates=0.1, late=0.1, corrections=0.1, retractions=0.1)


def scored(texts: Sequence[str]) -> Amounts:
    """The ledger of all deliveries, by the readings' own functions."""
    facts = Facts.from_catalogue(load_catalogue())
    subjects: dict[str, list[Delivery]] = defaultdict(list, {subject: [] for subject in facts.register})
    for offset, text in enumerate(texts):
        event = read_event(text)
        subjects[event.subject].append(Delivery(event, 0, 0, offset, 0))
    records = [admit(None, found)[0] if found else Record(subject) for subject, found in subjects.items()]
    return total(
        ((key[0], key[1], day_text(key[2])), (entry[0], entry[1]))
        for record in records
        for key, entry in contributions(facts, record).items()
    )


@pytest.mark.parametrize("rates", [Rates(), HEAVY], ids=["stated rates", "heavy noise"])
def test_readings_of_shuffled_deliveries_equal_the_books(rates: Rates) -> None:
    run, texts = played(small_month(rates))
    ledger, expected = scored(Random(7).sample(texts, len(texts))), expected_of(run)
    stocks = {row["reading"] for row in expected["stocks"]}
    shown = set(load_catalogue().readings()) - stocks
    assert {key: v for key, v in ledger.items() if key[0] in shown} == amounts(expected["cells"], "day")
    assert amounts(expected["stocks"], "as_of") == total(
        ((reading, unit, day_text(day)), amount)
        for (reading, unit, moved), amount in ledger.items()
        for day in run.as_of_days()
        if reading in stocks and moved <= day_text(day)
    )


def test_every_reading_of_the_catalogue_is_booked() -> None:
    run, _ = played(small_month())
    expected = expected_of(run)
    booked = {row["reading"] for row in expected["cells"] + expected["stocks"]}
    assert booked == set(load_catalogue().readings())


def test_noise_never_changes_an_intention() -> None:
    quiet, noisy = played(small_month(QUIET))[0], played(small_month(HEAVY))[0]
    assert expected_of(quiet) == expected_of(noisy)


def test_some_units_miss_their_targets_and_others_do_not() -> None:
    cells: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    for row in expected_of(played(small_month())[0])["cells"]:
        cells[row["reading"]][row["unit"]][0] += row["num"]
        cells[row["reading"]][row["unit"]][1] += row["den"]
    for reading, target in (("filing_full_online", 80), ("satisfaction", 91), ("document_signed", 100)):
        met = [num * 100 >= target * den for num, den in cells[reading].values()]
        assert 0.02 < 1 - sum(met) / len(met) < 0.6, reading


def test_silent_entities_stay_in_the_denominators() -> None:
    run: Run = played(small_month())[0]
    stocks = amounts(expected_of(run)["stocks"], "as_of")
    agency = next(iter(run.fates.unheard_agencies))
    assert stocks["network_coverage", agency, "2026-03-31"] == (0, 1)
    portal = next(portal for portal in run.world.portals if not portal.assessed)
    assert stocks["portal_information_complete", portal.unit, "2026-03-31"] == (0, 1)
    unheard = next(system for system in run.world.systems if system.registered_in_use and not system.states)
    owned = [s for s in run.world.systems if s.owner == unheard.owner and (s.registered_in_use or s.states)]
    num, den = stocks["system_monitored", unheard.owner, "2026-03-31"]
    assert num < den <= len(owned)


def test_a_stock_is_the_last_state_before_midnight() -> None:
    changes = [(1_000, "a"), (90_000, "b"), (90_001, "c"), (300_000, "d")]
    assert intervals(by_day(changes)) == [((0, 1), "a"), ((1, 3), "c"), ((3, None), "d")]


def test_a_book_is_written_as_json_without_cells_that_are_zero(tmp_path: Path) -> None:
    book, file = Book(), tmp_path / "expected.json"
    book.flow("satisfaction", "xa-11977", 20_000, 1)
    book.flow("satisfaction", "xa-11977", 20_000, 0, 2)
    book.flow("satisfaction", "xa-11992", 20_000, 0, 0)
    book.stock("network_coverage", "xa-11977", (20_000, 20_002), 1)
    write_expected(book, [20_001, 20_002], {"seed": 1}, file)
    assert msgspec.json.decode(file.read_bytes()) == {
        "run": {"seed": 1},
        "cells": [{"reading": "satisfaction", "unit": "xa-11977", "day": "2024-10-04", "num": 1, "den": 3}],
        "stocks": [{"reading": "network_coverage", "unit": "xa-11977", "as_of": "2024-10-05", "num": 1, "den": 1}],
    }
