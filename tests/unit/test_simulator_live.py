"""The live stream: now, at its rate, and with a unit that falls below its target."""

from datetime import date, datetime

import msgspec
import pytest

from deploy.local.simulator.book import Book
from deploy.local.simulator.casting import INCIDENT_UNIT, cast_world
from deploy.local.simulator.cli import year_to_date
from deploy.local.simulator.live import LiveStream, Show, mishaps_needed
from deploy.local.simulator.local_time import day_number, midnight
from deploy.local.simulator.noise import Rates
from deploy.local.simulator.run import Run
from shared.catalogue import load_catalogue

QUIET = Rates(0, 0, 0, 0)
START = midnight(day_number(date(2026, 11, 23))) + 10 * 3600


def streamed(show: Show, seconds: int, mishaps: int = 0) -> tuple[LiveStream, list[tuple[int, str]]]:
    """The stream after so many seconds, and (second of delivery, text) of everything."""
    stream = LiveStream(cast_world(load_catalogue(), show.seed), show)
    stream.plant(mishaps)
    sent = [(now, text) for now in range(START, START + seconds) for _, _, text in stream.step(now)]
    return stream, sent


def test_no_event_lies_in_the_future_when_it_is_sent() -> None:
    _, sent = streamed(Show(155, START, None, 80, INCIDENT_UNIT), 150)
    for now, text in sent:
        wire = msgspec.json.decode(text)
        for name in ("time", "recordedtime"):
            if name in wire:
                assert datetime.fromisoformat(wire[name]).timestamp() <= now, wire


def test_the_rate_is_kept_once_the_stream_is_under_way() -> None:
    _, sent = streamed(Show(155, START, None, 40, INCIDENT_UNIT, QUIET), 300)
    settled = [now for now, text in sent if now >= START + 120 and '"system.heartbeat"' not in text]
    assert 0.8 < len(settled) / (180 * 40) < 1.2


def test_the_incident_brings_the_unit_below_its_target_within_a_minute() -> None:
    stream, sent = streamed(Show(155, START, 60, 20, INCIDENT_UNIT, QUIET), 60, mishaps=12)
    num, den = stream.book.total("filing_full_online", INCIDENT_UNIT)
    assert num * 100 < 80 * den
    issued = [t for _, t in sent if '"filing.result_issued"' in t and f'"{INCIDENT_UNIT}"' in t]
    assert len(issued) >= 12


def test_as_many_filings_go_wrong_as_the_target_takes() -> None:
    book = Book()
    book.flow("filing_full_online", INCIDENT_UNIT, 20_500, 93, 100)
    missing = mishaps_needed(book, INCIDENT_UNIT)
    assert 80 * (100 + missing) > 93 * 100
    assert mishaps_needed(Book(), INCIDENT_UNIT) > 0


def test_what_a_stream_with_an_end_books_is_all_sent() -> None:
    stream, sent = streamed(Show(155, START, 60, 30, INCIDENT_UNIT, QUIET), 60)
    texts = [text for _, text in sent] + [text for day in stream.outbox.take_all() for _, _, text in day]
    issued = sum('"filing.result_issued"' in text for text in texts)
    assert sum(den for (reading, _, _), (_, den) in stream.book.flows.items() if reading == "filing_full_online") > 0
    assert issued == stream.outbox.types["filing.result_issued"]


def test_the_history_of_the_demo_ends_now_and_shows_the_incident_unit_above_its_target() -> None:
    options = year_to_date(START, 155, INCIDENT_UNIT)
    assert (options.first, options.last) == (date(2026, 1, 1), date(2026, 11, 23))
    run = Run(options, load_catalogue())
    texts = [text for day in run.plan.deliveries() for _, _, text in day]
    assert 60_000 < len(texts) < 100_000
    assert max(msgspec.json.decode(text)["time"] for text in texts) < "2026-11-23T10:00:00+07:00"
    num, den = run.book.total("filing_full_online", INCIDENT_UNIT)
    assert den >= 30
    assert num * 100 >= 80 * den


def test_after_the_year_of_the_plan_the_demo_shows_the_whole_year_and_before_it_none() -> None:
    later = year_to_date(midnight(day_number(date(2027, 3, 1))), 155, INCIDENT_UNIT)
    assert (later.first, later.last) == (date(2026, 1, 1), date(2026, 12, 31))
    with pytest.raises(ValueError, match="2025-12-31"):
        year_to_date(midnight(day_number(date(2026, 1, 1))), 155, INCIDENT_UNIT)
