"""The few kinds of panel that the wallboards are made of, each with title, description, unit and place."""

from collections.abc import Sequence
from typing import NamedTuple

from grafana_foundation_sdk.builders import stat, table, timeseries
from grafana_foundation_sdk.builders.common import ReduceDataOptions, VizLegendOptions
from grafana_foundation_sdk.builders.dashboard import DashboardLink, ThresholdsConfig
from grafana_foundation_sdk.builders.prometheus import Dataquery as PrometheusQuery
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    BigValueGraphMode,
    BigValueJustifyMode,
    BigValueTextMode,
    GraphDrawStyle,
    LegendDisplayMode,
    LegendPlacement,
    LineInterpolation,
    TableCellHeight,
)
from grafana_foundation_sdk.models.dashboard import (
    DynamicConfigValue,
    GridPos,
    Threshold,
    ThresholdsMode,
    ValueMapping,
)

from deploy.grafana.query import CLICKHOUSE, IN_ITS_PLACE, PROMETHEUS, Sql
from deploy.grafana.words import NOTHING, Words, mapping, marks

Place = tuple[int, int, int, int]
"""Column and row of the upper left corner, width and height, in a grid of 24 columns."""

MOMENT = "time:HH:mm DD/MM/YYYY"
"""Unit of a moment, in the dashboard's time zone and as it is written in Việt Nam."""

COUNT = "locale"

CELL_PAGE = "${chitieu}/cells/${__data.fields.indicator}/${__data.fields.unit}?period=${period}&as_of=${as_of}"
UNIT_PAGE = "${chitieu}/units/${__data.fields.unit}?period=${period}&as_of=${as_of}"
ALERT_PAGE = "${chitieu}/alerts/${__data.fields.alert_id:percentencode}"


class Told(NamedTuple):
    """What a panel is called, and for whom the title is not enough."""

    title: str
    description: str


class Link(NamedTuple):
    """Where a number leads."""

    title: str
    url: str


BEHIND = Link("Vì sao có con số này: từng trường hợp", CELL_PAGE)
LEFT_OUT = Link("Từng trường hợp", "${chitieu}/cells/${indicator}/${unit}?period=${period}&as_of=${as_of}")
ABOUT_UNIT = Link("Trang của đơn vị", UNIT_PAGE)
ABOUT_ALERT = Link("Cảnh báo: chứng cứ và xử lý", ALERT_PAGE)


class Column(NamedTuple):
    """One column of a table, by the name that the query gives it; `title` "" hides it, links may still use it."""

    field: str
    title: str = ""
    words: Words | None = None
    link: Link | None = None
    width: int | None = None
    unit: str = ""


def grid(place: Place) -> GridPos:
    """As Grafana writes it."""
    x, y, w, h = place
    return GridPos(x=x, y=y, w=w, h=h)


def rows(told: Told, sql: str, columns: Sequence[Column], place: Place) -> table.Panel:
    """A table whose order is the query's."""
    panel = (
        table.Panel()
        .title(told.title)
        .description(told.description)
        .datasource(CLICKHOUSE)
        .with_target(Sql(sql))
        .unit("string")
        .no_value("–")
        .cell_height(TableCellHeight.MD)
        .grid_pos(grid(place))
    )
    for column in columns:
        panel.override_by_name(column.field, _properties(column))
    return panel


def _properties(column: Column) -> list[DynamicConfigValue]:
    if not column.title:
        return [DynamicConfigValue("custom.hidden", value=True)]
    found = [DynamicConfigValue("displayName", column.title)]
    if column.words is not None:
        found.append(DynamicConfigValue("mappings", mapping(column.words)))
        if any(word.color for word in column.words.values()):
            found.append(DynamicConfigValue("custom.cellOptions", {"type": "color-background", "mode": "basic"}))
    if column.unit:
        found.append(DynamicConfigValue("unit", column.unit))
    if column.link is not None:
        found.append(DynamicConfigValue("links", [{**column.link._asdict(), "targetBlank": True}]))
    if column.width is not None:
        found.append(DynamicConfigValue("custom.width", column.width))
    return found


