"""A query of Grafana's ClickHouse data source, as its SQL editor stores one (`grafana-clickhouse-datasource` 4)."""

from dataclasses import dataclass
from typing import Any, Literal, Self

from grafana_foundation_sdk.cog import builder, variants
from grafana_foundation_sdk.models.common import DataSourceRef

CLICKHOUSE = DataSourceRef(type_val="grafana-clickhouse-datasource", uid="chitieu-clickhouse")
PROMETHEUS = DataSourceRef(type_val="prometheus", uid="chitieu-prometheus")

IN_ITS_PLACE: Any = None
"""`placement` of links and annotations: by default the SDK hides them in a menu, and says that it must be text."""

WALLBOARD = "wallboard(period = ${period:sqlstring}, as_of = ${as_of:sqlstring})"
"""The board in words. Grafana pastes variables into the text of a query; `sqlstring` quotes them."""


@dataclass
class Sql(builder.Builder[variants.Dataquery], variants.Dataquery):
    """Rows of one of the views of `shared/schema`. `timeseries` needs a column `time`."""

    sql: str
    shape: Literal["table", "timeseries"] = "table"
    ref_id: str = "A"

    def build(self) -> Self:
        """It is its own query."""
        return self

    def to_json(self) -> dict[str, object]:
        """`format` is what the plugin's backend reads, 0 for a series over time and 1 for a table."""
        return {
            "refId": self.ref_id,
            "datasource": CLICKHOUSE,
            "editorType": "sql",
            "queryType": self.shape,
            "format": 1 if self.shape == "table" else 0,
            "rawSql": self.sql,
        }


class AlertMarks(builder.Builder[variants.Dataquery], variants.Dataquery):
    """Annotations that the alerts service writes, by the tag that all of them have."""

    def build(self) -> Self:
        """It is its own query."""
        return self

    def to_json(self) -> dict[str, object]:
        """As the annotation editor stores a filter by tags."""
        return {"refId": "Anno", "type": "tags", "tags": ["chitieu"], "matchAny": False, "limit": 200}
