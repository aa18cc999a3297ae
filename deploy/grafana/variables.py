"""What a person chooses at the top of a dashboard, and the frame that all dashboards share."""

from collections.abc import Sequence

from grafana_foundation_sdk.builders.dashboard import (
    AnnotationQuery,
    ConstantVariable,
    Dashboard,
    DashboardLink,
    QueryVariable,
)
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models.common import DataSourceRef
from grafana_foundation_sdk.models.dashboard import (
    DashboardLinkType,
    VariableModel,
    VariableOption,
    VariableRefresh,
    VariableSort,
)

from deploy.grafana.files import PUBLIC_URL
from deploy.grafana.query import CLICKHOUSE, IN_ITS_PLACE, AlertMarks, as_stored
from deploy.grafana.words import BAD

TAG = "chitieu"
REFRESH = "30s"
"""As often as the alerts look at everything; a board costs the database about a tenth of a second."""

AS_OF = "SELECT as_of FROM as_of_day(to_ms = ${__to})"
PERIOD = "SELECT code, text FROM period_choices(as_of = ${as_of:sqlstring}) ORDER BY place"
UNIT = "SELECT unit, name_vi FROM catalogue_units ORDER BY position"
INDICATOR = """SELECT indicator, concat(any(code), ' ', any(indicator_vi)) AS text FROM catalogue_figures
GROUP BY indicator ORDER BY min(position)"""
FIGURE = (
    """SELECT figure, figure_vi FROM catalogue_figures WHERE indicator = ${indicator:sqlstring} ORDER BY position"""
)


def query_variable(name: str, label: str, description: str, sql: str) -> QueryVariable:
    """Asked again whenever the time moves, so that a screen that stays on turns to the next day by itself.

    Of two columns the first is the value and the second the text; the first row is the default.
    """
    return (
        QueryVariable(name)
        .label(label)
        .description(description)
        .datasource(CLICKHOUSE)
        .query(as_stored(sql, f"variable-{name}"))
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.DISABLED)
    )


def as_of() -> QueryVariable:
    """The day at the end of the time picker: one clock for everything on the screen."""
    return query_variable("as_of", "Tính đến hết ngày", "Ngày cuối của khoảng thời gian đã chọn.", AS_OF)


def period() -> QueryVariable:
    """The year of the day, or a part of it."""
    return query_variable("period", "Kỳ", "Kỳ tính lũy kế; mặc định là cả năm.", PERIOD)


def unit() -> QueryVariable:
    """The province first."""
    return query_variable("unit", "Đơn vị", "Đơn vị được xem.", UNIT)


def indicator() -> QueryVariable:
    """In the order of the plan."""
    return query_variable("indicator", "Chỉ tiêu", "Chỉ tiêu của kế hoạch.", INDICATOR)


def figure() -> QueryVariable:
    """Most indicators have one."""
    return query_variable("figure", "Số đo", "Chỉ tiêu có nhiều số đo: chọn một.", FIGURE)


def public_url() -> ConstantVariable:
    """Where the api's pages are."""
    chosen = VariableOption(text=PUBLIC_URL, value=PUBLIC_URL, selected=True)
    variable = ConstantVariable("chitieu").label("Địa chỉ của Chỉ tiêu").value(PUBLIC_URL)
    built = variable.build()
    built.current, built.options = chosen, [chosen]
    return variable


def board(uid: str, title: str, description: str, variables: Sequence[Builder[VariableModel]] = ()) -> Dashboard:
    """An empty dashboard with what all of them have: the choices, the links between them, the alerts' marks."""
    others = DashboardLink("Các bảng khác").type(DashboardLinkType.DASHBOARDS).tags([TAG]).as_dropdown(True)
    others.include_vars(True).keep_time(True).tooltip("Giữ đơn vị, kỳ và ngày đã chọn")
    others.build().placement = IN_ITS_PLACE
    grafana = DataSourceRef(type_val="grafana", uid="-- Grafana --")
    alerts = AnnotationQuery().name("Cảnh báo").datasource(grafana).enable(True).icon_color(BAD)
    alerts.build().placement = IN_ITS_PLACE
    frame = (
        Dashboard(title)
        .uid(uid)
        .description(description)
        .tags([TAG])
        .timezone("Asia/Ho_Chi_Minh")
        .time("now/y", "now")
        .refresh(REFRESH)
        .week_start("monday")
        .readonly()
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .link(others)
        .annotation(alerts.target(AlertMarks()))
        .with_variable(public_url())
    )
    for variable in variables:
        frame.with_variable(variable)
    return frame
