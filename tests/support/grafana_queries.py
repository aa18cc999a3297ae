"""Queries of the dashboards as Grafana sends them: variables pasted into the text, then its ClickHouse plugin's macros.

As grafana-clickhouse-datasource 4 does it: the page replaces `${name:format}` in Grafana's own formats, the plugin then
`$__timeFilter(column)`, `$__fromTime` and `$__toTime` with whole seconds.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from deploy.grafana.files import committed

VARIABLE = re.compile(r"\$\{(\w+)(?::(\w+))?\}")
TIME_FILTER = re.compile(r"\$__timeFilter\(([^)]*)\)")
MACROS = re.compile(r"\$__(fromTime|toTime)\b")
NAMED_VIEW = re.compile(r"\b(?:FROM|JOIN)\s+([a-z_]+)")
CLICKHOUSE = "grafana-clickhouse-datasource"


@dataclass(frozen=True)
class Screen:
    """What is chosen at the top of a dashboard: the time picker's ends and the variables."""

    until: datetime
    since: datetime | None = None
    chosen: Mapping[str, str] = field(default_factory=dict)

    def expanded(self, sql: str) -> str:
        """The text that the engine gets. Raises KeyError for a variable that nobody chose."""
        since = self.since or self.until - timedelta(days=31)
        ends = {"__from": str(_ms(since)), "__to": str(_ms(self.until))}
        filled = VARIABLE.sub(lambda use: _formatted((ends | dict(self.chosen))[use[1]], use[2]), sql)
        seconds = {"fromTime": _ms(since) // 1000, "toTime": _ms(self.until) // 1000}
        filled = TIME_FILTER.sub(
            lambda use: (
                f"{use[1]} >= toDateTime({seconds['fromTime']}) AND {use[1]} <= toDateTime({seconds['toTime']})"
            ),
            filled,
        )
        return MACROS.sub(lambda use: f"toDateTime({seconds[use[1]]})", filled)


def screen(as_of: date, period: str, **chosen: str) -> Screen:
    """A screen at noon of a local day."""
    noon = datetime(as_of.year, as_of.month, as_of.day, 5, tzinfo=UTC)
    return Screen(noon, chosen={"as_of": as_of.isoformat(), "period": period, **chosen})


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _formatted(value: str, how: str) -> str:
    if how == "sqlstring":
        return "'" + value.replace("'", "''") + "'"
    assert how in (None, ""), f"no such format here: {how}"
    return value


@dataclass(frozen=True)
class PanelQuery:
    """One query of one panel of a committed dashboard."""

    board: str
    panel: Mapping[str, Any]
    sql: str

    @property
    def name(self) -> str:
        """For people and test ids."""
        return f"{self.board}/{self.panel['title']}"


def panel_queries() -> Iterator[PanelQuery]:
    """Every query of every ClickHouse panel."""
    for uid, dashboard in committed().items():
        for panel in dashboard["panels"]:
            for target in panel.get("targets", []):
                if target["datasource"]["type"] == CLICKHOUSE:
                    yield PanelQuery(uid, panel, target["rawSql"])


def variable_queries() -> Iterator[tuple[str, str]]:
    """(name, query) of every query variable, each text once."""
    found = {
        (variable["name"], variable["query"]["rawSql"])
        for dashboard in committed().values()
        for variable in dashboard["templating"]["list"]
        if variable["type"] == "query"
    }
    yield from sorted(found)


def views_of(sql: str) -> set[str]:
    """Names that a query reads."""
    return set(NAMED_VIEW.findall(sql))
