"""What several dashboards have: how fresh the figures are, what alerts are open, and the columns of a figure."""

from grafana_foundation_sdk.builders import stat, table

from deploy.grafana import words
from deploy.grafana.panels import ABOUT_ALERT, BEHIND, MOMENT, Column, Field, Place, Told, facts, rows

FRESHNESS = """SELECT known_at, until_day, reporting, state, catalogue_version
FROM freshness(as_of = ${as_of:sqlstring})"""

OPEN_ALERTS = """SELECT severity, since, sentence_vi, alert_id
FROM alert_list WHERE is_open ORDER BY gravity DESC, since DESC LIMIT 100"""

UNITS_ALERTS = """SELECT severity, since, sentence_vi, alert_id
FROM alert_list WHERE is_open AND unit = ${unit:sqlstring} ORDER BY gravity DESC, since DESC LIMIT 100"""


def freshness() -> stat.Panel:
    """One line at the top of every board."""
    told = Told(
        "Số liệu", "Số liệu mới nhất đã nhận, ngày tính, và bao nhiêu nguồn đang gửi: thiếu nguồn thì tạm tính."
    )
    fields = [
        Field("known_at", "Đã nhận đến"),
        Field("until_day", "Tính đến hết ngày"),
        Field("reporting", "Nguồn đang gửi"),
        Field("state", "Tình trạng", words.FRESHNESS),
        Field("catalogue_version", "Phiên bản danh mục"),
    ]
    return facts(told, FRESHNESS, fields, (0, 0, 24, 3))


def open_alerts(sql: str, place: Place) -> table.Panel:
    """Open alerts, the gravest first."""
    told = Told("Cảnh báo đang mở", "Nặng nhất trước, rồi mới nhất trước. Bấm để xem chứng cứ và xử lý.")
    columns = [
        Column("severity", "Mức", words.SEVERITY, width=120),
        Column("since", "Từ lúc", width=150, unit=MOMENT),
        Column("sentence_vi", "Nội dung", link=ABOUT_ALERT),
        Column("alert_id"),
    ]
    return rows(told, sql, columns, place)


def figures(aim_width: int) -> list[Column]:
    """Of a row of the board, with links to the filings behind it; `aim_width` in pixels."""
    return [
        Column("rate", "Tỷ lệ", link=BEHIND, width=110),
        Column("aim", "Mục tiêu", width=aim_width),
        Column("status", "Kết quả", words.STATUS, width=150),
        Column("trend", "30 ngày", width=70),
        Column("counted", "Tử số / mẫu số", link=BEHIND, width=170),
        Column("notes", "Ghi chú"),
        Column("indicator"),
        Column("unit"),
    ]
