"""For the security operations centre: systems in use, security events, lines of the dedicated network."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from deploy.grafana import words
from deploy.grafana.panels import BEHIND, MOMENT, Column, Tile, Told, rows, tiles
from deploy.grafana.query import PLANNED, TILES
from deploy.grafana.shared_panels import freshness
from deploy.grafana.variables import as_of, board, period

SAFETY = f"""SELECT concat(short_vi, ' (', aim, ')') AS name, tile, indicator, unit FROM {TILES}
WHERE unit_kind = 'province' AND indicator IN ('system_security_dossier', 'system_monitored', 'network_coverage')
ORDER BY position {PLANNED}"""  # noqa: S608 - a text of ours

SYSTEMS = """SELECT system_vi, unit_vi, dossier, plan, monitoring, heartbeat, age_vi
FROM soc_systems(to_ms = ${__to}) ORDER BY heartbeat = 'alive', monitoring = 'yes', dossier = 'approved', system_vi"""

EVENTS = """SELECT time, severity, category, state, unit_vi FROM soc_events(to_ms = ${__to})
WHERE $__timeFilter(time) ORDER BY state = 'closed', gravity DESC, time DESC LIMIT 200"""

LINES = """SELECT unit_vi, line, state, time FROM soc_lines(to_ms = ${__to})
ORDER BY state = 'up', unit_vi, line"""


def soc() -> Dashboard:
    """What is not as it should be stands first in every table."""
    frame = board(
        "chitieu-soc",
        "Chỉ tiêu · An toàn thông tin",
        "Hồ sơ cấp độ, phương án, giám sát và tín hiệu của hệ thống đang dùng; sự cố; đường truyền.",
        [as_of(), period()],
    )
    safety = Told(
        "Chỉ tiêu an toàn thông tin của tỉnh", "Hồ sơ cấp độ, giám sát 24/7 và mạng truyền số liệu chuyên dùng."
    )
    systems = Told(
        "Hệ thống đang sử dụng",
        "Theo thông báo mới nhất còn hiệu lực. Tín hiệu quá hạn riêng của hệ thống thì coi là mất.",
    )
    checks = [
        Column("system_vi", "Hệ thống"),
        Column("unit_vi", "Chủ quản"),
        Column("dossier", "Hồ sơ cấp độ", words.DOSSIER, width=160),
        Column("plan", "Phương án", words.PLAN, width=160),
        Column("monitoring", "Giám sát", words.MONITORING, width=170),
        Column("heartbeat", "Tín hiệu", words.HEARTBEAT, width=170),
        Column("age_vi", "Cách đây", width=90),
    ]
    events = Told("Sự cố an toàn thông tin", "Trong khoảng thời gian đã chọn; chưa xử lý đứng trước, nặng nhất trước.")
    told = [
        Column("time", "Lúc", width=160, unit=MOMENT),
        Column("severity", "Mức", words.GRAVITY, width=140),
        Column("category", "Loại", words.CATEGORY),
        Column("state", "Xử lý", words.HANDLING, width=140),
        Column("unit_vi", "Đơn vị"),
    ]
    lines = Told("Đường truyền chuyên dùng", "Mỗi đơn vị hai đường; đường mất tín hiệu đứng trước.")
    states = [
        Column("unit_vi", "Đơn vị"),
        Column("line", "Đường", width=80),
        Column("state", "Tình trạng", words.LINE, width=160),
        Column("time", "Từ lúc", width=160, unit=MOMENT),
    ]
    return (
        frame.with_panel(freshness())
        .with_panel(tiles(safety, SAFETY, Tile("name", "tile", BEHIND), (0, 3, 24, 5)))
        .with_panel(rows(systems, SYSTEMS, checks, (0, 8, 24, 14)))
        .with_panel(rows(events, EVENTS, told, (0, 22, 13, 12)))
        .with_panel(rows(lines, LINES, states, (13, 22, 11, 12)))
    )
