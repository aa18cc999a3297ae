"""What the api asks the database about alerts: only the views of `040_alerts.sql`, only bound parameters."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.api.queries import Reader, Row

HISTORY_ROWS = 500
"""An alert that flaps for months has thousands of changes; a page shows the newest of them."""

ORDERS = {
    "changed": "changed DESC, alert_id",
    "severity": "gravity DESC, since DESC, alert_id",
    "since": "since DESC, alert_id",
    "unit": "unit, gravity DESC, since DESC, alert_id",
}

ALERTS = """
SELECT * EXCEPT (standing), (SELECT count() FROM alert_list WHERE is_open) AS open FROM alert_list
WHERE ({state:String} = 'all' OR if({state:String} = 'open', is_open, state = {state:String}))
  AND ({rule:String} = '' OR rule = {rule:String})
  AND ({severity:String} = '' OR severity = {severity:String})
  AND ({unit:String} = '' OR unit = {unit:String})
  AND ({indicator:String} = '' OR indicator = {indicator:String})
  AND ({acknowledged:String} = '' OR (acknowledged_at IS NULL) = ({acknowledged:String} = 'no'))
"""
OPEN_ALERTS = "SELECT count() AS open FROM alert_list WHERE is_open"
ALERT = "SELECT * EXCEPT (standing) FROM alert_list WHERE alert_id = {alert_id:String}"
HISTORY = """
SELECT * FROM alert_history WHERE alert_id = {alert_id:String} ORDER BY number DESC LIMIT {most:UInt32}
"""
DELIVERIES = "SELECT * FROM alert_deliveries WHERE alert_id = {alert_id:String}"
SILENCES = "SELECT * FROM silences WHERE ends > {now:DateTime64(3)} ORDER BY ends, silence_id LIMIT 500"
SILENCE = "SELECT * FROM silences WHERE silence_id = {silence_id:String}"

KNOWN = """
SELECT (SELECT count() FROM catalogue_units WHERE unit = {unit:String}) AS units,
       (SELECT count() FROM catalogue_figures WHERE indicator = {indicator:String}) AS indicators,
       (SELECT count() FROM alert_list WHERE alert_id = {alert_id:String}) AS alerts
"""

STANDING = "SELECT * FROM alert_standing(now_ms = {now_ms:Int64}) ORDER BY since, alert_id LIMIT 100"
OFFENDERS = "SELECT * FROM alert_offenders(now_ms = {now_ms:Int64}) ORDER BY changes DESC, alert_id LIMIT 1000"
ATTENTION = "SELECT * FROM alert_attention(now_ms = {now_ms:Int64})"
DAYS = "SELECT * FROM alert_days(now_ms = {now_ms:Int64}) ORDER BY day"


async def alerts(reader: Reader, filters: Mapping[str, Any], order: str) -> tuple[list[Row], int]:
    """Alerts in one of `ORDERS`, and how many are open in all; `filters` has a value for each placeholder."""
    found = await reader.rows(f"{ALERTS} ORDER BY {ORDERS[order]} LIMIT {{limit:UInt32}}", filters)
    return found, found[0]["open"] if found else (await reader.rows(OPEN_ALERTS, {}))[0]["open"]


async def alert(reader: Reader, alert_id: str) -> Row | None:
    """One alert as it stands."""
    found = await reader.rows(ALERT, {"alert_id": alert_id})
    return found[0] if found else None


async def history(reader: Reader, alert_id: str) -> list[Row]:
    """Its newest changes, oldest first."""
    return (await reader.rows(HISTORY, {"alert_id": alert_id, "most": HISTORY_ROWS}))[::-1]


async def deliveries(reader: Reader, alert_id: str) -> list[Row]:
    """The newest step of each change and receiver."""
    return await reader.rows(DELIVERIES, {"alert_id": alert_id})


async def silences(reader: Reader, now: datetime) -> list[Row]:
    """Those that hold or will hold, the first to end first."""
    return await reader.rows(SILENCES, {"now": now})


async def silence(reader: Reader, silence_id: str) -> Row | None:
    """One silence, also one that is over."""
    found = await reader.rows(SILENCE, {"silence_id": silence_id})
    return found[0] if found else None


async def known(reader: Reader, unit: str, indicator: str, alert_id: str) -> bool:
    """Whether each of them that is given exists: a silence over a misspelt unit would keep nothing quiet."""
    row = (await reader.rows(KNOWN, {"unit": unit, "indicator": indicator, "alert_id": alert_id}))[0]
    pairs = ((unit, row["units"]), (indicator, row["indicators"]), (alert_id, row["alerts"]))
    return all(not name or count for name, count in pairs)


async def statistics(reader: Reader, now: datetime) -> dict[str, list[Row]]:
    """The rows of each part of the statistics."""
    asked = {"standing": STANDING, "offenders": OFFENDERS, "attention": ATTENTION, "days": DAYS}
    moment = {"now_ms": int(now.timestamp() * 1000)}
    return {name: await reader.rows(sql, moment) for name, sql in asked.items()}
