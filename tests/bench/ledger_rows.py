"""Millions of ledger entries in ten parts that are not merged, made inside the engine; and the table they rival."""

from clickhouse_connect.driver.client import Client

from tests.support.schema import OWNER_TOKEN

PARTS = 10
FIRST_DAY, DAYS = "2026-01-01", 273
AS_OF = "2026-09-30"
LATE_DAYS = 20
"""One entry in twenty counts on a day up to so long before; entries come in the order of the year otherwise."""

ONE_PART = {
    "max_insert_threads": 1,
    "max_insert_block_size": 100_000_000,
    "min_insert_block_size_rows": 100_000_000,
    "min_insert_block_size_bytes": 0,
    "max_insert_block_size_bytes": 0,
}
NO_MERGES = "SETTINGS max_bytes_to_merge_at_max_space_in_pool = 1, max_bytes_to_merge_at_min_space_in_pool = 1"

ROWS = f"""
WITH (SELECT groupArray((reading, member)) FROM (
    SELECT DISTINCT reading, member FROM catalogue_rollup
    WHERE NOT own AND reading != 'casefile_online.offline_items' ORDER BY reading, member)) AS cells,
    cells[1 + intHash32(number) % length(cells)] AS cell
SELECT cell.1 AS reading, cell.2 AS unit,
       toDate('{FIRST_DAY}') + greatest(0, toInt32(intDiv(number * {DAYS}, {{total:UInt64}}))
           - if(intHash32(number + 9) % 20 = 0, intHash32(number + 7) % {LATE_DAYS}, 0)) AS day,
       'filing/' || lower(hex(sipHash128(number))) || lower(hex(sipHash128(number + 1))) AS subject,
       toString(generateUUIDv4()) AS id,
       number % 10 = 7 AS excluded, NOT excluded AS den, den AND number % 20 != 0 AS num,
       if(excluded, 'awaiting_received', '') AS reason, number % 4 AS partition, intDiv(number, 200) AS offset
FROM numbers({{first:UInt64}}, {{count:UInt64}})
"""  # noqa: S608 - constants

LEDGER = f"""
INSERT INTO ledger_1 (kind, reading, unit, day, subject, source, id, num, den, excluded, reason, received, partition,
                      offset, token)
SELECT 'entry', reading, unit, day, subject, '/systems/tthc', id, num, den, excluded, reason, now64(3), partition,
       offset, {OWNER_TOKEN} FROM ({ROWS})
"""  # noqa: S608

CURRENT_TABLE = f"""
CREATE TABLE current (
    reading LowCardinality(String), unit LowCardinality(String), subject String, day Date, num Int64, den Int64,
    excluded Int64, reason LowCardinality(String), version UInt64
) ENGINE = ReplacingMergeTree(version) ORDER BY (reading, unit, subject) {NO_MERGES}
"""
CURRENT = f"INSERT INTO current SELECT reading, unit, subject, day, num, den, excluded, reason, offset FROM ({ROWS})"  # noqa: S608

CURRENT_BOARD = """
WITH (SELECT start FROM catalogue_periods WHERE code = {period:String}) AS period_start,
     toDate({as_of:String}) AS upto
SELECT figure, rollup.unit AS cell_unit, sum(if(is_flow, period_num, stock_num)) AS num,
       sum(if(is_flow, period_den, stock_den)) AS den, sum(recent_num) AS recent_num, sum(recent_den) AS recent_den
FROM catalogue_rollup AS rollup
INNER JOIN (
    SELECT reading, unit, sumIf(num, day >= period_start) AS period_num, sumIf(den, day >= period_start) AS period_den,
           sum(num) AS stock_num, sum(den) AS stock_den,
           sumIf(num, day > upto - 30) AS recent_num, sumIf(den, day > upto - 30) AS recent_den
    FROM current FINAL WHERE day <= upto GROUP BY reading, unit
) AS sums ON sums.reading = rollup.reading AND sums.unit = rollup.member
GROUP BY figure, cell_unit
"""


def fill(client: Client, statement: str, total: int) -> None:
    """`statement` ten times, each with its tenth of `total` rows as one part."""
    step = total // PARTS
    for number in range(PARTS):
        parameters = {"total": total, "first": number * step, "count": step}
        client.command(statement, parameters=parameters, settings=ONE_PART)


def stop_merges(client: Client, table: str) -> None:
    """Parts stay as they were inserted; the account may not use SYSTEM STOP MERGES."""
    client.command(f"ALTER TABLE {table} MODIFY {NO_MERGES.replace('SETTINGS', 'SETTING')}")


def parts(client: Client, table: str) -> tuple[int, int]:
    """(active parts, rows) of a table."""
    where = "active AND database = currentDatabase() AND table = {t:String}"
    sql = f"SELECT count(), sum(rows) FROM system.parts WHERE {where}"  # noqa: S608 - a constant
    found = client.query(sql, parameters={"t": table}).result_rows[0]
    return int(found[0]), int(found[1])
