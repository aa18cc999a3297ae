"""What Grafana's account may see and how much it may take; the embedded engine and a server are told the same."""

from pathlib import Path
from typing import Any

from deploy.local.engine.accounts import Limits

GRAFANA = "grafana"

DATABASE = "chitieu"
"""Its name in the files that are made from this list; `CHITIEU_CLICKHOUSE_DATABASE` has the same default."""

GRAFANA_VIEWS = (
    "board",
    "cell_history",
    "cell_exclusions",
    "sources",
    "stamp",
    "watermarks",
    "projection",
    "alert_list",
    "alert_history",
    "alert_deliveries",
    "alert_openings",
    "alert_pulse",
    "silences",
    "alert_standing",
    "alert_offenders",
    "alert_attention",
    "alert_days",
    "as_of_day",
    "period_choices",
    "wallboard",
    "tiles",
    "unit_ranking",
    "cell_progress",
    "freshness",
    "unit_sources",
    "soc_systems",
    "soc_events",
    "soc_lines",
)
"""Without `events`, `ledger`, `cell_subjects` and `alerts`: filings and payloads are shown by the api only, to whom may
operate. Most views read with their maker's rights, so that none of the tables below them has to be granted."""

GRAFANA_FACTS = ("catalogue_*",)
"""Tables of the catalogue, which is public: for lists of units and indicators, and for the views of figures."""

SUMMED_COLUMNS = {
    "ledger": "kind, reading, unit, day, num, den, excluded, reason, received, partition, offset, cell, month",
    "events": "kind, source, time, received, partition, offset",
}
"""What the views of figures read with the caller's rights: amounts without subject and source, marks, and when a source
was heard. No filing can be told from it, no payload is in it."""

VERSIONS = range(1, 51)
"""Versions of the projection whose tables are granted, because columns cannot be granted by a pattern of names; each
rebuild takes the next."""

GRAFANA_LIMITS = Limits(
    # The board of a year over 20 M entries takes some 300 MB.
    memory_bytes=1 << 30,
    # A wallboard repeats its questions every half minute; one that takes longer must not meet its successor.
    seconds=15,
    # 23 indicators × 116 units × 31 days are 83,000.
    result_rows=100_000,
    result_bytes=64 << 20,
)


def grafana_select(database: str = DATABASE) -> tuple[str, ...]:
    """Everything that Grafana's account may read, as `database.view` or `database.table(column, …)`."""
    summed = (f"{table}_{number}({columns})" for table, columns in SUMMED_COLUMNS.items() for number in VERSIONS)
    return tuple(f"{database}.{name}" for name in (*GRAFANA_VIEWS, *GRAFANA_FACTS, *summed))


def grafana_on_the_engine(password_file: Path, database: str = DATABASE) -> dict[str, Any]:
    """Value of `CHITIEU_ENGINE_EXTRA_READERS` (as JSON): the account on the embedded engine."""
    return {
        GRAFANA: {
            "password_file": str(password_file),
            "select": list(grafana_select(database)),
            "max_memory_bytes": GRAFANA_LIMITS.memory_bytes,
            "max_seconds": GRAFANA_LIMITS.seconds,
            "max_result_rows": GRAFANA_LIMITS.result_rows,
            "max_result_bytes": GRAFANA_LIMITS.result_bytes,
        }
    }
