"""The same (source, id) on two subjects, in two partitions: within a minute only the first received counts."""

import msgspec

from shared.contracts.event import Envelope, Event, content_hash, encode_envelope
from shared.contracts.platform import DISPLACED, PLATFORM_SOURCE, displacement
from shared.topics import partition_of
from tests.support.scoring import DEADLINE_SECONDS, PARTITIONS, ScoringSetup, filings
from tests.support.waiting import wait_until

RECEIVED_MS = 1_772_500_000_000
LATER_MS = RECEIVED_MS + 1_000
OFTEN = {"CHITIEU_SCORING_IDENTITY_SECONDS": "1"}


def pair() -> tuple[list[Event], Event, Event]:
    """Four events each of two filings in different partitions, the first one's rating, and it again on the second."""
    first, *rest = (filings(number, 1) for number in range(20))
    place = partition_of(first[0].subject, PARTITIONS)
    second = next(events for events in rest if partition_of(events[0].subject, PARTITIONS) != place)
    true = first.pop()
    return [*first, *second], true, moved(true, second[0].subject)


def moved(event: Event, subject: str) -> Event:
    """The event under the same id on another subject, later than every event there."""
    other = msgspec.structs.replace(event, subject=subject, time=event.time + 3_600_000_000)
    return msgspec.structs.replace(other, content=content_hash(other))


def send_at(scoring: ScoringSetup, event: Event, received: int) -> None:
    """One record with one event."""
    scoring.sent.append(event)
    scoring.send_raw([(partition_of(event.subject, PARTITIONS), encode_envelope(Envelope(received, [event])))])


def taken_out(scoring: ScoringSetup) -> list[tuple[object, ...]]:
    """Receipts of the platform's own events."""
    return scoring.query(
        f"SELECT subject, outcome, other_id FROM events_1 WHERE source = '{PLATFORM_SOURCE}' AND type = '{DISPLACED}'"  # noqa: S608
    )


def test_only_the_first_received_counts_although_the_later_one_was_scored_first(scoring: ScoringSetup) -> None:
    others, true, false = pair()
    scoring.send(others)
    send_at(scoring, false, LATER_MS)
    scoring.worker(**OFTEN).start()
    scoring.wait_exact()
    both = scoring.sums()
    send_at(scoring, true, RECEIVED_MS)

    removal = displacement(false.source, false.id, false.subject, false.unit, LATER_MS)
    scoring.sent.append(removal)
    scoring.wait_exact()

    assert scoring.sums() != both
    assert taken_out(scoring) == [(false.subject, "noted", false.id)]
    newest = (
        "SELECT outcome, other_id FROM events_1 WHERE id = {id:String} AND subject = {subject:String}"
        " ORDER BY offset DESC, seq DESC LIMIT 1"
    )
    for event, told in ((true, ("counted", "")), (false, ("conflict", removal.id))):
        sql = newest.replace("{id:String}", f"'{event.id}'").replace("{subject:String}", f"'{event.subject}'")
        assert scoring.query(sql) == [told]


def test_a_second_subject_that_comes_after_a_restart_is_found_and_nothing_is_taken_out_twice(
    scoring: ScoringSetup,
) -> None:
    others, true, false = pair()
    scoring.send(others)
    send_at(scoring, true, RECEIVED_MS)
    scoring.worker(**OFTEN).start()
    scoring.wait_exact()
    looked_at = scoring.folder / "data" / "two-subjects-1.json"
    wait_until(looked_at.exists, deadline_seconds=DEADLINE_SECONDS, what="a look at the table")
    scoring.stop()

    send_at(scoring, false, LATER_MS)
    scoring.sent.append(displacement(false.source, false.id, false.subject, false.unit, LATER_MS))
    second = scoring.worker(**OFTEN).start()
    scoring.wait_exact()
    second.end()

    looked_at.unlink()
    scoring.worker(**OFTEN).start()
    wait_until(looked_at.exists, deadline_seconds=DEADLINE_SECONDS, what="a look at the whole table")
    scoring.wait_exact()
    assert len(taken_out(scoring)) == 1
