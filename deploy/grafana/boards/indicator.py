"""One indicator: every commune as a tile, every unit in its rank, the way of one unit to the target."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from deploy.grafana import words
from deploy.grafana.panels import BEHIND, COUNT, LEFT_OUT, Column, Series, Tile, Told, history, rows, tiles
from deploy.grafana.query import PLANNED, TILES, WALLBOARD
from deploy.grafana.shared_panels import figures, freshness
from deploy.grafana.variables import as_of, board, figure, indicator, period, unit

COMMUNES = f"""SELECT unit_short_vi, tile, indicator, unit FROM {TILES}
WHERE figure = ${{figure:sqlstring}} AND unit_level = 'commune' ORDER BY unit_position {PLANNED}"""  # noqa: S608 - a text of ours

RANKED = f"""SELECT place, unit_vi, rate, aim, status, trend, counted, notes, indicator, unit FROM {WALLBOARD}
WHERE figure = ${{figure:sqlstring}} ORDER BY place {PLANNED}"""  # noqa: S608 - a text of ours

CELL = """(period = ${period:sqlstring}, as_of = ${as_of:sqlstring}, figure = ${figure:sqlstring},
unit = ${unit:sqlstring})"""

PROGRESS = f"SELECT time, percent, target FROM cell_progress{CELL} ORDER BY time"  # noqa: S608 - a text of ours

EXCLUDED = f"SELECT reason, total FROM cell_exclusions{CELL} ORDER BY total DESC"  # noqa: S608 - a text of ours


def one_indicator() -> Dashboard:
    """The tile map is a grid in the order of the official list, since Grafana draws no map without coordinates."""
    frame = board(
        "chitieu-indicator",
        "Chỉ tiêu · Theo chỉ tiêu",
        "Một chỉ tiêu ở mọi đơn vị, và diễn biến của một đơn vị so với mục tiêu.",
        [as_of(), period(), indicator(), figure(), unit()],
    )
    communes = Told("Các xã, phường", "Mỗi ô một xã, phường, theo thứ tự danh mục; dấu và màu cho biết kết quả.")
    ranked = Told("Xếp hạng các đơn vị", "Toàn tỉnh đứng đầu; sau đó đơn vị chưa đạt, thiếu nhiều nhất trước.")
    columns = [
        Column("place", "Hạng", width=60),
        Column("unit_vi", "Đơn vị"),
        *figures(aim_width=90),
    ]
    lines = [Series("percent", "Tỷ lệ lũy kế", words.MILD), Series("target", "Mục tiêu", words.BAD, dashed=True)]
    progress = Told(
        "Diễn biến của đơn vị so với mục tiêu", "Tỷ lệ lũy kế cuối mỗi ngày có thay đổi; nét đứt là mục tiêu."
    )
    excluded = Told("Ngoài diện tính của đơn vị", "Bao nhiêu trường hợp không vào tỷ lệ, và vì sao.")
    reasons = [
        Column("reason", "Lý do", words.REASON),
        Column("total", "Số trường hợp", link=LEFT_OUT, width=140, unit=COUNT),
    ]
    tile = Tile("unit_short_vi", "tile", BEHIND)
    return (
        frame.with_panel(freshness())
        .with_panel(tiles(communes, COMMUNES, tile, (0, 3, 24, 16)))
        .with_panel(rows(ranked, RANKED, columns, (0, 19, 14, 20)))
        .with_panel(history(progress, PROGRESS, lines, (14, 19, 10, 11), "percent"))
        .with_panel(rows(excluded, EXCLUDED, reasons, (14, 30, 10, 9)))
    )
