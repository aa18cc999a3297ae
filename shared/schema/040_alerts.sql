-- What the alerts service keeps. Plain MergeTree; every row carries the active evaluator's token, and a stale one is
-- refused (code 469), also in the middle of a running insert.

CREATE TABLE IF NOT EXISTS {database}.alerts_owners (partition UInt16, token UInt64)
ENGINE = Join(ANY, LEFT, partition) SETTINGS join_any_take_last_row = 1;

-- Every change of an alert, recorded before anything is delivered: of its state, and of what stands beside it
-- (acknowledged, noted, escalated, flapping). `evidence` is frozen JSON. `standing` is the machine's whole state after the
-- change, as JSON, so that a successor goes on where the last owner stopped. `receivers`: to whom it is to be delivered,
-- empty when it is told to nobody. `quiet_because`: what kept it from them.
CREATE TABLE IF NOT EXISTS {database}.alert_transitions (
    alert_id      String,
    number        UInt32,
    rule          LowCardinality(String),
    thing         String,
    indicator     LowCardinality(String),
    figure        LowCardinality(String),
    unit          LowCardinality(String),
    period        LowCardinality(String),
    change        LowCardinality(String),
    from_state    LowCardinality(String),
    to_state      LowCardinality(String),
    reason        LowCardinality(String),
    severity      LowCardinality(String),
    at            DateTime64(3, 'UTC'),
    sentence_vi   String,
    evidence      String,
    standing      String,
    receivers     Array(LowCardinality(String)),
    quiet_because String,
    by            String,
    note          String,
    command_id    String,
    token         UInt64,
    CONSTRAINT owner CHECK joinGet('{database}.alerts_owners', 'token', toUInt16(0)) = token
) ENGINE = MergeTree ORDER BY (alert_id, number);

-- Silences and maintenance; the newest row of an id is what holds. Ending one early is a row that ends it now.
CREATE TABLE IF NOT EXISTS {database}.alert_silences (
    silence_id String,
    alert_id   String,
    rule       LowCardinality(String),
    indicator  LowCardinality(String),
    unit       LowCardinality(String),
    begins     DateTime64(3, 'UTC'),
    ends       DateTime64(3, 'UTC'),
    by         String,
    note       String,
    command_id String,
    at         DateTime64(3, 'UTC'),
    token      UInt64,
    CONSTRAINT owner CHECK joinGet('{database}.alerts_owners', 'token', toUInt16(0)) = token
) ENGINE = MergeTree ORDER BY (silence_id, at);

-- One row per step of a delivery (delivered, failed, given_up); the newest row is its state. One message may hold
-- several changes (`message_id` is theirs together).
CREATE TABLE IF NOT EXISTS {database}.deliveries (
    delivery_id String,
    message_id  String,
    alert_id    String,
    number      UInt32,
    receiver    LowCardinality(String),
    state       LowCardinality(String),
    attempt     UInt16,
    at          DateTime64(3, 'UTC'),
    detail      String,
    token       UInt64,
    CONSTRAINT owner CHECK joinGet('{database}.alerts_owners', 'token', toUInt16(0)) = token
) ENGINE = MergeTree ORDER BY (delivery_id, attempt, at);

-- The newest change of each alert is where it stands; evidence and sentence are those of the newest that has figures.
CREATE OR REPLACE VIEW {database}.alerts AS
SELECT alert_id, max(change_row.number) AS number, any(change_row.rule) AS rule, any(change_row.thing) AS thing,
       any(change_row.indicator) AS indicator, any(change_row.figure) AS figure, any(change_row.unit) AS unit,
       any(change_row.period) AS period,
       argMax(change_row.to_state, change_row.number) AS state,
       argMaxIf(change_row.from_state, change_row.number, change_row.change IN ('state', 'flapping')) AS from_state,
       argMaxIf(change_row.reason, change_row.number, change_row.change IN ('state', 'flapping')) AS reason,
       argMax(change_row.severity, change_row.number) AS severity,
       maxIf(change_row.at, change_row.change IN ('state', 'flapping')
             AND change_row.from_state != change_row.to_state) AS since,
       max(change_row.at) AS changed,
       argMaxIf(change_row.sentence_vi, change_row.number, change_row.evidence != '{}') AS sentence_vi,
       argMaxIf(change_row.evidence, change_row.number, change_row.evidence != '{}') AS evidence,
       argMax(change_row.standing, change_row.number) AS standing,
       argMax(change_row.quiet_because, change_row.number) AS quiet_because
FROM {database}.alert_transitions AS change_row
GROUP BY alert_id;

CREATE OR REPLACE VIEW {database}.silences AS
SELECT silence_id, any(row.alert_id) AS alert_id, any(row.rule) AS rule, any(row.indicator) AS indicator,
       any(row.unit) AS unit, argMax(row.begins, row.at) AS begins, argMax(row.ends, row.at) AS ends,
       argMax(row.by, row.at) AS by, argMax(row.note, row.at) AS note, max(row.at) AS at
FROM {database}.alert_silences AS row
GROUP BY silence_id;

