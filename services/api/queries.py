"""What the api asks the database: only the views of `shared/schema`, only bound parameters, one query per answer.

Values and stamp come from one query, so that a page never shows a figure of one moment under the stamp of another.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

Row = dict[str, Any]


class Reader(Protocol):
    """Reads as the read-only user. Raises `RetryableError` when the engine does not answer."""

    async def rows(self, sql: str, parameters: Mapping[str, Any]) -> list[Row]:
        """Rows by column name; `parameters` are bound by the server."""
        ...


@dataclass(frozen=True, slots=True)
class Scope:
    """Which cells of which period; an empty string is no filter."""

    period: str
    as_of: date
    unit: str = ""
    indicator: str = ""
    level: str = ""

    def covers(self, row: Mapping[str, Any]) -> bool:
        """Whether a row of the board is in the scope."""
        whole = row["unit_kind"] == "province"
        levels = {"": True, "whole": whole, "units": not whole}
        return (
            self.unit in {"", row["unit"]}
            and self.indicator in {"", row["indicator"]}
            and levels.get(self.level, not whole and row["unit_level"] == self.level)
        )

    def parameters(self) -> Row:
        """Values for the placeholders of the queries below."""
        return {
            "period": self.period,
            "as_of": self.as_of,
            "unit": self.unit,
            "indicator": self.indicator,
            "level": self.level,
        }


# The texts that are put together here are constants of this module; values are only ever bound.
_CELLS = "board(period = {period:String}, as_of = {as_of:Date})"
_FILTER = """
({unit:String} = '' OR cells.unit = {unit:String}) AND ({indicator:String} = '' OR cells.indicator = {indicator:String})
AND multiIf({level:String} = '', true, unit_kind = 'province', {level:String} = 'whole',
            {level:String} = 'units' OR unit_level = {level:String})
"""
BOARD = f"SELECT * FROM {_CELLS} ORDER BY position, figure, unit"  # noqa: S608

REPORT = f"""
SELECT * FROM {_CELLS} AS cells
INNER JOIN (
    SELECT figure AS figure_key, annex_row, text_vi, figure_vi, lead_vi, coordinating_vi, counted_vi
    FROM catalogue_figures
) AS figures ON figures.figure_key = cells.figure
INNER JOIN (
    SELECT unit AS unit_key, name_vi AS unit_vi, position AS unit_position FROM catalogue_units
) AS units ON units.unit_key = cells.unit
WHERE {_FILTER} ORDER BY unit_position, position, figure
"""  # noqa: S608
# The joined columns are renamed, because a name that two sides share would come back with its side before it.

STAMP = """
WITH (SELECT end FROM catalogue_periods WHERE code = {period:String}) AS period_end
SELECT watermark, catalogue_version, sources_expected, sources_reporting,
       least({as_of:Date}, period_end) AS as_of, {as_of:Date} > period_end AS final
FROM stamp(as_of = {as_of:Date})
"""

_DETAIL_COLUMNS = """
, (SELECT groupArray((day, num, den)) FROM cell_history(period = {{period:String}}, as_of = {{as_of:Date}},
   figure = {{figure_{n}:String}}, unit = {{unit:String}})) AS history_{n}
, (SELECT groupArray((reason, total)) FROM cell_exclusions(period = {{period:String}}, as_of = {{as_of:Date}},
   figure = {{figure_{n}:String}}, unit = {{unit:String}})) AS exclusions_{n}
"""

SUBJECTS = """
SELECT subject, day, unit, num, den, excluded, reason, source, id, state
FROM cell_subjects(period = {period:String}, as_of = {as_of:Date}, figure = {figure:String}, unit = {unit:String},
                   after = {after:String})
WHERE {state:String} = '' OR state = {state:String}
ORDER BY subject LIMIT {limit:UInt32}
"""

PERIODS = "SELECT code, start, end FROM catalogue_periods WHERE code = {period:String}"
FIGURES_OF = "SELECT figure FROM catalogue_figures WHERE indicator = {indicator:String} ORDER BY position, figure"
FIRST_FIGURE = """
SELECT figures.figure AS figure FROM catalogue_figures AS figures
INNER JOIN catalogue_rollup AS rollup ON rollup.figure = figures.figure AND rollup.unit = {unit:String}
WHERE figures.indicator = {indicator:String} ORDER BY figures.position, figure LIMIT 1
"""
FIGURES = """
SELECT *, (SELECT argMax(version, published) FROM catalogue_version) AS catalogue_version
FROM catalogue_figures ORDER BY position, figure
"""
UNITS = """
SELECT unit, name_vi, name_en, short_vi, level, kind FROM catalogue_units
WHERE ({folded:String} = '' OR position(folded, {folded:String}) > 0)
  AND ({level:String} = '' OR level = {level:String})
