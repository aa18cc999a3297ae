"""The province on one screen, for a television: every indicator, the units behind, the open alerts."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from deploy.grafana.panels import ABOUT_UNIT, BEHIND, Column, Tile, Told, rows, tiles
from deploy.grafana.query import PLANNED, TILES
from deploy.grafana.shared_panels import OPEN_ALERTS, freshness, open_alerts
from deploy.grafana.variables import as_of, board, period

INDICATORS = f"""SELECT concat(short_vi, ' (', aim, ')') AS name, tile, indicator, unit
FROM {TILES} WHERE unit_kind = 'province' AND target >= 0 ORDER BY position {PLANNED}"""  # noqa: S608 - a text of ours

WORST = """SELECT unit_short_vi, below, met, unit
FROM unit_ranking(period = ${period:sqlstring}, as_of = ${as_of:sqlstring}) WHERE below > 0 ORDER BY place LIMIT 8"""


def province() -> Dashboard:
    """Readable at three metres in kiosk mode."""
    frame = board(
        "chitieu-province",
        "Chỉ tiêu · Toàn tỉnh",
        "Các chỉ tiêu của kế hoạch trên một màn hình; mở kiểu kiosk trên tivi.",
        [as_of(), period()],
    )
    all_indicators = Told(
        "Chỉ tiêu của tỉnh",
        "✓ đạt, ✗ chưa đạt, – không phát sinh. ▲▼ 30 ngày gần nhất cao hơn hay thấp hơn lũy kế. "
        "Chỉ tiêu cần đạt đứng trong ngoặc.",
    )
    worst = Told("Đơn vị cần quan tâm", "Nhiều chỉ tiêu chưa đạt nhất trước, rồi thiếu nhiều điểm nhất.")
    columns = [
        Column("unit_short_vi", "Đơn vị", link=ABOUT_UNIT),
        Column("below", "✗", link=ABOUT_UNIT, width=50),
        Column("met", "✓", link=ABOUT_UNIT, width=50),
        Column("unit"),
    ]
    return (
        frame.with_panel(freshness())
        .with_panel(tiles(all_indicators, INDICATORS, Tile("name", "tile", BEHIND), (0, 3, 18, 24)))
        .with_panel(rows(worst, WORST, columns, (18, 3, 6, 10)))
        .with_panel(open_alerts(OPEN_ALERTS, (18, 13, 6, 14)))
    )
