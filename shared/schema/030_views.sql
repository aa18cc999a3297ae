-- The one definition of every rate. Api, alerts, reports and Grafana read these views; no formula stands elsewhere.
-- Parameters: period (code of catalogue_periods), as_of (local day; days after it are not yet true).
-- Integers decide, with the target's own comparator; `percent` is for display and never decides.
--
-- A FRAGMENT is SQL that the views below contain as a subquery wherever its name stands in braces. It is not a view,
-- because ClickHouse analyses a view twice for each view around it: six levels deep, planning took all the time.

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

-- T04: a unit either sends online=false events or reports offline items (`reason` = the report's period);
-- where both stand in one period, the report is ignored.
FRAGMENT ignored_reports AS
SELECT DISTINCT report.unit AS unit, report.reason AS reason
FROM (
    SELECT unit, reason, start, end
    FROM {cell_days} AS days
    INNER JOIN {database}.catalogue_periods AS periods ON periods.code = days.reason
    WHERE reading = 'casefile_online.offline_items'
    GROUP BY unit, reason, start, end HAVING sum(den) > 0
) AS report
INNER JOIN (
    SELECT unit, day FROM {cell_days}
    WHERE reading = 'casefile_online' GROUP BY unit, day HAVING sum(den - num) > 0
) AS paper ON paper.unit = report.unit
WHERE paper.day BETWEEN report.start AND report.end;

FRAGMENT counted_days AS
SELECT reading, unit, day, days.reason AS reason,
       reading = 'casefile_online.offline_items' AND (unit, days.reason) IN {ignored_reports} AS ignored,
       if(ignored, 0, days.num) AS num, if(ignored, 0, days.den) AS den,
       if(ignored, days.den, days.excluded) AS excluded
FROM {cell_days} AS days;

-- Expected sources and whether each is silent as of `silence_day`, which the query around it defines; cadence is
-- counted in working days.
FRAGMENT source_silence AS
WITH (
    SELECT groupArray(day) FROM (
        SELECT day FROM {database}.catalogue_calendar WHERE working AND day < silence_day ORDER BY day DESC LIMIT 90
    )
) AS recent_working_days
SELECT source, cadence_days, last_time, last_received,
       toDate(last_time, 'Asia/Ho_Chi_Minh') < recent_working_days[cadence_days] AS silent
FROM (SELECT source, min(cadence_days) AS cadence_days FROM {database}.catalogue_emitters GROUP BY source) AS expected
LEFT JOIN (
    SELECT source, max(time) AS last_time, max(received) AS last_received FROM {database}.events_{version} GROUP BY source
) AS heard USING (source);

FRAGMENT stamped AS
SELECT {as_of:Date} AS as_of,
       (SELECT arraySort(groupArray((partition, offset, received))) FROM {marks}) AS watermark,
       (SELECT argMax(version, published) FROM {database}.catalogue_version) AS catalogue_version,
       count() AS sources_expected, countIf(NOT silent) AS sources_reporting,
       groupArrayIf(source, silent) AS silent_sources
FROM {source_silence};

-- Amounts of each (reading, unit), which `cell` stands for, by where they count. Months that are over come from the sums
-- by month; only the last 30 days and a period's broken first month come from those by day, which are thirty times as
-- many. A report that is ignored is taken back.
FRAGMENT amounts AS
SELECT cell, month >= period_start AS in_period, true AS to_date, false AS recent, false AS ignored,
       sum(num) AS n, sum(den) AS d, sum(excluded) AS e, sumIf(den, reason = 'no_data') AS unheard,
       sumIf(den, reason = 'stale') AS outdated
FROM {database}.ledger_{version} WHERE month < toStartOfMonth(upto) GROUP BY cell, in_period
UNION ALL
SELECT cell, day >= period_start AND (day >= toStartOfMonth(upto) OR toStartOfMonth(day) < period_start) AS in_period,
       day >= toStartOfMonth(upto) AS to_date, day > upto - 30 AS recent, false AS ignored,
       sum(num), sum(den), sum(excluded), sumIf(den, reason = 'no_data'), sumIf(den, reason = 'stale')
FROM {database}.ledger_{version}
WHERE day BETWEEN least(toStartOfMonth(upto), upto - 29) AND upto
   OR day BETWEEN period_start AND least(toLastDayOfMonth(period_start - 1), upto)
GROUP BY cell, in_period, to_date, recent
UNION ALL
SELECT cityHash64('casefile_online.offline_items', unit) AS cell, report.2 >= period_start AS in_period, true AS to_date,
       report.2 > upto - 30 AS recent, in_period AS ignored, -report.3, -report.4, report.4 - report.5, 0, 0
FROM (
    SELECT unit, paper_days, arrayJoin(reports) AS report
    FROM (
        SELECT unit, groupArrayIf((reason, day, n, d, e), reading != 'casefile_online' AND d > 0) AS reports,
               groupArrayIf(day, reading = 'casefile_online' AND d > n) AS paper_days
        FROM (
            SELECT reading, unit, day, reason, sum(num) AS n, sum(den) AS d, sum(excluded) AS e
            FROM {database}.ledger_{version}
            WHERE reading IN ('casefile_online', 'casefile_online.offline_items') AND day <= upto
            GROUP BY reading, unit, day, reason
        )
        GROUP BY unit
    )
) AS reported
INNER JOIN {database}.catalogue_periods AS periods ON periods.code = report.1
WHERE arrayExists(day -> day BETWEEN periods.start AND periods.end, paper_days);

FRAGMENT reading_sums AS
SELECT cell, sumIf(n, in_period) AS period_num, sumIf(d, in_period) AS period_den, sumIf(e, in_period) AS period_excluded,
       sumIf(n, to_date) AS stock_num, sumIf(d, to_date) AS stock_den, sumIf(e, to_date) AS stock_excluded,
       sumIf(n, recent) AS recent_num, sumIf(d, recent) AS recent_den,
       sumIf(unheard, to_date) AS no_data, sumIf(outdated, to_date) AS stale, max(ignored) AS report_ignored
FROM {amounts} GROUP BY cell;

-- Sums of each cell of the board (figure, unit); the unit's own report, when there is one, outranks its members.
FRAGMENT cell_sums AS
SELECT figure, unit,
       sum(if(is_flow, period_num, stock_num)) AS num, sum(if(is_flow, period_den, stock_den)) AS den,
       sum(if(is_flow, period_excluded, stock_excluded)) AS excluded,
       sum(recent_num) AS recent_num, sum(recent_den) AS recent_den, sum(no_data) AS no_data, sum(stale) AS stale,
       countIf(is_report AND expected AND stock_den = 0) AS reports_missing, max(report_ignored) AS offline_conflict
FROM {database}.catalogue_rollup AS rollup
LEFT JOIN {reading_sums} AS sums ON sums.cell = rollup.cell
GROUP BY figure, unit, own
ORDER BY own AND den > 0 DESC, own LIMIT 1 BY figure, unit;

CREATE OR REPLACE VIEW {database}.watermarks AS SELECT * FROM {marks};
CREATE OR REPLACE VIEW {database}.sources AS WITH {as_of:Date} AS silence_day SELECT * FROM {source_silence};
CREATE OR REPLACE VIEW {database}.stamp AS WITH {as_of:Date} AS silence_day SELECT * FROM {stamped};

-- One row per cell: figures, target, status, flags, and the stamp of the snapshot they were read from.
CREATE OR REPLACE VIEW {database}.board AS
WITH (SELECT (start, least(end, {as_of:Date}), end) FROM {database}.catalogue_periods
      WHERE code = {period:String}) AS bounds,
     bounds.1 AS period_start, bounds.2 AS upto, bounds.3 AS period_end, upto AS silence_day,
     {as_of:Date} > period_end AS is_final,
     ['below', 'met', 'no_occurrence', 'no_target'] AS statuses,
     (SELECT (watermark, catalogue_version, sources_expected, sources_reporting, silent_sources)
      FROM {stamped}) AS stamped
SELECT cells.indicator AS indicator, cells.figure AS figure, cells.code AS code, cells.position AS position,
       cells.unit AS unit, cells.kind AS kind,
       {period:String} AS period, period_start AS start, period_end AS end, upto AS as_of, is_final AS final,
       sums.num AS num, sums.den AS den, sums.excluded AS excluded,
       if(cells.is_flow, sums.recent_num, NULL) AS recent_num, if(cells.is_flow, sums.recent_den, NULL) AS recent_den,
       sums.no_data AS no_data,
       cells.target AS target, cells.comparator AS comparator, cells.legal_row AS legal_row,
       multiIf(cells.target < 0, 'no_target', sums.den = 0, 'no_occurrence',
               if(cells.comparator = '>', toInt128(sums.num) * 100 > toInt128(cells.target) * sums.den,
                  toInt128(sums.num) * 100 >= toInt128(cells.target) * sums.den), 'met', 'below') AS status,
       multiIf(recent_den IS NULL, NULL, cells.target < 0, 'no_target', recent_den = 0, 'no_occurrence',
               if(cells.comparator = '>', toInt128(recent_num) * 100 > toInt128(cells.target) * recent_den,
                  toInt128(recent_num) * 100 >= toInt128(cells.target) * recent_den),
               'met', 'below') AS recent_status,
       -- What is still expected, at the pace of the days so far; rounded up, so that hope is lost late, not early.
       toInt64(ceil(sums.den * (period_end - upto) / greatest(1, upto - period_start + 1))) AS expected_den,
       cells.kind = 'flow' AND status = 'below' AND NOT if(cells.comparator = '>',
           toInt128(sums.num + expected_den) * 100 > toInt128(cells.target) * (sums.den + expected_den),
           toInt128(sums.num + expected_den) * 100 >= toInt128(cells.target) * (sums.den + expected_den)
       ) AS not_recoverable,
       hasAny(cells.sources, stamped.5) AS source_silent,
       sums.no_data > 0 OR sums.reports_missing > 0 OR source_silent
           OR (sums.den = 0 AND cells.kind IN ('reported_flow', 'reported_stock')) AS provisional,
       sums.stale > 0 AS stale,
       sums.offline_conflict AS offline_conflict,
       cells.basis_undefined AS basis_undefined,
       arrayFilter(flag -> flag != '', [if(provisional, 'provisional', ''), if(stale, 'stale', ''),
           if(not_recoverable, 'not_recoverable', ''), if(offline_conflict, 'offline_conflict', ''),
           if(basis_undefined, 'basis_undefined', '')]) AS flags,
       -- The status that a screen colours by: the 30 days once the year cannot be reached any more.
       if(not_recoverable AND recent_status IN ('met', 'below'), recent_status, status) AS shown_status,
       -- In tenths of a percent, rounded down, so that a rate below its target never shows the target; a strict
       -- target that is exceeded is rounded up, so that it never shows the target either.
       if(sums.den > 0, intDiv(toInt128(sums.num) * 1000 + if(status = 'met' AND cells.comparator = '>',
           sums.den - 1, 0), sums.den) / 10, NULL) AS percent,
       if(recent_den > 0, intDiv(toInt128(recent_num) * 1000 + if(recent_status = 'met'
           AND cells.comparator = '>', recent_den - 1, 0), recent_den) / 10, NULL) AS recent_percent,
       -- The indicator at this unit: met when every figure with a target is.
       statuses[min(indexOf(statuses, status)) OVER same_indicator] AS indicator_status,
       stamped.1 AS watermark, stamped.2 AS catalogue_version,
       stamped.3 AS sources_expected, stamped.4 AS sources_reporting
FROM {database}.catalogue_cells AS cells
INNER JOIN {cell_sums} AS sums ON sums.figure = cells.figure AND sums.unit = cells.unit
WHERE period_end BETWEEN cells.target_from AND cells.target_to
  AND (cells.expected OR sums.den > 0 OR sums.excluded > 0)
WINDOW same_indicator AS (PARTITION BY cells.indicator, cells.unit);

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
    WHERE days.day <= upto AND (days.day >= period_start OR NOT is_flow)
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
WHERE days.day <= upto AND (days.day >= period_start OR NOT members.is_flow)
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
           reading = 'casefile_online.offline_items' AND (unit, reason) IN {ignored_reports} AS ignored
    FROM {database}.ledger_{version} AS entries
    INNER JOIN {cell_members} AS members USING (reading, unit)
    WHERE subject > {after:String} AND entries.day <= upto AND (entries.day >= period_start OR NOT is_flow)
      AND (entries.reading, entries.unit) IN (
          SELECT reading, member FROM {database}.catalogue_rollup
          WHERE figure = {figure:String} AND unit = {unit:String})
    GROUP BY subject, reading, unit, reason, event_source, event_id
    HAVING n != 0 OR d != 0 OR e != 0
)
GROUP BY subject
ORDER BY subject;

-- Which version the views above read; replaced last, so that it tells whether a switch came to its end.
CREATE OR REPLACE VIEW {database}.projection AS SELECT toUInt16({version}) AS version;
