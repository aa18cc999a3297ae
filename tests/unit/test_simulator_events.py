"""What the simulator sends: the whole vocabulary, within the contracts, from systems that may, at the stated rates."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime

import msgspec
import pytest

from deploy.local.simulator.noise import Rates
from deploy.local.simulator.run import Options, Run
from deploy.local.simulator.scene import Scale
from shared.catalogue import load_catalogue
from shared.contracts.vocabulary import EVENT_TYPES, SOC_ONLY, SOC_SOURCE
from tests.support.simulated import QUIET, played, small_month

Wire = dict[str, object]


@pytest.fixture(scope="module")
def month() -> tuple[Run, tuple[str, ...]]:
    return played(small_month())


@pytest.fixture(scope="module")
def events(month: tuple[Run, tuple[str, ...]]) -> list[Wire]:
    return [msgspec.json.decode(text) for text in month[1]]


def test_every_type_of_the_vocabulary_is_sent(events: list[Wire]) -> None:
    assert {event["type"] for event in events} == set(EVENT_TYPES)


def test_every_event_obeys_its_contract(events: list[Wire]) -> None:
    for event in events:
        kind = EVENT_TYPES[str(event["type"])]
        assert kind.subject.fullmatch(str(event["subject"])), event
        msgspec.json.decode(msgspec.json.encode(event["data"]), type=kind.data)


def test_each_system_sends_only_what_the_catalogue_lets_it_send(events: list[Wire]) -> None:
    catalogue = load_catalogue()
    sent = {(str(e["source"]).removeprefix("/systems/"), str(e["type"]), str(e["unit"])) for e in events}
    assert [s for s in sent if not catalogue.may_emit(s[0], s[1])] == []
    assert [s for s in sent if s[2] not in catalogue.units_for(s[0])] == []
    assert {e["source"] for e in events if e["type"] in SOC_ONLY} == {SOC_SOURCE}


def test_nothing_happens_or_is_recorded_outside_the_days_of_the_run(events: list[Wire]) -> None:
    first, end = datetime(2026, 2, 28, 17, tzinfo=UTC), datetime(2026, 3, 31, 17, tzinfo=UTC)
    for event in events:
        for name in ("time", "recordedtime"):
            if name in event:
                assert first <= datetime.fromisoformat(str(event[name])) < end, event


def test_heartbeats_are_neither_corrected_nor_retracted(events: list[Wire]) -> None:
    beats = {event["id"] for event in events if event["type"] == "system.heartbeat"}
    assert not [e for e in events if e["type"] == "system.heartbeat" and "corrects" in e]
    assert not [e for e in events if e["type"] == "event.retracted" and _named(e) in beats]


def _named(event: Wire) -> object:
    data = event["data"]
    assert isinstance(data, dict)
    return data["id"]


def test_the_same_id_has_the_same_content(events: list[Wire]) -> None:
    contents: dict[object, set[bytes]] = {}
    for event in events:
        moment = datetime.fromisoformat(str(event["time"])).timestamp()
        content = {k: v for k, v in event.items() if k not in {"time", "recordedtime"}} | {"time": moment}
        contents.setdefault((event["source"], event["id"]), set()).add(msgspec.json.encode(content, order="sorted"))
    assert [ident for ident, seen in contents.items() if len(seen) > 1] == []


def test_noise_keeps_the_stated_rates(month: tuple[Run, tuple[str, ...]]) -> None:
    _, quiet = played(small_month(QUIET))
    intended = len(quiet)
    beats = sum('"type":"system.heartbeat"' in text for text in quiet)
    noise, rates = month[0].outbox.noise, Rates()
    for kind, share, able in (
        ("late", rates.late, intended),
        ("duplicate", rates.duplicates, intended),
        ("correction", rates.corrections, intended - beats),
        ("retraction", rates.retractions, intended - beats),
    ):
        extra = (rates.corrections + rates.retractions) * beats if kind == "duplicate" else 0
        mean = share * able + extra
        assert abs(noise[kind] - mean) < 5 * mean**0.5, (kind, noise[kind], mean)


def test_late_events_are_delivered_days_after_they_happened(month: tuple[Run, tuple[str, ...]]) -> None:
    run, _ = played(small_month(Rates(0, 0.03, 0, 0)))
    assert run.outbox.noise.keys() == {"late"}
    delivered = Run(run.options, load_catalogue()).plan.deliveries()
    lags = [(at - datetime.fromisoformat(msgspec.json.decode(text)["time"]).timestamp()) / 86_400
            for day in delivered for at, _, text in day]  # fmt: skip
    late = [lag for lag in lags if lag > 0]
    assert len(late) == run.outbox.noise["late"]
    assert 1 <= min(late) < max(late) <= 20


def test_a_run_can_be_repeated_and_a_seed_changes_it() -> None:
    options = small_month(volume=0.02)
    again = Run(options, load_catalogue())
    assert played(options)[1] == tuple(text for day in again.plan.deliveries() for _, _, text in day)
    assert not _contents(played(options)[1]).keys() & _contents(played(small_month(seed=156, volume=0.02))[1]).keys()


def test_offices_rest_at_tet_and_on_weekends() -> None:
    _, texts = played(Options(date(2026, 2, 9), date(2026, 2, 27), scale=Scale(0.1, 24), rates=QUIET))
    closed: Counter[str] = Counter()
    for text in texts:
        if '"type":"casefile.closed"' in text:
            closed[text.partition('"time":"')[2][:10]] += 1
    assert set(closed) == {f"2026-02-{day:02d}" for day in (9, 10, 11, 12, 13, 23, 24, 25, 26, 27)}


def test_days_outside_the_year_of_the_plan_are_refused() -> None:
    with pytest.raises(ValueError, match="plan's year"):
        Run(Options(date(2026, 12, 30), date(2027, 1, 2)), load_catalogue())


def test_a_longer_run_repeats_the_shorter_one_without_a_conflict() -> None:
    scale = Scale(0.05, 24)
    options = [Options(date(2026, 3, 1), date(2026, 3, last), scale=scale) for last in (20, 28)]
    shorter, longer = (_contents(played(each)[1]) for each in options)
    assert len(shorter) > 5_000
    assert {ident: c for ident, c in shorter.items() if longer.get(ident) != c} == {}


def _contents(texts: Sequence[str]) -> dict[str, str]:
    """Id → content (the time as an instant), without `recordedtime`."""
    events = [msgspec.json.decode(text) for text in texts]
    for event in events:
        event["time"] = str(datetime.fromisoformat(event["time"]).astimezone(UTC))
        event.pop("recordedtime", None)
    return {event["id"]: msgspec.json.encode(event, order="sorted").decode() for event in events}
