"""What the alerts service writes of an alert and the api tells of it."""

from typing import Literal

Rule = Literal[
    "below_target",
    "below_recent",
    "pace",
    "source_silent",
    "system_undocumented",
    "system_unmonitored",
    "link_down",
    "security_event",
    "report_due",
    "data_quality",
]
"""The kinds of alert. `below_recent` is the early warning over the last 30 days; `pace` can end as `lost`."""

Severity = Literal["info", "warning", "critical"]
