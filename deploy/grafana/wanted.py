"""What a Grafana of an operations centre holds beside the dashboards (pure)."""

from deploy.grafana.files import Json
from deploy.grafana.settings import GrafanaSettings

PARTS = ("folder", "datasources", "dashboards", "playlist", "account")
"""In the order in which they need each other."""

FOLDER = {"uid": "chitieu", "title": "Chỉ tiêu"}

ALERTS_ACCOUNT = {"name": "chitieu-alerts", "role": "Editor", "isDisabled": False}
"""Writes annotations and nothing else; Editor is the least role that may, where roles cannot be made to measure."""

PLAYLIST_SECONDS = 60
"""Long enough to read a board once from the other end of the room."""

PLAYLIST: Json = {
    "metadata": {"name": "chitieu-tv"},
    "spec": {
        "title": "Chỉ tiêu · Màn hình tivi",
        "interval": f"{PLAYLIST_SECONDS}s",
        "items": [
            {"type": "dashboard_by_uid", "value": uid}
            for uid in ("chitieu-province", "chitieu-indicator", "chitieu-soc", "chitieu-alerts")
        ],
    },
}


def clickhouse(settings: GrafanaSettings) -> Json:
    """The data source of the wallboards; its account may read their views alone."""
    return {
        "uid": "chitieu-clickhouse",
        "name": "Chỉ tiêu",
        "type": "grafana-clickhouse-datasource",
        "access": "proxy",
        "jsonData": {
            "host": settings.clickhouse_host,
            "port": settings.clickhouse_port,
            "protocol": "http",
            "secure": settings.clickhouse_secure,
            "username": settings.clickhouse_user,
            "defaultDatabase": settings.clickhouse_database,
            "queryTimeout": "15",
        },
    }


def prometheus(settings: GrafanaSettings) -> Json:
    """The data source of the board about the platform itself."""
    return {
        "uid": "chitieu-prometheus",
        "name": "Chỉ tiêu · Prometheus",
        "type": "prometheus",
        "access": "proxy",
        "url": str(settings.prometheus_url).rstrip("/"),
        "jsonData": {"httpMethod": "POST", "timeInterval": "15s"},
    }
