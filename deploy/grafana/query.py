"""A query of Grafana's ClickHouse data source, as its SQL editor stores one (`grafana-clickhouse-datasource` 4)."""

from dataclasses import dataclass
from typing import Any, Self

from grafana_foundation_sdk.cog import builder, variants
from grafana_foundation_sdk.models.common import DataSourceRef

CLICKHOUSE = DataSourceRef(type_val="grafana-clickhouse-datasource", uid="chitieu-clickhouse")
PROMETHEUS = DataSourceRef(type_val="prometheus", uid="chitieu-prometheus")
PLUGIN_VERSION = "4.22.1"
"""The version that Compose installs."""

IN_ITS_PLACE: Any = None
"""`placement` of links and annotations: by default the SDK hides them in a menu, and says that it must be text."""

WALLBOARD = "wallboard(period = ${period:sqlstring}, as_of = ${as_of:sqlstring})"
"""The board in words. Grafana pastes variables into the text of a query; `sqlstring` quotes them."""

TILES = "tiles(period = ${period:sqlstring}, as_of = ${as_of:sqlstring})"
"""The same cells, with no more than a tile shows."""

PLANNED = "SETTINGS enable_join_runtime_filters = 0"
"""Closes a query of the board. Filters that one side of a join hands to the other are planned for longer than the few
thousand rows of each side take to be joined without: 4 to 9 % of a panel's query (decision 0009)."""


def as_stored(sql: str, ref_id: str) -> dict[str, object]:
    """A query as the plugin's editor stores it. Without `pluginVersion` it takes a query for one of its version 3.

    Charts get a table too (`format` 1): a column `time` and numbers are all that they need, and nothing is reshaped.
    """
    return {
        "refId": ref_id,
        "pluginVersion": PLUGIN_VERSION,
        "editorType": "sql",
        "queryType": "table",
        "format": 1,
        "rawSql": sql,
    }


@dataclass
class Sql(builder.Builder[variants.Dataquery], variants.Dataquery):
    """Rows of one of the views of `shared/schema`."""

    sql: str

    def build(self) -> Self:
        """It is its own query."""
        return self

    def to_json(self) -> dict[str, object]:
        """As a panel has it."""
        return {**as_stored(self.sql, "A"), "datasource": CLICKHOUSE}


class AlertMarks(builder.Builder[variants.Dataquery], variants.Dataquery):
    """Annotations that the alerts service writes, by the tag that all of them have."""

    def build(self) -> Self:
        """It is its own query."""
        return self

    def to_json(self) -> dict[str, object]:
        """As the annotation editor stores a filter by tags."""
        return {"refId": "Anno", "type": "tags", "tags": ["chitieu"], "matchAny": False, "limit": 200}