ORDER BY catalogue_units.position, unit LIMIT {limit:UInt32}
"""

RECEIPT = """
WITH visible AS (
    SELECT source, id, subject, type, unit, time, received, outcome, other_id, cells, exclusions, partition, offset, seq
    FROM events WHERE source = {source:String} AND id = {id:String} AND kind = 'event'
      AND (empty({units:Array(String)}) OR has({units:Array(String)}, unit))
)
SELECT * EXCEPT seq FROM visible
WHERE subject = (SELECT argMin(subject, (received, partition, offset, seq)) FROM visible)
ORDER BY outcome = 'duplicate' OR (outcome = 'conflict' AND other_id = id), offset DESC, seq DESC LIMIT 1
"""
"""What became of the event itself; a repetition of it, or another content under its id, is told only when alone.

Of one id on two subjects the first received is the event; who may not see that one is told of the other's conflict.
"""

PULSE = """
SELECT (SELECT arraySort(groupArray((partition, offset, received))) FROM watermarks) AS watermark,
       (SELECT (changes, silences, deliveries) FROM alert_pulse) AS alerts,
       (SELECT argMax(version, published) FROM catalogue_version) AS catalogue_version
"""
"""What tells whether any page may have changed; small, because it is asked twice a second."""


async def board(reader: Reader, scope: Scope) -> list[Row]:
    """All cells of the scope's period and day in the order of the plan; each row carries the stamp."""
    return await reader.rows(BOARD, scope.parameters())


async def report(reader: Reader, scope: Scope) -> list[Row]:
    """Rows of the board with their legal texts, by unit and then in the order of the plan."""
    return await reader.rows(REPORT, scope.parameters())


async def stamp(reader: Reader, scope: Scope) -> Row:
    """The stamp alone, for an answer without rows."""
    return (await reader.rows(STAMP, scope.parameters()))[0]


async def period(reader: Reader, code: str) -> Row | None:
    """`start` and `end` of a period of the catalogue."""
    found = await reader.rows(PERIODS, {"period": code})
    return found[0] if found else None


async def cell(reader: Reader, scope: Scope, figure: str) -> list[Row]:
    """The figures of one indicator at one unit; each row has its own `history` and `exclusions`.

    One query for all, because histories read later could already know more than the values.
    """
    figures = [row["figure"] for row in await reader.rows(FIGURES_OF, {"indicator": scope.indicator})]
    wanted = [name for name in figures if figure in {"", name}]
    details = "".join(_DETAIL_COLUMNS.format(n=n) for n in range(len(wanted)))
    names = {f"figure_{n}": name for n, name in enumerate(wanted)}
    sql = f"SELECT cells.* {details} FROM {_CELLS} AS cells WHERE {_FILTER} ORDER BY position, figure"  # noqa: S608
    found = await reader.rows(sql, scope.parameters() | names) if wanted else []
    return [_with_detail(row, wanted.index(row["figure"])) for row in found if row["figure"] in wanted]


async def first_figure(reader: Reader, scope: Scope) -> str | None:
    """The indicator's first figure that the unit has a cell for."""
    found = await reader.rows(FIRST_FIGURE, {"indicator": scope.indicator, "unit": scope.unit})
    return str(found[0]["figure"]) if found else None


async def subjects(reader: Reader, scope: Scope, figure: str, page: Mapping[str, Any]) -> list[Row]:
    """One page of the subjects behind a figure; `page` has state, after, limit."""
    return await reader.rows(SUBJECTS, scope.parameters() | {"figure": figure, **page})


async def figures(reader: Reader) -> list[Row]:
    """Every figure of the catalogue with its legal texts."""
    return await reader.rows(FIGURES, {})


async def units(reader: Reader, folded: str, level: str, limit: int) -> list[Row]:
    """Units whose folded name contains `folded`."""
    return await reader.rows(UNITS, {"folded": folded, "level": level, "limit": limit})


async def receipt(reader: Reader, source: str, event_id: str, units: Iterable[str]) -> Row | None:
    """The row that tells what became of (source, id), as far as its unit is one of `units`; none = all units."""
    found = await reader.rows(RECEIPT, {"source": source, "id": event_id, "units": sorted(units)})
    return found[0] if found else None


async def pulse(reader: Reader) -> Row:
    """Watermark, alerts and catalogue version as they stand."""
    return (await reader.rows(PULSE, {}))[0]


def _with_detail(row: Row, n: int) -> Row:
    history: Sequence[tuple[date, int, int]] = row[f"history_{n}"]
    exclusions: Sequence[tuple[str, int]] = row[f"exclusions_{n}"]
    return row | {"history": history, "exclusions": exclusions}
