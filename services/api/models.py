"""The answers of the api. Integers are what decides; `percent` is for display, rounded so that it never flatters."""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Status = Literal["met", "below", "no_occurrence", "no_target"]
Flag = Literal["provisional", "stale", "not_recoverable", "offline_conflict", "basis_undefined"]
SubjectState = Literal["counting", "missing", "excluded", "no_data"]


class Answer(BaseModel):
    """Frozen; built from rows of the views by name."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Watermark(Answer):
    """Up to where a partition of the log is processed."""

    partition: int
    offset: int = Field(description="Highest processed offset; −1 before the first record.")
    received: datetime = Field(description="When that record was received, UTC.")


class Stamp(Answer):
    """What the figures of this answer know."""

    as_of: date = Field(description="Local day (Asia/Ho_Chi_Minh) of the figures, at its end.")
    watermark: list[Watermark]
    catalogue_version: str
    sources_expected: int
    sources_reporting: int
    final: bool = Field(description="The period is over: only corrections and late events still move it.")


class Cell(Answer):
    """One figure of one unit in one period."""

    indicator: str
    figure: str
    code: str
    unit: str
    kind: str
    num: int
    den: int
    excluded: int
    percent: float | None = Field(description="Tenths of a percent; null when nothing occurred.")
    recent_num: int | None = Field(description="Last 30 days; null for stocks.")
    recent_den: int | None
    recent_percent: float | None
    target: int | None = Field(description="Percent; null when none is in force.")
    comparator: str
    legal_row: str
    status: Status
    recent_status: Status | None
    shown_status: Status = Field(description="What a screen colours by.")
    indicator_status: Status = Field(description="The indicator at this unit: met when every figure is.")
    flags: list[Flag]
    reported: bool = Field(description="True: a reported figure; false: counted from events.")


class Board(Answer):
    """Cells and the stamp of the one query they were read by."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "example": {
                "period": "2026",
                "stamp": {
                    "as_of": "2026-07-15",
                    "watermark": [{"partition": 0, "offset": 8123, "received": "2026-07-15T02:10:11.120Z"}],
                    "catalogue_version": "2026.1",
                    "sources_expected": 112,
                    "sources_reporting": 111,
                    "final": False,
                },
                "cells": [
                    {
                        "indicator": "filing_full_online", "figure": "filing_full_online", "code": "T09",
                        "unit": "xa-12070", "kind": "flow", "num": 799, "den": 1000, "excluded": 31, "percent": 79.9,
                        "recent_num": 90, "recent_den": 100, "recent_percent": 90.0, "target": 80,
                        "comparator": ">=", "legal_row": "PL01-11", "status": "below", "recent_status": "met",
                        "shown_status": "below", "indicator_status": "below", "flags": ["provisional"],
                        "reported": False,
                    }
                ],
            }
        },
    )  # fmt: skip

    period: str
    stamp: Stamp
    cells: list[Cell]


class Day(Answer):
    """The cumulative figure at the end of a day on which something moved."""

    day: date
    num: int
    den: int


class Exclusion(Answer):
    """What was seen but is not in the rate."""

    reason: str
    sentence: str = Field(description="The reason in Vietnamese.")
    sentence_en: str
    count: int


class FigureDetail(Answer):
    """A cell with its history and what was left out."""

    cell: Cell
    name_vi: str
    name_en: str
    history: list[Day]
    exclusions: list[Exclusion]


class CellAnswer(Answer):
    """The figures of one indicator at one unit."""

    period: str
    start: date
    end: date
    stamp: Stamp
    indicator: str
    unit: str
    figures: list[FigureDetail]


class Subject(Answer):
    """One subject behind a number: an opaque key, never a person."""

    subject: str
    day: date
    unit: str
    num: int
    den: int
    excluded: int
    reason: str
    sentence: str = Field(description="The reason in Vietnamese; empty when it simply counts.")
    sentence_en: str
    source: str
    id: str
    state: SubjectState


class Subjects(Answer):
    """One page; `next` is the cursor of the next one, null at the end."""

    figure: str
    unit: str
    subjects: list[Subject]
    next: str | None


