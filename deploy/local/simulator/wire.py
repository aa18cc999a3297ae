"""One event as CloudEvents JSON text. Built with one format string: thirty thousand are made in a second."""

from typing import NamedTuple

from deploy.local.simulator.local_time import local_text, utc_text


class Sent(NamedTuple):
    """An event as intended: `at` is its `time`, `data` is JSON text."""

    source: str
    id: str
    type: str
    subject: str
    at: int
    unit: str
    data: str


def text(event: Sent) -> str:
    """The event as its system sends it at once."""
    source, id_, type_, subject, at, unit, data = event
    return (
        f'{{"specversion":"1.0","id":"{id_}","source":"/systems/{source}","type":"{type_}",'
        f'"subject":"{subject}","time":"{local_text(at)}","unit":"{unit}","data":{data}}}'
    )


def recorded_text(event: Sent, recorded: int, corrects: str = "") -> str:
    """The event with the time at which its system recorded it, and the event that it replaces."""
    link = f'"corrects":"{corrects}",' if corrects else ""
    return text(event).replace('"data":', f'"recordedtime":"{local_text(recorded)}",{link}"data":', 1)


def same_content_text(event: Sent, recorded: int) -> str:
    """The same content in other words: the instant in UTC, and another `recordedtime`."""
    local, utc = f'"time":"{local_text(event.at)}"', f'"time":"{utc_text(event.at)}"'
    return recorded_text(event, recorded).replace(local, utc, 1)
