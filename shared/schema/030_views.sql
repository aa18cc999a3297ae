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

-- Sums of each (reading, unit): the period to date, all days to date (stocks), and the last 30 days.
FRAGMENT reading_sums AS
WITH (SELECT start FROM {database}.catalogue_periods WHERE code = {period:String}) AS period_start,
     (SELECT least(end, {as_of:Date}) FROM {database}.catalogue_periods WHERE code = {period:String}) AS upto
SELECT reading, unit,
       sumIf(num, day >= period_start) AS period_num, sumIf(den, day >= period_start) AS period_den,
       sumIf(excluded, day >= period_start) AS period_excluded,
       sum(num) AS stock_num, sum(den) AS stock_den, sum(excluded) AS stock_excluded,
       sumIf(num, day > upto - 30) AS recent_num, sumIf(den, day > upto - 30) AS recent_den,
       sumIf(den, reason = 'no_data') AS no_data, sumIf(den, reason = 'stale') AS stale,
       maxIf(ignored, day >= period_start) AS report_ignored
FROM {counted_days} WHERE day <= upto
GROUP BY reading, unit;

-- Sums of each cell (figure, unit) over its members; the unit's own report outranks the sum of its members.
FRAGMENT cell_sums AS
SELECT figure, unit, any(figure_kind) AS kind,
       sum(if(is_flow, period_num, stock_num)) AS num,
       sum(if(is_flow, period_den, stock_den)) AS den,
       sum(if(is_flow, period_excluded, stock_excluded)) AS excluded,
       if(any(is_flow), sum(recent_num), NULL) AS recent_num,
       if(any(is_flow), sum(recent_den), NULL) AS recent_den,
       sum(no_data) AS no_data, sum(stale) AS stale,
       countIf(is_report AND member_expected AND stock_den = 0) AS reports_missing,
       max(report_ignored) AS offline_conflict
FROM (
    SELECT rollup.figure AS figure, rollup.unit AS unit, rollup.own AS own, rollup.expected AS member_expected,
           figures.kind AS figure_kind,
           figures.kind IN ('flow', 'reported_flow') AS is_flow,
           figures.kind IN ('reported_flow', 'reported_stock') AS is_report,
           sums.period_num AS period_num, sums.period_den AS period_den, sums.period_excluded AS period_excluded,
           sums.stock_num AS stock_num, sums.stock_den AS stock_den, sums.stock_excluded AS stock_excluded,
           sums.recent_num AS recent_num, sums.recent_den AS recent_den, sums.no_data AS no_data, sums.stale AS stale,
           sums.report_ignored AS report_ignored,
           sum(if(rollup.own, if(is_flow, sums.period_den, sums.stock_den), 0))
               OVER (PARTITION BY rollup.figure, rollup.unit) > 0 AS own_report
    FROM {database}.catalogue_rollup AS rollup
    INNER JOIN {database}.catalogue_figures AS figures ON figures.figure = rollup.figure
    LEFT JOIN {reading_sums} AS sums
        ON sums.reading = rollup.reading AND sums.unit = rollup.member
)
WHERE own = own_report
GROUP BY figure, unit;

CREATE OR REPLACE VIEW {database}.watermarks AS SELECT * FROM {marks};
CREATE OR REPLACE VIEW {database}.sources AS WITH {as_of:Date} AS silence_day SELECT * FROM {source_silence};
CREATE OR REPLACE VIEW {database}.stamp AS WITH {as_of:Date} AS silence_day SELECT * FROM {stamped};

-- One row per cell: figures, target, status, flags, and the stamp of the snapshot they were read from.
CREATE OR REPLACE VIEW {database}.board AS
WITH (SELECT start FROM {database}.catalogue_periods WHERE code = {period:String}) AS period_start,
     (SELECT end FROM {database}.catalogue_periods WHERE code = {period:String}) AS period_end,
     least(period_end, {as_of:Date}) AS upto,
     {as_of:Date} > period_end AS is_final,
     upto AS silence_day,
     (SELECT (watermark, catalogue_version, sources_expected, sources_reporting, silent_sources)
      FROM {stamped}) AS stamped
