"""What single events said of systems, lines, security events and reports, as it was known at a moment (pure).

The same rows that `look.STATES` reads: of each event its newest fate, of each subject and part its newest effective
statement.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

INEFFECTIVE = frozenset({"conflict", "superseded", "retracted", "orphan", "cycle"})


class Statement(NamedTuple):
    """A row of `events` whose type is one of `STATE_TYPES`; `data` is JSON text."""

    source: str
    id: str
    subject: str
    type: str
    unit: str
    time: datetime
    outcome: str
    other_id: str
    data: str


class Statements:
    """By subject, every statement with its newest fate."""

    def __init__(self) -> None:
        self._said: dict[str, dict[tuple[str, str], Statement]] = {}

    def add(self, row: Statement) -> None:
        """A repetition and another content under the same id change no fate."""
        if row.outcome != "duplicate" and not (row.outcome == "conflict" and row.other_id == row.id):
            self._said.setdefault(row.subject, {})[row.source, row.id] = row

    def rows(self, subjects: Iterable[str], now: datetime) -> Iterator[dict[str, Any]]:
        """Rows as `sights` reads them, of the subjects; what is dated later than `now` is not yet said."""
        for subject in subjects:
            parts: dict[tuple[str, int], list[Statement]] = {}
            for one in self._said.get(subject, {}).values():
                if one.time <= now:
                    parts.setdefault((one.type, _part(one)), []).append(one)
            for (type_, part), said in parts.items():
                yield _row(subject, type_, part, said)

    def subjects(self, prefix: str) -> list[str]:
        """All of one kind."""
        return [subject for subject in self._said if subject.startswith(prefix)]


def _row(subject: str, type_: str, part: int, said: list[Statement]) -> dict[str, Any]:
    effective = [one for one in said if one.outcome not in INEFFECTIVE]
    newest = max(effective, key=_order, default=None)
    return {
        "subject": subject,
        "type": type_,
        "part": part,
        "standing": len(effective),
        "data": newest.data if newest else "",
        "owner": newest.unit if newest else "",
        "named": max(said, key=_order).unit,
        "last": newest.time if newest else None,
    }


def _order(one: Statement) -> tuple[datetime, str]:
    return one.time, one.id


def _part(one: Statement) -> int:
    """The line of a unit; whether a report was made on the system."""
    if one.type == "link.changed":
        return int(msgspec.json.decode(one.data)["line"])
    return int(msgspec.json.decode(one.data)["on_system"]) if one.type == "report.submitted" else 0
