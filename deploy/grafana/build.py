"""Every dashboard as the JSON that Grafana reads; the committed files are exactly what this makes."""

import json
from typing import Any

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from deploy.grafana.boards.alerts import alerts
from deploy.grafana.boards.indicator import one_indicator
from deploy.grafana.boards.pipeline import pipeline
from deploy.grafana.boards.province import province
from deploy.grafana.boards.soc import soc
from deploy.grafana.boards.unit import one_unit
from deploy.grafana.files import Json

BOARDS = (province, one_indicator, one_unit, soc, alerts, pipeline)


def dashboards() -> dict[str, Json]:
    """uid → dashboard."""
    made = [_made(one().build()) for one in BOARDS]
    return {one["uid"]: one for one in made}


def _made(built: Any) -> Json:
    """Panels are numbered in the order in which they were put, so that a panel's address stays."""
    for number, panel in enumerate(built.panels, start=1):
        panel.id_val = number
    found: Json = json.loads(JSONEncoder().encode(built))
    return found
