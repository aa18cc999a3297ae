"""What the platform knew at each moment of the past, minute by minute, and what of it may have moved (pure).

Covered: cells, sources, systems, lines, security events, reports, and the quality of sources except what was refused,
which is kept for 90 days only. A sign of life counts from the minute it was received in.
"""

from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from services.alerts.past.statements import Statement, Statements
from services.alerts.past.tally import Entry, Tally
from services.alerts.sights import REMINDED, duties, links, security, systems
from services.alerts.snapshot import Quality, Snapshot, Source
from shared.catalogue import Catalogue
from shared.local_time import LOCAL

SYSTEMS = "/systems/"
QUALITY_DAYS = 7
QUALITY_EVERY = timedelta(hours=1)


class Sent(NamedTuple):
    """Of one source within one minute: events, conflicts, late ones, and the newest time that an event tells of."""

    events: int
    conflicts: int
    late: int
    newest: datetime


@dataclass(slots=True)
class Minute:
    """What became known within one minute; `at` is its end. `beats`: subject → newest counted sign of life."""

    at: datetime
    entries: list[Entry] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    beats: dict[str, datetime] = field(default_factory=dict)
    sent: dict[str, Sent] = field(default_factory=dict)


class Known:
    """Everything known so far; `hear` moves it on, `moved` is what may look different since it was asked."""

    def __init__(self, catalogue: Catalogue, began: date, last: date) -> None:
        """`began`: the first day of anything; `last`: of the replay. Periods are calendar years."""
        self._catalogue = catalogue
        self.tallies = [Tally(catalogue, str(year), began) for year in range(began.year, last.year + 1)]
        self._statements = Statements()
        self._heard: dict[str, datetime] = {}
        self._beats: dict[str, datetime] = {}
        self._due: dict[str, datetime] = {}
        self._week: dict[str, deque[tuple[datetime, Sent]]] = defaultdict(deque)
        self._of_week: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
        self._quality_at = datetime.min.replace(tzinfo=LOCAL)
        self._silent: frozenset[str] = frozenset()
        self._limits: dict[str, date] = {}
        self._today = date.min
        self._looked = self._quality_at
        self._moved: set[str] = set()
        self._sources = {SYSTEMS + one.code: one for one in catalogue.systems.values() if one.cadence_working_days}
        self._minutes = [source for source, one in self._sources.items() if one.cadence_minutes]
        self._ttl = {one.code: timedelta(minutes=one.heartbeat_ttl_minutes) for one in catalogue.systems.values()}

    def hear(self, minute: Minute) -> None:
        """What became known within a minute."""
        for tally in self.tallies:
            tally.add(minute.entries)
        for statement in minute.statements:
            self._statements.add(statement)
            self._moved.add(statement.subject)
        for subject, time in minute.beats.items():
            self._beats[subject] = max(time, self._beats.get(subject, time))
            if subject not in self._due:
                self._moved.add(subject)
            code = subject.partition("/")[2]
            self._due[subject] = self._beats[subject] + self._ttl.get(code, timedelta(minutes=15))
        for source, sent in minute.sent.items():
            self._heard[source] = max(sent.newest, self._heard.get(source, sent.newest))
            self._week[source].append((minute.at, sent))
            _add(self._of_week[source], sent, 1)

    def moved(self, now: datetime) -> list[Snapshot]:
        """One snapshot per period that is evaluated, of what may have moved alone; on a new day of everything."""
        today, self._looked = now.astimezone(LOCAL).date(), now
        whole = today != self._today
        self._today = today
        for tally in self.tallies:
            tally.move_to(today)
        for subject in [one for one, at in self._due.items() if at < now]:
            del self._due[subject]
            self._moved.add(subject)
        before = self._silent
        sources = self._see_sources(whole=whole)
        cells = self._cells(today, whole=whole or before != self._silent)
        beside = self._beside(now, whole=whole) | {"sources": sources, "quality": self._see_quality(now)}
        self._moved = set()
        empty = Snapshot(str(today.year), today, now, (), (), self._catalogue.working_days)
        seen = [_with(empty, {"period": period, "cells": found}) for period, found in cells if period != empty.period]
        own = next((found for period, found in cells if period == empty.period), ())
        return [_with(empty, beside | {"cells": own}), *seen]

    def next_silences(self) -> list[datetime]:
        """When systems and sources that run at all hours fall silent unless they are heard."""
        limits = [(one, timedelta(minutes=self._sources[one].cadence_minutes or 0)) for one in self._minutes]
        heard = [self._heard[one] + limit for one, limit in limits if one in self._heard]
        return [*(at for at in heard if at > self._looked), *self._due.values()]

    def _cells(self, today: date, *, whole: bool) -> list[tuple[str, tuple[Any, ...]]]:
        """Of the year and, in January, of the year before."""
        found = []
        for tally in self.tallies:
            year = int(tally.period)
            if year == today.year or (year == today.year - 1 and today.month == 1):
                keys = tally.all_cells() if whole else tally.take_touched()
                tally.touched = set()
                cells = (tally.cell(key, self._silent) for key in keys)
                found.append((tally.period, tuple(cell for cell in cells if cell)))
        return found

    def _see_sources(self, *, whole: bool) -> tuple[Source, ...]:
        """All on a new day, then those that run at all hours and those that were heard again."""
        if whole:
            cadences = {source: one.cadence_working_days or 0 for source, one in self._sources.items()}
            back = self._catalogue.working_days.add_working_days
            self._limits = {source: back(self._today, -days) for source, days in cadences.items()}
        asked = self._sources if whole else {*self._minutes, *(one for one in self._silent if self._is_new(one))}
        found = [self._source(source) for source in asked]
        silent = {SYSTEMS + one.code for one in found if one.silent}
        self._silent = frozenset(silent if whole else (self._silent - set(asked)) | silent)
        return tuple(found)

    def _is_new(self, source: str) -> bool:
        return self._source(source).silent is False

    def _source(self, source: str) -> Source:
        known, last = self._sources[source], self._heard.get(source)
        silent = last is None or last.astimezone(LOCAL).date() < self._limits[source]
        names = known.code, known.name_vi, known.owner, self._catalogue.units[known.owner].name_vi
        return Source(*names, known.cadence_working_days or 0, known.cadence_minutes, last, silent, ())

    def _see_quality(self, now: datetime) -> tuple[Quality, ...]:
        """Each hour: a figure of a week moves slowly."""
        if now - self._quality_at < QUALITY_EVERY:
            return ()
        self._quality_at = now
        found = []
        for source, week in self._week.items():
            while week and week[0][0] <= now - timedelta(days=QUALITY_DAYS):
                _add(self._of_week[source], week.popleft()[1], -1)
            if week and (known := self._catalogue.systems.get(source.removeprefix(SYSTEMS))):
                events, conflicts, late = self._of_week[source]
                found.append(Quality(known.code, known.name_vi, known.owner, "", events, conflicts, late, 0))
        return tuple(found)

    def _beside(self, now: datetime, *, whole: bool) -> dict[str, Any]:
        """Systems, lines, security events and duties, by the kinds of subjects that moved."""
        today, found = self._today, dict[str, Any]()
        by_kind: dict[str, list[str]] = {"system/": [], "network/": [], "security/": [], "report/": []}
        for subject in self._moved:
            if (kind := subject.partition("/")[0] + "/") in by_kind:
                by_kind[kind].append(subject)
        if whole or by_kind["system/"]:
            subjects = self._statements.subjects("system/")
            beats = {one: at for one, at in self._beats.items() if at <= now}
            every = systems(list(self._statements.rows(subjects, now)), beats, today, self._catalogue)
            found["systems"] = tuple(one for one in every if whole or f"system/{one.code}" in self._moved)
        subjects = self._statements.subjects("network/") if whole else by_kind["network/"]
        found["links"] = links(self._statements.rows(subjects, now), self._catalogue)
        found["security"] = security(self._statements.rows(by_kind["security/"], now), self._catalogue)
        if whole or any(
            subject.split("/")[2:3] and subject.split("/")[2] in REMINDED for subject in by_kind["report/"]
        ):
            rows = list(self._statements.rows(self._statements.subjects("report/"), now))
            found["duties"] = duties(rows, today, self._catalogue)
        return found


def _add(sums: list[int], sent: Sent, sign: int) -> None:
    """Running sums of events, conflicts and late ones: a week of minutes is too long to be added up each hour."""
    sums[0] += sign * sent.events
    sums[1] += sign * sent.conflicts
    sums[2] += sign * sent.late


def _with(snapshot: Snapshot, parts: dict[str, Any]) -> Snapshot:
    fields = {name: getattr(snapshot, name) for name in ("period", "as_of", "now", "watermark", "cells", "calendar")}
    return Snapshot(**fields | parts)
