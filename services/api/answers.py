"""Rows of the views as the models of the answers; pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.api import models
from services.api.wording import outcome_words, reason_words

Row = Mapping[str, Any]


def stamp(row: Row) -> models.Stamp:
    """The stamp that a row of the board, or the stamp's own row, carries."""
    marks = [models.Watermark(partition=p, offset=o, received=r) for p, o, r in row["watermark"]]
    return models.Stamp(
        as_of=row["as_of"],
        watermark=marks,
        catalogue_version=row["catalogue_version"],
        sources_expected=row["sources_expected"],
        sources_reporting=row["sources_reporting"],
        final=row["final"],
    )


def cell(row: Row) -> models.Cell:
    """A row of the board; target −1 is none."""
    target = row["target"] if row["target"] >= 0 else None
    return models.Cell.model_validate({**row, "target": target, "reported": str(row["kind"]).startswith("reported")})


def cell_answer(rows: Sequence[Row], names: Mapping[str, Row]) -> models.CellAnswer:
    """The figures of one indicator at one unit; `names` by figure, from the catalogue. At least one row."""
    first = rows[0]
    return models.CellAnswer(
        period=first["period"],
        start=first["start"],
        end=first["end"],
        stamp=stamp(first),
        indicator=first["indicator"],
        unit=first["unit"],
        figures=[_figure(row, names[row["figure"]]) for row in rows],
    )


def subject(row: Row) -> models.Subject:
    """A row of the drill-down, with its reason in words."""
    words = reason_words(row["reason"])
    return models.Subject.model_validate({**row, "sentence": words.vi, "sentence_en": words.en})


def receipt(row: Row) -> models.Receipt:
    """The newest row of an event, in words."""
    cells = [dict(zip(("reading", "unit", "day", "num", "den"), _values(one), strict=True)) for one in row["cells"]]
    exclusions = [_excluded_from(*_values(one)) for one in row["exclusions"]]
    words = outcome_words(row["outcome"])
    said = {"sentence": words.vi, "sentence_en": words.en}
    return models.Receipt.model_validate({**row, **said, "cells": cells, "exclusions": exclusions})


def _values(named_tuple: Any) -> tuple[Any, ...]:
    """The engine's named tuples arrive as mappings or as tuples, depending on the client."""
    return tuple(named_tuple.values()) if isinstance(named_tuple, Mapping) else tuple(named_tuple)


def _figure(row: Row, names: Row) -> models.FigureDetail:
    days = [models.Day(day=day, num=num, den=den) for day, num, den in row["history"]]
    excluded = [_exclusion(reason, count) for reason, count in row["exclusions"]]
    return models.FigureDetail(
        cell=cell(row), name_vi=names["figure_vi"], name_en=names["figure_en"], history=days, exclusions=excluded
    )


def _excluded_from(reading: str, reason: str) -> models.ExcludedFrom:
    words = reason_words(reason)
    indicator = reading.partition(".")[0]
    return models.ExcludedFrom(
        reading=reading, indicator=indicator, reason=reason, sentence=words.vi, sentence_en=words.en
    )


def _exclusion(reason: str, count: int) -> models.Exclusion:
    words = reason_words(reason)
    return models.Exclusion(reason=reason, sentence=words.vi, sentence_en=words.en, count=count)
