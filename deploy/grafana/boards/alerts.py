"""How the alerts do as a whole, as ISA-18.2 asks: open, standing, flapping, attended to, and their history."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from deploy.grafana import words
from deploy.grafana.panels import ABOUT_ALERT, COUNT, MOMENT, Column, Field, Series, Told, facts, history, rows
from deploy.grafana.shared_panels import OPEN_ALERTS, freshness, open_alerts
from deploy.grafana.variables import as_of, board

ATTENTION = "SELECT open, unacknowledged, openings, taken, median FROM alert_attention(now_ms = ${__to})"

DAYS = """SELECT toDateTime(day, 'Asia/Ho_Chi_Minh') AS time, opened, ended, told
FROM alert_days(now_ms = ${__to}) ORDER BY time"""

STANDING = """SELECT severity, since, rule, unit, sentence_vi, acknowledged_by, alert_id
FROM alert_standing(now_ms = ${__to}) ORDER BY since, alert_id LIMIT 100"""

OFFENDERS = """SELECT rule, unit, changes, percent, toString(flapping) AS flapping, alert_id
FROM alert_offenders(now_ms = ${__to}) ORDER BY changes DESC, alert_id LIMIT 10"""

HISTORY = """SELECT at, severity, change, state, sentence_vi, by, note, alert_id FROM alert_history
WHERE $__timeFilter(at) ORDER BY at DESC, alert_id, number DESC LIMIT 500"""


def alerts() -> Dashboard:
    """Statistics look back from the end of the time picker: 30 days, offenders 7."""
    frame = board(
        "chitieu-alerts",
        "Chỉ tiêu · Cảnh báo",
        "Cảnh báo đang mở, mở quá lâu, hay lặp lại; thời gian tiếp nhận; diễn biến.",
        [as_of()],
    )
    attention = Told(
        "Thống kê 30 ngày", "Đang mở, chưa ai tiếp nhận; trong 30 ngày: số lần mở, đã tiếp nhận, và sau bao lâu."
    )
    fields = [
        Field("open", "Đang mở"),
        Field("unacknowledged", "Chưa ai tiếp nhận"),
        Field("openings", "Số lần cảnh báo, 30 ngày"),
        Field("taken", "Đã tiếp nhận"),
        Field("median", "Thời gian tiếp nhận, trung vị (giây)", mappings=words.nothing("chưa có")),
    ]
    days = Told("Theo ngày", "Số cảnh báo mở, kết thúc và lượt báo của mỗi ngày.")
    lines = [
        Series("opened", "Mở", words.BAD),
        Series("ended", "Kết thúc", words.GOOD, dashed=True),
        Series("told", "Lượt báo", words.NOTHING),
    ]
    return (
        frame.with_panel(freshness())
        .with_panel(facts(attention, ATTENTION, fields, (0, 3, 24, 4), unit="none"))
        .with_panel(open_alerts(OPEN_ALERTS, (0, 7, 14, 11)))
        .with_panel(history(days, DAYS, lines, (14, 7, 10, 11), "none"))
        .with_panel(rows(*_standing(), (0, 18, 14, 10)))
        .with_panel(rows(*_offenders(), (14, 18, 10, 10)))
        .with_panel(rows(*_changes(), (0, 28, 24, 14)))
    )


def _standing() -> tuple[Told, str, list[Column]]:
    told = Told("Mở quá 24 giờ", "Cảnh báo không ai xử lý xong trong một ngày; cũ nhất trước.")
    columns = [
        Column("severity", "Mức", words.SEVERITY, width=120),
        Column("since", "Từ lúc", width=150, unit=MOMENT),
        Column("rule", "Loại", words.RULE, width=200),
        Column("unit"),
        Column("sentence_vi", "Nội dung", link=ABOUT_ALERT),
        Column("acknowledged_by", "Người tiếp nhận", width=140),
        Column("alert_id"),
    ]
    return told, STANDING, columns


def _offenders() -> tuple[Told, str, list[Column]]:
    told = Told("Hay lặp lại nhất (7 ngày)", "Mười cảnh báo đổi trạng thái nhiều nhất, và phần của mỗi cảnh báo.")
    columns = [
        Column("rule", "Loại", words.RULE, link=ABOUT_ALERT),
        Column("unit", "Đơn vị (mã)", width=120),
        Column("changes", "Số lần", width=80, unit=COUNT),
        Column("percent", "Phần (%)", width=90),
        Column("flapping", "Đang lặp", words.YES, width=110),
        Column("alert_id"),
    ]
    return told, OFFENDERS, columns


def _changes() -> tuple[Told, str, list[Column]]:
    told = Told("Diễn biến", "Mọi thay đổi trong khoảng thời gian đã chọn, mới nhất trước.")
    columns = [
        Column("at", "Lúc", width=160, unit=MOMENT),
        Column("severity", "Mức", words.SEVERITY, width=120),
        Column("change", "Thay đổi", words.CHANGE, width=200),
        Column("state", "Trạng thái", words.STATE, width=180),
        Column("sentence_vi", "Nội dung", link=ABOUT_ALERT),
        Column("by", "Người thực hiện", width=140),
        Column("note", "Ghi chú"),
        Column("alert_id"),
    ]
    return told, HISTORY, columns
