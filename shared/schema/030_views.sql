-- The one definition of every rate. Api, alerts, reports and Grafana read these views; no formula stands elsewhere.
-- Parameters: period (code of catalogue_periods), as_of (local day; days after it are not yet true).
-- Integers decide, with the target's own comparator; `percent` is for display and never decides.
--
-- A FRAGMENT is SQL that the views below contain as a subquery wherever its name stands in braces; a TEXT is pasted as it
-- stands. Neither is a view, because ClickHouse analyses a view twice for each view around it: six levels deep, planning
-- took all the time.

-- A switch of versions replaces every view of this file. Each of them names the version's tables itself and no view in
-- between, so that one answer, which resolves the name of its view once, can never be of two versions.
CREATE OR REPLACE VIEW {database}.ledger AS SELECT * FROM {database}.ledger_{version};
CREATE OR REPLACE VIEW {database}.events AS SELECT * FROM {database}.events_{version};

FRAGMENT marks AS
SELECT partition, max(offset) AS offset, max(received) AS received FROM {database}.ledger_{version} GROUP BY partition;

FRAGMENT cell_days AS
SELECT reading, unit, day, reason, sum(num) AS num, sum(den) AS den, sum(excluded) AS excluded
FROM {database}.ledger_{version} WHERE day <= {as_of:Date}
GROUP BY reading, unit, day, reason;