class Tile(NamedTuple):
    """What every row of a query becomes: `value` is shown large under `name`; both are columns.

    No sizes of text: Grafana then fits it to the tile, however large the screen is.
    """

    name: str
    value: str
    link: Link


def tiles(told: Told, sql: str, tile: Tile, place: Place) -> stat.Panel:
    """A tile for each row, coloured by the sign that its text begins with."""
    behind = DashboardLink(tile.link.title).url(tile.link.url).target_blank(True)
    behind.build().placement = IN_ITS_PLACE
    return (
        _stat(told, sql, place)
        .reduce_options(ReduceDataOptions().values(True).limit(200).calcs(["lastNotNull"]).fields(f"/^{tile.value}$/"))
        .display_name(f"${{__data.fields.{tile.name}}}")
        .mappings(marks())
        .data_links([behind])
    )


class Field(NamedTuple):
    """One value of a query's only row."""

    field: str
    title: str
    words: Words | None = None
    mappings: Sequence[ValueMapping] = ()


def facts(told: Told, sql: str, fields: Sequence[Field], place: Place, unit: str = "string") -> stat.Panel:
    """The values of one row beside each other."""
    panel = _stat(told, sql, place).unit(unit)
    names = "|".join(one.field for one in fields)
    panel.reduce_options(ReduceDataOptions().values(False).calcs(["lastNotNull"]).fields(f"/^({names})$/"))
    for one in fields:
        found = [DynamicConfigValue("displayName", one.title)]
        if one.words is not None or one.mappings:
            found.append(DynamicConfigValue("mappings", mapping(one.words) if one.words else list(one.mappings)))
        panel.override_by_name(one.field, found)
    return panel


def _stat(told: Told, sql: str, place: Place) -> stat.Panel:
    neutral = ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps([Threshold(color=NOTHING)])
    return (
        stat.Panel()
        .title(told.title)
        .description(told.description)
        .datasource(CLICKHOUSE)
        .with_target(Sql(sql))
        .unit("string")
        .no_value("–")
        .thresholds(neutral)
        .color_mode(BigValueColorMode.BACKGROUND_SOLID)
        .graph_mode(BigValueGraphMode.NONE)
        .justify_mode(BigValueJustifyMode.CENTER)
        .text_mode(BigValueTextMode.VALUE_AND_NAME)
        .grid_pos(grid(place))
    )


class Series(NamedTuple):
    """A column that becomes a line; `dashed` tells it apart without a colour."""

    field: str
    title: str
    color: str
    dashed: bool = False


def history(told: Told, sql: str, series: Sequence[Series], place: Place, unit: str) -> timeseries.Panel:
    """Columns over time; the query has a column `time`."""
    panel = _over_time(told, place, unit).datasource(CLICKHOUSE).with_target(Sql(sql))
    for one in series:
        style = {"fill": "dash", "dash": [10, 10]} if one.dashed else {"fill": "solid"}
        panel.override_by_name(
            one.field,
            [
                DynamicConfigValue("displayName", one.title),
                DynamicConfigValue("color", {"mode": "fixed", "fixedColor": one.color}),
                DynamicConfigValue("custom.lineStyle", style),
            ],
        )
    return panel


def metrics(told: Told, exprs: Sequence[tuple[str, str]], place: Place, unit: str) -> timeseries.Panel:
    """Lines of Prometheus: (expression, legend)."""
    panel = _over_time(told, place, unit).datasource(PROMETHEUS)
    for number, (expr, legend) in enumerate(exprs):
        query = PrometheusQuery().ref_id(chr(ord("A") + number)).datasource(PROMETHEUS)
        panel.with_target(query.expr(expr).legend_format(legend).range())
    return panel


def _over_time(told: Told, place: Place, unit: str) -> timeseries.Panel:
    legend = VizLegendOptions().show_legend(True).display_mode(LegendDisplayMode.LIST)
    return (
        timeseries.Panel()
        .title(told.title)
        .description(told.description)
        .unit(unit)
        .min(0)
        .no_value("–")
        .draw_style(GraphDrawStyle.LINE)
        .line_interpolation(LineInterpolation.STEP_AFTER)
        .line_width(2)
        .legend(legend.placement(LegendPlacement.BOTTOM).calcs(["lastNotNull"]))
        .grid_pos(grid(place))
    )
