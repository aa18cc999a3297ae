"""One unit: all its indicators, its alerts, and the sources that feed it."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from deploy.grafana import words
from deploy.grafana.panels import Column, Told, rows
from deploy.grafana.query import PLANNED, WALLBOARD
from deploy.grafana.shared_panels import UNITS_ALERTS, figures, freshness, open_alerts
from deploy.grafana.variables import as_of, board, period, unit

INDICATORS = f"""SELECT code, figure_vi, rate, aim, status, trend, counted, notes, indicator, unit FROM {WALLBOARD}
WHERE unit = ${{unit:sqlstring}} ORDER BY position {PLANNED}"""  # noqa: S608 - a text of ours

SOURCES = """SELECT system_vi, state, last_vi, cadence_days, source
FROM unit_sources(as_of = ${as_of:sqlstring}, unit = ${unit:sqlstring}) ORDER BY state = 'sending', system_vi"""


def one_unit() -> Dashboard:
    """Reached from the province's board, or chosen at the top."""
    frame = board(
        "chitieu-unit",
        "Chỉ tiêu · Theo đơn vị",
        "Mọi chỉ tiêu của một đơn vị, cảnh báo của đơn vị và các nguồn gửi số liệu cho đơn vị.",
        [as_of(), period(), unit()],
    )
    indicators = Told("Các chỉ tiêu của đơn vị", "Bấm vào tỷ lệ để xem từng trường hợp đằng sau con số.")
    columns = [
        Column("code", "Mã", width=60),
        Column("figure_vi", "Chỉ tiêu"),
        *figures(aim_width=100),
    ]
    sources = Told("Nguồn gửi số liệu", "Nguồn im lặng quá nhịp gửi của mình thì các chỉ tiêu liên quan là tạm tính.")
    heard = [
        Column("system_vi", "Nguồn"),
        Column("state", "Tình trạng", words.SOURCE, width=150),
        Column("last_vi", "Gửi lần cuối", width=150),
        Column("cadence_days", "Nhịp (ngày làm việc)", width=150),
        Column("source"),
    ]
    return (
        frame.with_panel(freshness())
        .with_panel(rows(indicators, INDICATORS, columns, (0, 3, 15, 24)))
        .with_panel(open_alerts(UNITS_ALERTS, (15, 3, 9, 11)))
        .with_panel(rows(sources, SOURCES, heard, (15, 14, 9, 13)))
    )