-- What pages read beside `alerts`. What stands beside the state is taken out of the machine's own record of it.
CREATE OR REPLACE VIEW {database}.alert_list AS
SELECT *, JSONExtractString(standing, 'acknowledgement', 'by') AS acknowledged_by,
       parseDateTime64BestEffortOrNull(JSONExtractString(standing, 'acknowledgement', 'at'), 3, 'UTC')
       AS acknowledged_at,
       parseDateTime64BestEffortOrNull(JSONExtractString(standing, 'acknowledgement', 'until'), 3, 'UTC')
       AS acknowledged_until,
       JSONExtractUInt(standing, 'escalation') AS escalation,
       JSONExtractBool(standing, 'flapping') AS flapping,
       state IN ('firing', 'lost') AS is_open,
       transform(toString(severity), ['critical', 'warning', 'info'], [3, 2, 1], 0) AS gravity
FROM {database}.alerts;

CREATE OR REPLACE VIEW {database}.alert_history AS
SELECT alert_id, number, change, from_state, to_state AS state, reason, severity, at, by, note, sentence_vi,
       quiet_because, receivers, command_id
FROM {database}.alert_transitions;

CREATE OR REPLACE VIEW {database}.alert_deliveries AS
SELECT alert_id, number, receiver, argMax(row.state, (row.at, row.attempt)) AS state, max(row.attempt) AS attempts,
       max(row.at) AS at, argMax(row.detail, (row.at, row.attempt)) AS detail,
       argMax(row.message_id, (row.at, row.attempt)) AS message_id
FROM {database}.deliveries AS row
GROUP BY alert_id, number, receiver;

-- From the change that opened an alert to the one that ended it; null: not yet.
CREATE OR REPLACE VIEW {database}.alert_openings AS
SELECT alert_id, opening, min(row.at) AS opened, minOrNullIf(row.at, row.change = 'acknowledged') AS acknowledged,
       minOrNullIf(row.at, row.to_state NOT IN ('firing', 'lost')) AS ended
FROM (
    SELECT alert_id, at, change, to_state,
           sum(from_state NOT IN ('firing', 'lost') AND to_state IN ('firing', 'lost'))
           OVER (PARTITION BY alert_id ORDER BY number) AS opening
    FROM {database}.alert_transitions
) AS row
WHERE row.opening > 0
GROUP BY alert_id, opening;

-- How the alerts do as a whole, as ISA-18.2 asks; `now_ms`: the moment that is looked back from, in milliseconds since 1970.
CREATE OR REPLACE VIEW {database}.alert_standing AS
SELECT * EXCEPT (standing), acknowledged_at IS NOT NULL AS acknowledged FROM {database}.alert_list
WHERE is_open AND since < fromUnixTimestamp64Milli({now_ms:Int64}, 'UTC') - INTERVAL 1 DAY;

CREATE OR REPLACE VIEW {database}.alert_offenders AS
SELECT moves.alert_id AS alert_id, list.rule AS rule, list.unit AS unit, moves.changes AS changes,
       list.flapping AS flapping, round(moves.changes / sum(moves.changes) OVER () * 100, 1) AS percent
FROM (
    SELECT alert_id, count() AS changes FROM {database}.alert_history
    WHERE change IN ('state', 'flapping')
      AND at > fromUnixTimestamp64Milli({now_ms:Int64}, 'UTC') - INTERVAL 7 DAY GROUP BY alert_id
) AS moves
INNER JOIN {database}.alert_list AS list ON list.alert_id = moves.alert_id;

CREATE OR REPLACE VIEW {database}.alert_attention AS
SELECT count() AS openings, countIf(acknowledged IS NOT NULL) AS taken,
       medianExactIf(dateDiff('millisecond', opened, acknowledged), acknowledged IS NOT NULL) / 1000 AS median,
       (SELECT countIf(is_open) FROM {database}.alert_list) AS open,
       (SELECT countIf(is_open AND acknowledged_at IS NULL) FROM {database}.alert_list) AS unacknowledged
FROM {database}.alert_openings WHERE opened > fromUnixTimestamp64Milli({now_ms:Int64}, 'UTC') - INTERVAL 30 DAY;

CREATE OR REPLACE VIEW {database}.alert_days AS
SELECT day, sum(opens) AS opened, sum(ends) AS ended, sum(tells) AS told FROM (
    SELECT toDate(at, 'Asia/Ho_Chi_Minh') AS day, notEmpty(receivers) AS tells,
           state IN ('firing', 'lost') AND from_state NOT IN ('firing', 'lost') AS opens,
           state NOT IN ('firing', 'lost') AND from_state IN ('firing', 'lost') AS ends
    FROM {database}.alert_history WHERE at > fromUnixTimestamp64Milli({now_ms:Int64}, 'UTC') - INTERVAL 30 DAY
)
GROUP BY day HAVING opened + ended + told > 0;

-- Whether anything about alerts may look different; counts that the engine has at hand.
CREATE OR REPLACE VIEW {database}.alert_pulse AS
SELECT (SELECT count() FROM {database}.alert_transitions) AS changes,
       (SELECT count() FROM {database}.alert_silences) AS silences,
       (SELECT count() FROM {database}.deliveries) AS deliveries;