SELECT figures.indicator AS indicator, cells.figure AS figure, figures.code AS code, figures.position AS position,
       cells.unit AS unit, figures.kind AS kind,
       {period:String} AS period, period_start AS start, period_end AS end, upto AS as_of, is_final AS final,
       sums.num AS num, sums.den AS den, sums.excluded AS excluded,
       sums.recent_num AS recent_num, sums.recent_den AS recent_den, sums.no_data AS no_data,
       cells.target AS target, cells.comparator AS comparator, cells.legal_row AS legal_row,
       multiIf(cells.target < 0, 'no_target', sums.den = 0, 'no_occurrence',
               if(cells.comparator = '>', toInt128(sums.num) * 100 > toInt128(cells.target) * sums.den,
                  toInt128(sums.num) * 100 >= toInt128(cells.target) * sums.den), 'met', 'below') AS status,
       multiIf(sums.recent_den IS NULL, NULL, cells.target < 0, 'no_target', sums.recent_den = 0, 'no_occurrence',
               if(cells.comparator = '>', toInt128(sums.recent_num) * 100 > toInt128(cells.target) * sums.recent_den,
                  toInt128(sums.recent_num) * 100 >= toInt128(cells.target) * sums.recent_den),
               'met', 'below') AS recent_status,
       -- What is still expected, at the pace of the days so far; rounded up, so that hope is lost late, not early.
       toInt64(ceil(sums.den * (period_end - upto) / greatest(1, upto - period_start + 1))) AS expected_den,
       sums.kind = 'flow' AND status = 'below' AND NOT if(cells.comparator = '>',
           toInt128(sums.num + expected_den) * 100 > toInt128(cells.target) * (sums.den + expected_den),
           toInt128(sums.num + expected_den) * 100 >= toInt128(cells.target) * (sums.den + expected_den)
       ) AS not_recoverable,
       (figures.indicator, cells.unit) IN (
           SELECT indicator, unit FROM {database}.catalogue_emitters WHERE has(stamped.5, source)) AS source_silent,
       sums.no_data > 0 OR sums.reports_missing > 0 OR source_silent
           OR (sums.den = 0 AND figures.kind IN ('reported_flow', 'reported_stock')) AS provisional,
       sums.stale > 0 AS stale,
       sums.offline_conflict AS offline_conflict,
       figures.basis_undefined AS basis_undefined,
       arrayFilter(flag -> flag != '', [if(provisional, 'provisional', ''), if(stale, 'stale', ''),
           if(not_recoverable, 'not_recoverable', ''), if(offline_conflict, 'offline_conflict', ''),
           if(basis_undefined, 'basis_undefined', '')]) AS flags,
       -- The status that a screen colours by: the 30 days once the year cannot be reached any more.
       if(not_recoverable AND recent_status IN ('met', 'below'), recent_status, status) AS shown_status,
       -- In tenths of a percent, rounded down, so that a rate below its target never shows the target; a strict
       -- target that is exceeded is rounded up, so that it never shows the target either.
       if(sums.den > 0, intDiv(toInt128(sums.num) * 1000 + if(status = 'met' AND cells.comparator = '>',
           sums.den - 1, 0), sums.den) / 10, NULL) AS percent,
       if(sums.recent_den > 0, intDiv(toInt128(sums.recent_num) * 1000 + if(recent_status = 'met'
           AND cells.comparator = '>', sums.recent_den - 1, 0), sums.recent_den) / 10, NULL) AS recent_percent,
       -- The indicator at this unit: met when every figure with a target is.
       multiIf(countIf(status = 'below') OVER same_indicator > 0, 'below',
               countIf(status = 'met') OVER same_indicator > 0, 'met',
               countIf(status = 'no_occurrence') OVER same_indicator > 0, 'no_occurrence',
               'no_target') AS indicator_status,
       stamped.1 AS watermark, stamped.2 AS catalogue_version,
       stamped.3 AS sources_expected, stamped.4 AS sources_reporting
FROM (
    SELECT figure, unit, any(scope.expected) AS expected,
           if(countIf(in_force) = 0, -1, maxIf(scope.target, in_force)) AS target,
           anyIf(scope.comparator, in_force) AS comparator, anyIf(scope.legal_row, in_force) AS legal_row
    FROM (SELECT *, period_end BETWEEN target_from AND target_to AS in_force
          FROM {database}.catalogue_cells) AS scope
    GROUP BY figure, unit
) AS cells
INNER JOIN {database}.catalogue_figures AS figures ON figures.figure = cells.figure
INNER JOIN {cell_sums} AS sums
    ON sums.figure = cells.figure AND sums.unit = cells.unit
WHERE cells.expected OR sums.den > 0 OR sums.excluded > 0
WINDOW same_indicator AS (PARTITION BY figures.indicator, cells.unit);

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

-- The newest transition of each alert is its state.
CREATE OR REPLACE VIEW {database}.alerts AS
SELECT alert_id, max(transition.number) AS number, argMax(rule, transition.number) AS rule,
       argMax(transition.indicator, transition.number) AS indicator,
       argMax(transition.figure, transition.number) AS figure,
       argMax(transition.unit, transition.number) AS unit, argMax(transition.period, transition.number) AS period,
       argMax(from_state, transition.number) AS from_state, argMax(to_state, transition.number) AS state,
       argMax(transition.reason, transition.number) AS reason,
       argMax(transition.severity, transition.number) AS severity, min(transition.at) AS since,
       argMax(transition.at, transition.number) AS changed,
       argMax(transition.sentence_vi, transition.number) AS sentence_vi,
       argMax(transition.evidence, transition.number) AS evidence
FROM {database}.alert_transitions AS transition
GROUP BY alert_id;

-- Which version the views above read; replaced last, so that it tells whether a switch came to its end.
CREATE OR REPLACE VIEW {database}.projection AS SELECT toUInt16({version}) AS version;