-- T04: a unit either sends online=false events or reports offline items (`reason` = the report's period); a report with
-- such a day in its period is ignored. Of a unit that never reports no day is read.
FRAGMENT paper_days AS
SELECT unit, day FROM {database}.ledger_{version}
WHERE reading = 'casefile_online' AND day <= upto AND unit IN (
    SELECT unit FROM {database}.ledger_{version} WHERE reading = 'casefile_online.offline_items')
GROUP BY unit, day HAVING sum(den) > sum(num);

FRAGMENT counted_days AS
SELECT reading, unit, day, days.reason AS reason,
       reading = 'casefile_online.offline_items' AND arrayExists(one -> (unit, one) IN {paper_days},
           joinGet('{database}.catalogue_periods', 'days', days.reason)) AS ignored,
       if(ignored, 0, days.num) AS num, if(ignored, 0, days.den) AS den,
       if(ignored, days.den, days.excluded) AS excluded
FROM {cell_days} AS days;

-- The day on which an expected source had to be heard at the latest, as of `silence_day`, which the query around it
-- defines; cadence is counted in working days.
TEXT last_due_day AS
joinGet('{database}.catalogue_calendar', 'working_days_before', silence_day)[
    joinGet('{database}.catalogue_sources', 'cadence_days', source)];

FRAGMENT source_silence AS
SELECT source, cadence_days, last_time, last_received,
       toUnixTimestamp(last_received) = 0 OR toDate(last_time, 'Asia/Ho_Chi_Minh') < {last_due_day} AS silent
FROM {database}.catalogue_sources AS expected
LEFT JOIN (
    SELECT source, max(time) AS last_time, max(received) AS last_received FROM {database}.events_{version} GROUP BY source
) AS heard USING (source);

-- Sources that are not silent, without a join: the board asks for them in each answer.
FRAGMENT heard_sources AS
SELECT groupArray(source) FROM (
    SELECT source FROM {database}.events_{version} GROUP BY source
    HAVING toDate(max(time), 'Asia/Ho_Chi_Minh') >= {last_due_day});

FRAGMENT watermark AS SELECT arraySort(groupArray((partition, offset, received))) FROM {marks};

FRAGMENT catalogue_version AS SELECT argMax(version, published) FROM {database}.catalogue_version;

-- Amounts of each (reading, unit), which `cell` stands for, by where they count. Months that are over come from the sums
-- by month; only the last 30 days and a period's broken first month come from those by day, which are thirty times as
-- many. A report that is ignored is taken back; `count()`, which no projection has, lets these few rows be read from the
-- table, where other readings cost one column, and not from `days`, where they cost all. `amounts` are num, den, excluded,
-- no_data, stale, ignored reports in one array: what a column costs is not its rows but its planning, in every subquery
-- that it passes.
FRAGMENT amounts AS
SELECT cell, month >= period_start AS in_period, true AS to_date, false AS recent,
       [sum(num), sum(den), sum(excluded), sumIf(den, reason = 'no_data'), sumIf(den, reason = 'stale')] AS amounts
FROM {database}.ledger_{version} WHERE month < toStartOfMonth(upto) GROUP BY cell, in_period
UNION ALL
SELECT cell, day >= period_start AND (day >= toStartOfMonth(upto) OR toStartOfMonth(day) < period_start) AS in_period,
       day >= toStartOfMonth(upto) AS to_date, day > upto - 30 AS recent,
       [sum(num), sum(den), sum(excluded), sumIf(den, reason = 'no_data'), sumIf(den, reason = 'stale')]
FROM {database}.ledger_{version}
WHERE day BETWEEN least(toStartOfMonth(upto), upto - 29) AND upto
   OR day BETWEEN period_start AND least(toLastDayOfMonth(period_start - 1), upto)
GROUP BY cell, in_period, to_date, recent
UNION ALL
SELECT cityHash64('casefile_online.offline_items', unit) AS cell, day >= period_start AS in_period, true AS to_date,
       day > upto - 30 AS recent, [-sum(num), -sum(den), sum(den) - sum(excluded), 0, 0, 1]
FROM {database}.ledger_{version}
WHERE reading = 'casefile_online.offline_items' AND day <= upto
GROUP BY unit, reason, day
HAVING sum(den) > 0 AND count() > 0 AND arrayExists(one -> (unit, one) IN {paper_days},
                                                   joinGet('{database}.catalogue_periods', 'days', reason));

FRAGMENT reading_sums AS
SELECT cell, sumForEachIf(amounts, in_period) AS in_period, sumForEachIf(amounts, to_date) AS to_date,
       sumForEachIf(amounts, recent) AS recent
FROM {amounts} GROUP BY cell;

-- Sums of each cell of the board (figure, unit); the unit's own report, when there is one, outranks its members.
FRAGMENT cell_sums AS
SELECT figure, unit, sumForEach(if(is_flow, in_period, to_date)) AS total, sumForEach(recent) AS recent,
       countIf(is_report AND expected AND to_date[2] = 0) AS reports_missing
FROM {database}.catalogue_rollup AS rollup
LEFT JOIN {reading_sums} AS sums ON sums.cell = rollup.cell
GROUP BY figure, unit, own
ORDER BY own AND total[2] > 0 DESC, own LIMIT 1 BY figure, unit;

CREATE OR REPLACE VIEW {database}.watermarks AS SELECT * FROM {marks};
CREATE OR REPLACE VIEW {database}.sources AS WITH {as_of:Date} AS silence_day SELECT * FROM {source_silence};
CREATE OR REPLACE VIEW {database}.stamp AS
WITH {as_of:Date} AS silence_day
SELECT silence_day AS as_of, {watermark} AS watermark, {catalogue_version} AS catalogue_version,
       count() AS sources_expected, countIf(NOT silent) AS sources_reporting, groupArrayIf(source, silent) AS silent_sources
FROM {source_silence};

-- What is known of a cell, as names for the WITH of a query over `from_cells`. ClickHouse resolves only names that are used:
-- a query pays for what it shows. A name is written out wherever it is used, so that one within another must stay short.
TEXT cell AS
     (SELECT (start, least(end, {as_of:Date}), end) FROM {database}.catalogue_periods
      WHERE code = {period:String}) AS bounds,
     bounds.1 AS period_start, bounds.2 AS upto, bounds.3 AS period_end, upto AS silence_day,
     {heard_sources} AS heard, (SELECT groupArray(source) FROM {database}.catalogue_sources) AS expected_sources,
     cells.comparator = '>' AS strict,
     sums.total[1] AS num, sums.total[2] AS den, sums.total[4] AS no_data,
     if(cells.is_flow, sums.recent[1], NULL) AS recent_num, if(cells.is_flow, sums.recent[2], NULL) AS recent_den,
     -- Hundredths of a count above the target: integers, so that more than a strict target is at least one more.
     toInt128(num) * 100 - toInt128(cells.target) * den AS above,
     toInt128(recent_num) * 100 - toInt128(cells.target) * recent_den AS recent_above,
     multiIf(cells.target < 0, 'no_target', den = 0, 'no_occurrence', above >= strict, 'met', 'below') AS status,
     multiIf(recent_den IS NULL, NULL, cells.target < 0, 'no_target', recent_den = 0, 'no_occurrence',
             recent_above >= strict, 'met', 'below') AS recent_status,
     -- What is still expected, at the pace of the days so far; rounded up, so that hope is lost late, not early.
     toInt64(ceil(den * (period_end - upto) / greatest(1, upto - period_start + 1))) AS expected_den,
     -- Below, even if all that is still expected counts. (What is not below now is not then: no target is above 100.)
     cells.kind = 'flow' AND cells.target >= 0 AND den > 0
         AND above + toInt128(expected_den) * (100 - cells.target) < strict AS not_recoverable,
     NOT hasAll(heard, cells.sources) AS source_silent,
     no_data > 0 OR sums.reports_missing > 0 OR source_silent
         OR (den = 0 AND cells.kind IN ('reported_flow', 'reported_stock')) AS provisional,
     sums.total[5] > 0 AS stale,
     sums.total[6] > 0 AS offline_conflict,
     [provisional, stale, not_recoverable, offline_conflict, cells.basis_undefined] AS raised,
     arrayFilter((flag, is_raised) -> is_raised,
         ['provisional', 'stale', 'not_recoverable', 'offline_conflict', 'basis_undefined'], raised) AS flags,
     -- The status that a screen colours by: the 30 days once the year cannot be reached any more.
     if(not_recoverable AND recent_status IN ('met', 'below'), recent_status, status) AS shown_status,
     -- In tenths of a percent, rounded down, so that a rate below its target never shows the target; a strict
     -- target that is exceeded is rounded up, so that it never shows the target either.
     if(den > 0, intDiv(toInt128(num) * 1000 + if(strict AND above > 0, den - 1, 0), den) / 10,
        NULL) AS percent,
     if(recent_den > 0, intDiv(toInt128(recent_num) * 1000 + if(strict AND recent_above > 0, recent_den - 1, 0),
                               recent_den) / 10, NULL) AS recent_percent,
     -- The indicator at this unit: met when every figure with a target is; the words' order is that of the alphabet.
     min(status) OVER (PARTITION BY cells.indicator, cells.unit) AS indicator_status;

TEXT from_cells AS
FROM {database}.catalogue_cells AS cells
INNER JOIN {cell_sums} AS sums ON sums.figure = cells.figure AND sums.unit = cells.unit
WHERE period_end BETWEEN cells.target_from AND cells.target_to
  AND (cells.expected OR sums.total[2] > 0 OR sums.total[3] > 0);

-- One row per cell: figures, target, status, flags, and the stamp of the snapshot they were read from.
CREATE OR REPLACE VIEW {database}.board AS
WITH {cell}
SELECT cells.indicator AS indicator, cells.figure AS figure, cells.code AS code, cells.position AS position,
       cells.unit AS unit, cells.unit_level AS unit_level, cells.unit_kind AS unit_kind, cells.kind AS kind,
       {period:String} AS period, period_start AS start, period_end AS end, upto AS as_of,
       {as_of:Date} > period_end AS final, num, den, sums.total[3] AS excluded, recent_num, recent_den, no_data,
       cells.target AS target, cells.comparator AS comparator, cells.legal_row AS legal_row, status, recent_status,
       expected_den, not_recoverable, source_silent, provisional, stale, offline_conflict,
       cells.basis_undefined AS basis_undefined, flags, shown_status, percent, recent_percent, indicator_status,
       {watermark} AS watermark, {catalogue_version} AS catalogue_version,
       length(expected_sources) AS sources_expected,
       length(arrayIntersect(expected_sources, heard)) AS sources_reporting
{from_cells};

-- The (reading, unit) sums that may make one cell: of no others need anything be read.
FRAGMENT cell_sums AS
SELECT reading, member FROM {database}.catalogue_rollup WHERE figure = {figure:String} AND unit = {unit:String};

-- The (reading, unit) sums that make one cell: the unit's own report when there is one, else its members.
FRAGMENT cell_members AS
SELECT rollup.reading AS reading, rollup.member AS unit,
       figures.kind IN ('flow', 'reported_flow') AS is_flow
FROM {database}.catalogue_rollup AS rollup
INNER JOIN {database}.catalogue_figures AS figures ON figures.figure = rollup.figure
WHERE rollup.figure = {figure:String} AND rollup.unit = {unit:String} AND rollup.own = (
    SELECT sum(own_days.den) > 0 FROM {cell_days} AS own_days
    WHERE own_days.day <= upto
      AND (own_days.day >= period_start
           OR (SELECT any(kind) FROM {database}.catalogue_figures WHERE figure = {figure:String}) = 'reported_stock')
      AND (own_days.reading, own_days.unit) IN (
          SELECT reading, member FROM {database}.catalogue_rollup
          WHERE figure = {figure:String} AND unit = {unit:String} AND own));

-- The history of one cell: cumulative figures at the end of each day on which something moved.
CREATE OR REPLACE VIEW {database}.cell_history AS
WITH (SELECT start FROM {database}.catalogue_periods WHERE code = {period:String}) AS period_start,
     (SELECT least(end, {as_of:Date}) FROM {database}.catalogue_periods WHERE code = {period:String}) AS upto
SELECT day, if(own_den > 0, own_num, member_num) AS num, if(own_den > 0, own_den, member_den) AS den
FROM (
    SELECT greatest(days.day, period_start) AS day, -- what a stock held before the period stands on its first day
           sum(sumIf(num, own)) OVER by_day AS own_num, sum(sumIf(den, own)) OVER by_day AS own_den,
           sum(sumIf(num, NOT own)) OVER by_day AS member_num, sum(sumIf(den, NOT own)) OVER by_day AS member_den
    FROM {counted_days} AS days
    INNER JOIN (
        SELECT reading, member, own, figures.kind IN ('flow', 'reported_flow') AS is_flow
        FROM {database}.catalogue_rollup AS rollup
        INNER JOIN {database}.catalogue_figures AS figures ON figures.figure = rollup.figure
        WHERE rollup.figure = {figure:String} AND rollup.unit = {unit:String}
    ) AS members ON members.reading = days.reading AND members.member = days.unit
    WHERE (days.reading, days.unit) IN {cell_sums} AND days.day <= upto AND (days.day >= period_start OR NOT is_flow)
    GROUP BY day WINDOW by_day AS (ORDER BY day)
)
ORDER BY day;

-- What was seen at one cell but is not in its rate, by reason.
CREATE OR REPLACE VIEW {database}.cell_exclusions AS
WITH (SELECT start FROM {database}.catalogue_periods WHERE code = {period:String}) AS period_start,
     (SELECT least(end, {as_of:Date}) FROM {database}.catalogue_periods WHERE code = {period:String}) AS upto
SELECT if(days.ignored, 'report_ignored', days.reason) AS reason, sum(days.excluded) AS total
FROM {counted_days} AS days
INNER JOIN {cell_members} AS members ON members.reading = days.reading AND members.unit = days.unit
WHERE (days.reading, days.unit) IN {cell_sums} AND days.day <= upto
  AND (days.day >= period_start OR NOT members.is_flow)
GROUP BY reason HAVING total != 0
ORDER BY total DESC, reason;

-- The subjects behind one cell, with what each counts and why. `after` is the cursor (subject, exclusive).
CREATE OR REPLACE VIEW {database}.cell_subjects AS
WITH (SELECT start FROM {database}.catalogue_periods WHERE code = {period:String}) AS period_start,
     (SELECT least(end, {as_of:Date}) FROM {database}.catalogue_periods WHERE code = {period:String}) AS upto
SELECT subject, max(at) AS day, any(unit) AS unit, any(reading) AS reading, sum(n) AS num, sum(d) AS den,
       sum(e) AS excluded, anyIf(why, why != '') AS reason, any(event_source) AS source, any(event_id) AS id,
       multiIf(excluded > 0 AND den = 0, 'excluded', reason = 'no_data', 'no_data',
               den > num, 'missing', 'counting') AS state
FROM (
    SELECT subject, reading, unit, if(ignored, 'report_ignored', reason) AS why, source AS event_source,
           id AS event_id, max(entries.day) AS at, sum(if(ignored, 0, entries.num)) AS n,
           sum(if(ignored, 0, entries.den)) AS d, sum(if(ignored, entries.den, entries.excluded)) AS e,
           reading = 'casefile_online.offline_items' AND arrayExists(one -> (unit, one) IN {paper_days},
               joinGet('{database}.catalogue_periods', 'days', reason)) AS ignored
    FROM {database}.ledger_{version} AS entries
    INNER JOIN {cell_members} AS members USING (reading, unit)
    WHERE subject > {after:String} AND entries.day <= upto AND (entries.day >= period_start OR NOT is_flow)
      AND (entries.reading, entries.unit) IN {cell_sums}
    GROUP BY subject, reading, unit, reason, event_source, event_id
    HAVING n != 0 OR d != 0 OR e != 0
)
GROUP BY subject
ORDER BY subject;

-- Which version the views above read; replaced last, so that it tells whether a switch came to its end.
CREATE OR REPLACE VIEW {database}.projection AS SELECT toUInt16({version}) AS version;
