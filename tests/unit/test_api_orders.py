"""What people may ask of alerts: limits of notes and times, and what becomes of an accepted request."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from pydantic import ValidationError

from services.api import alert_models, orders
from services.api.problems import ProblemError
from shared.contracts.commands import MAX_SILENCE_DAYS, Matching, decode_command, encode_command

NOW = datetime(2026, 7, 1, 8, tzinfo=UTC)
ALERT = "below_target:filing_full_online:xa-12004:2026"
KEY = UUID("7d444840-9dc0-41d1-b245-5ffdce74fad2")


def after(days: float) -> datetime:
    return NOW + timedelta(days=days)


def test_an_order_is_a_command_that_the_alerts_service_can_read() -> None:
    asked = alert_models.Acknowledge(until=after(1), note="  đang xử lý ")
    command = decode_command(encode_command(orders.order("acknowledge", ALERT, asked, "Tổ CĐS", NOW, KEY)))
    assert (command.id, command.action, command.alert_id) == (str(KEY), "acknowledge", ALERT)
    assert (command.by, command.at, command.until, command.note) == ("Tổ CĐS", NOW, after(1), "đang xử lý")


def test_two_orders_without_an_own_id_are_two_commands() -> None:
    first, second = (orders.order("escalate", ALERT, alert_models.Escalate(), "x", NOW, None) for _ in range(2))
    assert first.id != second.id


def test_a_silence_of_one_alert_matches_it_alone() -> None:
    command = orders.order("silence", ALERT, alert_models.SilenceOne(until=after(1)), "x", NOW, None)
    assert command.matching == Matching(alert_id=ALERT)


@pytest.mark.parametrize("until", [after(0), after(-1), after(MAX_SILENCE_DAYS) + timedelta(seconds=1)])
def test_a_time_that_has_passed_or_is_too_far_is_refused(until: datetime) -> None:
    with pytest.raises(ProblemError, match="until"):
        orders.order("silence", ALERT, alert_models.SilenceOne(until=until), "x", NOW, None)


def test_the_longest_silence_counts_from_its_beginning() -> None:
    asked = alert_models.SilenceMany(unit="xa-12004", begins=after(10), until=after(10 + MAX_SILENCE_DAYS))
    assert orders.silence(asked, "x", NOW, None).until == asked.until
    late = asked.model_copy(update={"until": after(11 + MAX_SILENCE_DAYS)})
    with pytest.raises(ProblemError, match="until"):
        orders.silence(late, "x", NOW, None)


def test_maintenance_that_begins_in_the_next_year_is_refused() -> None:
    with pytest.raises(ProblemError, match="until"):
        orders.silence(alert_models.SilenceMany(unit="x", begins=after(400), until=after(401)), "x", NOW, None)


def test_a_silence_over_everything_is_refused() -> None:
    with pytest.raises(ProblemError, match="matches_everything"):
        orders.silence(alert_models.SilenceMany(until=after(1)), "x", NOW, None)


@pytest.mark.parametrize("note", ["CCCD 033090001234", "gọi 0912 345 678", "gửi a.b@example.vn"])
def test_a_note_with_personal_data_is_refused(note: str) -> None:
    with pytest.raises(ProblemError, match="personal_data"):
        orders.order("note", ALERT, alert_models.Note(note=note), "x", NOW, None)


@pytest.mark.parametrize("body", [{"note": ""}, {"note": "   "}, {"note": "x" * 501}, {"note": "a\x00b"}, {}])
def test_a_note_that_is_empty_too_long_or_no_text_is_refused(body: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        alert_models.Note.model_validate(body)


@pytest.mark.parametrize(
    "body",
    [{"until": "2026-07-02T08:00:00"}, {"until": "tomorrow"}, {"untill": "2026-07-02T08:00:00Z"}, {"note": 5}],
)
def test_a_time_without_a_zone_and_a_misspelt_field_are_refused(body: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        alert_models.Acknowledge.model_validate(body)
