"""Messages of the `commands` topic: what a person asks, refused when it could be misread."""

import msgspec
import pytest

from shared.contracts.commands import Matching, decode_command, encode_command
from tests.support.alerts import NOW, command, minutes


def test_a_command_comes_back_as_it_was_sent() -> None:
    for one in (
        command("acknowledge", until=NOW + minutes(60), note="đang xử lý"),
        command("silence", matching=Matching(unit="xa-12004"), begins=NOW, until=NOW + minutes(60)),
        command("end_silence", silence_id=command("silence").id),
    ):
        assert decode_command(encode_command(one)) == one


@pytest.mark.parametrize(
    ("written", "other"),
    [
        ('"at":"2026-07-01T08:00:00Z"', '"at":"2026-07-01T08:00:00"'),
        ('"action":"note"', '"action":"delete"'),
        ('"by":"officer"', '"by":"officer","colour":"red"'),
        ("00000000-0000-0000-0000-000000000001", "1"),
        ('"note":""', f'"note":"{"x" * 501}"'),
    ],
)
def test_a_message_that_is_no_command_is_refused(written: str, other: str) -> None:
    message = encode_command(command("note")).decode()
    assert written in message
    with pytest.raises(msgspec.DecodeError):
        decode_command(message.replace(written, other).encode())