class Figure(Answer):
    """A figure of the catalogue with its legal texts."""

    figure: str
    indicator: str
    code: str
    position: int
    kind: str
    indicator_vi: str
    indicator_en: str
    figure_vi: str
    figure_en: str
    annex_row: str
    section: str
    text_vi: str
    counted_vi: str
    lead_vi: str
    coordinating_vi: str


class Figures(Answer):
    """All figures in the order of the plan."""

    catalogue_version: str
    figures: list[Figure]


class Unit(Answer):
    """A unit of the catalogue."""

    unit: str
    name_vi: str
    name_en: str
    short_vi: str
    level: str
    kind: str


class Units(Answer):
    """Units in the order of the catalogue."""

    units: list[Unit]


class UnitRank(Answer):
    """How a unit stands over all its indicators."""

    unit: str
    below: int = Field(description="Indicators below target.")
    met: int
    shortfall: float = Field(description="Sum of the percentage points missing to the targets.")


class Ranking(Answer):
    """Units, worst first."""

    period: str
    stamp: Stamp
    units: list[UnitRank]


class Overview(Answer):
    """The province's cells and the worst units under one stamp."""

    period: str
    stamp: Stamp
    cells: list[Cell]
    units: list[UnitRank]


class CellRef(Answer):
    """A contribution of an event."""

    reading: str
    unit: str
    day: date
    num: int
    den: int


class ExcludedFrom(Answer):
    """A reading that saw the event and left it out."""

    reading: str
    indicator: str
    reason: str
    sentence: str = Field(description="The reason in Vietnamese.")
    sentence_en: str


class Repeat(Answer):
    """A later delivery under the event's source and id: the same again, or other content without effect."""

    outcome: str
    sentence: str
    sentence_en: str
    subject: str
    type: str
    unit: str
    time: datetime
    received: datetime
    partition: int
    offset: int


class Receipt(Answer):
    """What became of an event, as of now; of a rejected one only what ingest keeps of it."""

    source: str
    id: str
    subject: str
    type: str
    unit: str
    time: datetime | None = None
    received: datetime
    outcome: str
    sentence: str = Field(description="The outcome in Vietnamese.")
    sentence_en: str
    other_id: str = Field(description="Which event replaced it, took it back, or is corrected or taken back by it.")
    reason: str = Field("", description="Of a rejected event: the token of the answer to the request.")
    pointer: str = Field("", description="Of a rejected event: the field that the reason is about.")
    late: bool = Field(False, description="Received later than a week after its time.")
    cells: list[CellRef] = Field(description="In which cells it counts, and how.")
    exclusions: list[ExcludedFrom]
    repeats: list[Repeat] = Field([], description="Duplicates of it and conflicts with it, at most 100, oldest first.")
    partition: int | None = Field(None, description="Where it stands in the log; null of a rejected event.")
    offset: int | None = None


class ReceiptLine(Answer):
    """An event of a list."""

    id: str
    subject: str
    type: str
    unit: str
    time: datetime | None = None
    received: datetime
    outcome: str
    other_id: str
    reason: str = ""
    pointer: str = ""
    late: bool
    sentence: str
    sentence_en: str


class Receipts(Answer):
    """Events with the asked outcome, by id."""

    outcome: str
    events: list[ReceiptLine]
    next: str | None = Field(description="`after` of the next page; null on the last.")


class DeadLetter(Answer):
    """A record of the log that could not be processed; its events are in no figure until they are replayed."""

    partition: int
    offset: int
    reason: str
    sentence: str = Field(description="The reason in Vietnamese.")
    sentence_en: str
    at: datetime = Field(description="When it was set aside.")
    bytes: int
    replayed: datetime | None = Field(description="When its events were sent again; null while it waits.")


class DeadLetters(Answer):
    """Waiting ones first, newest first."""

    dead_letters: list[DeadLetter]
    waiting: int = Field(description="How many were not replayed, over all pages.")


class SessionAnswer(Answer):
    """Who is logged in, and what they may see."""

    role: str | None
    owner: str | None
    open_board: bool
    expires: datetime | None
