-- Tables of one projection version ({version}) and of the platform itself.
-- Plain MergeTree without PARTITION BY, TTL or lightweight deletes: one insert block must become one part.

-- Who may write a partition: every row carries the owner's token and the constraint refuses a stale one (code 469),
-- also in the middle of a running insert. Join tables survive kill -9.
CREATE TABLE IF NOT EXISTS {database}.scoring_owners_{version} (partition UInt16, token UInt64)
ENGINE = Join(ANY, LEFT, partition) SETTINGS join_any_take_last_row = 1;

-- One row per delivery of an event and per change of its outcome; the receipt is the newest row of (source, id).
-- Sorted for receipts: all rows of one (source, id) are neighbours. Kept for ever, like the log. Ids are asked for one
-- by one, and each reads a granule with the text of its events: hence small ones.
CREATE TABLE IF NOT EXISTS {database}.events_{version} (
    kind        Enum8('event' = 1, 'mark' = 2),
    source      LowCardinality(String),
    id          String,
    subject     String,
    type        LowCardinality(String),
    unit        LowCardinality(String),
    time        DateTime64(6, 'UTC'),
    received    DateTime64(3, 'UTC'),
    outcome     LowCardinality(String),
    other_id    String,
    cells       Array(Tuple(reading LowCardinality(String), unit LowCardinality(String), day Date, num Int64, den Int64)),
    exclusions  Array(Tuple(reading LowCardinality(String), reason LowCardinality(String))),
    data        String,
    partition   UInt16,
    offset      Int64,
    seq         UInt32,
    token       UInt64,
    CONSTRAINT owner CHECK joinGet('{database}.scoring_owners_{version}', 'token', partition) = token,
    PROJECTION marks (SELECT partition, max(offset), max(received) GROUP BY partition),
    PROJECTION sources (SELECT source, max(time), max(received) GROUP BY source)
) ENGINE = MergeTree ORDER BY (source, id, offset, seq) SETTINGS index_granularity = 512;

-- Signed entries: the sum over any set of rows is the figure. Sorted so that one cell's days, and then its subjects,
-- are neighbours. Reversals carry the same key with the opposite sign. `cell` and `month` are what the board's sums
-- are grouped by: a number is grouped several times faster than two texts.
CREATE TABLE IF NOT EXISTS {database}.ledger_{version} (
    kind        Enum8('entry' = 1, 'mark' = 2),
    reading     LowCardinality(String),
    unit        LowCardinality(String),
    day         Date,
    subject     String,
    source      LowCardinality(String),
    id          String,
    num         Int64,
    den         Int64,
    excluded    Int64,
    reason      LowCardinality(String),
    received    DateTime64(3, 'UTC'),
    partition   UInt16,
    offset      Int64,
    token       UInt64,
    cell        UInt64 MATERIALIZED cityHash64(reading, unit),
    month       Date MATERIALIZED toStartOfMonth(day),
    CONSTRAINT owner CHECK joinGet('{database}.scoring_owners_{version}', 'token', partition) = token,
    PROJECTION days (SELECT reading, unit, day, reason, sum(num), sum(den), sum(excluded)
                     GROUP BY reading, unit, day, reason),
    PROJECTION cell_days (SELECT cell, day, sum(num), sum(den), sum(excluded), sumIf(den, reason = 'no_data'),
                          sumIf(den, reason = 'stale') GROUP BY day, cell),
    PROJECTION cell_months (SELECT cell, month, sum(num), sum(den), sum(excluded), sumIf(den, reason = 'no_data'),
                            sumIf(den, reason = 'stale') GROUP BY month, cell),
    PROJECTION marks (SELECT partition, max(offset), max(received) GROUP BY partition)
) ENGINE = MergeTree ORDER BY (reading, unit, day, subject);

-- Which readings and counting facts filled a version: a worker with another hash refuses to start.
CREATE TABLE IF NOT EXISTS {database}.projection_versions (
    version UInt16, readings_hash String, facts_hash String, created DateTime64(3, 'UTC')
) ENGINE = MergeTree ORDER BY version;

-- The highest version here is the active one: who writes `changes` and what the views read. Lower ones are retired.
CREATE TABLE IF NOT EXISTS {database}.active_versions (version UInt16, at DateTime64(3, 'UTC'))
ENGINE = MergeTree ORDER BY version;

-- API keys: hashes only; the newest row of a key is its state.
CREATE TABLE IF NOT EXISTS {database}.api_keys (
    key_id  String,
    hash    FixedString(64),
    role    LowCardinality(String),
    owner   String,
    system  String,
    units   Array(String),
    types   Array(String),
    state   LowCardinality(String),
    at      DateTime64(6, 'UTC')
) ENGINE = MergeTree ORDER BY (key_id, at);

-- Events that ingest refused, for their senders: codes and tokens alone, never a value, never one refused for personal
-- data or secrecy. A courtesy, so that neither their loss nor a doubled row matters, and they are kept for 90 days.
CREATE TABLE IF NOT EXISTS {database}.rejections (
    source  LowCardinality(String),
    id      String,
    unit    LowCardinality(String),
    type    LowCardinality(String),
    reason  LowCardinality(String),
    pointer LowCardinality(String),
    key_id  LowCardinality(String),
    at      DateTime64(3, 'UTC')
) ENGINE = MergeTree ORDER BY (source, id, at) TTL toDateTime(at) + toIntervalDay(90);
