-- The one definition of every rate. Api, alerts, reports and Grafana read these views; no formula stands elsewhere.
-- Parameters: period (code of catalogue_periods), as_of (local day; days after it are not yet true).
-- Integers decide, with the target's own comparator; `percent` is for display and never decides.

-- The active version; a switch replaces these two.
CREATE OR REPLACE VIEW {database}.ledger AS SELECT * FROM {database}.ledger_{version};
CREATE OR REPLACE VIEW {database}.events AS SELECT * FROM {database}.events_{version};

CREATE OR REPLACE VIEW {database}.watermarks AS
SELECT partition, max(offset) AS offset, max(received) AS received FROM {database}.ledger GROUP BY partition;

CREATE OR REPLACE VIEW {database}.cell_days AS
SELECT reading, unit, day, reason, sum(num) AS num, sum(den) AS den, sum(excluded) AS excluded
FROM {database}.ledger WHERE day <= {as_of:Date}
GROUP BY reading, unit, day, reason;

-- T04: a unit either sends online=false events or reports offline items (`reason` = the report's period);
-- where both stand in one period, the report is ignored.
CREATE OR REPLACE VIEW {database}.ignored_reports AS
SELECT DISTINCT report.unit AS unit, report.reason AS reason
FROM (
    SELECT unit, reason, start, end
    FROM {database}.cell_days(as_of = {as_of:Date}) AS days
    INNER JOIN {database}.catalogue_periods AS periods ON periods.code = days.reason
    WHERE reading = 'casefile_online.offline_items'
    GROUP BY unit, reason, start, end HAVING sum(den) > 0
) AS report
INNER JOIN (
    SELECT unit, day FROM {database}.cell_days(as_of = {as_of:Date})
    WHERE reading = 'casefile_online' GROUP BY unit, day HAVING sum(den - num) > 0
) AS paper ON paper.unit = report.unit
WHERE paper.day BETWEEN report.start AND report.end;

CREATE OR REPLACE VIEW {database}.counted_days AS
SELECT reading, unit, day, reason, num, den, excluded FROM {database}.cell_days(as_of = {as_of:Date})
WHERE reading != 'casefile_online.offline_items'
   OR (unit, reason) NOT IN (SELECT unit, reason FROM {database}.ignored_reports(as_of = {as_of:Date}));

-- Expected sources and whether each is silent as of a day; cadence is counted in working days.
CREATE OR REPLACE VIEW {database}.sources AS
WITH (
    SELECT groupArray(day) FROM (
        SELECT day FROM {database}.catalogue_calendar WHERE working AND day < {as_of:Date} ORDER BY day DESC LIMIT 90
    )
) AS recent_working_days
SELECT source, cadence_days, last_time, last_received,
       toDate(last_time, 'Asia/Ho_Chi_Minh') < recent_working_days[cadence_days] AS silent
FROM (SELECT source, min(cadence_days) AS cadence_days FROM {database}.catalogue_emitters GROUP BY source) AS expected
LEFT JOIN (
    SELECT source, max(time) AS last_time, max(received) AS last_received FROM {database}.events GROUP BY source
) AS heard USING (source);

CREATE OR REPLACE VIEW {database}.stamp AS
SELECT {as_of:Date} AS as_of,
       (SELECT arraySort(groupArray((partition, offset, received))) FROM {database}.watermarks) AS watermark,
       (SELECT argMax(version, published) FROM {database}.catalogue_version) AS catalogue_version,
       (SELECT count() FROM {database}.sources(as_of = {as_of:Date})) AS sources_expected,
       (SELECT countIf(NOT silent) FROM {database}.sources(as_of = {as_of:Date})) AS sources_reporting;

-- Sums of each (reading, unit): the period to date, all days to date (stocks), and the last 30 days.
CREATE OR REPLACE VIEW {database}.reading_sums AS
WITH (SELECT start FROM {database}.catalogue_periods WHERE code = {period:String}) AS period_start,
     (SELECT least(end, {as_of:Date}) FROM {database}.catalogue_periods WHERE code = {period:String}) AS upto
SELECT reading, unit,
       sumIf(num, day >= period_start) AS period_num, sumIf(den, day >= period_start) AS period_den,
       sumIf(excluded, day >= period_start) AS period_excluded,
       sum(num) AS stock_num, sum(den) AS stock_den, sum(excluded) AS stock_excluded,
       sumIf(num, day > upto - 30) AS recent_num, sumIf(den, day > upto - 30) AS recent_den,
       sumIf(den, reason = 'no_data') AS no_data, sumIf(den, reason = 'stale') AS stale
FROM {database}.counted_days(as_of = {as_of:Date}) WHERE day <= upto
GROUP BY reading, unit;

-- Sums of each cell (figure, unit) over its members; the unit's own report outranks the sum of its members.
CREATE OR REPLACE VIEW {database}.cell_sums AS
SELECT figure, unit, any(figures.kind) AS kind,
       sumIf(stock_den, own) > 0 AS own_report,
       sumIf(if(kind IN ('flow', 'reported_flow'), period_num, stock_num), own = own_report) AS num,
       sumIf(if(kind IN ('flow', 'reported_flow'), period_den, stock_den), own = own_report) AS den,
       sumIf(if(kind IN ('flow', 'reported_flow'), period_excluded, stock_excluded), own = own_report) AS excluded,
       sumIf(recent_num, own = own_report) AS recent_num,
       sumIf(recent_den, own = own_report) AS recent_den,
       sumIf(sums.no_data, own = own_report) AS no_data,
       sumIf(sums.stale, own = own_report) AS stale,
       kind IN ('reported_flow', 'reported_stock')
           AND countIf(rollup.expected AND own = own_report AND stock_den = 0) > 0 AS reports_missing
FROM {database}.catalogue_rollup AS rollup
INNER JOIN {database}.catalogue_figures AS figures USING (figure)
LEFT JOIN {database}.reading_sums(period = {period:String}, as_of = {as_of:Date}) AS sums
    ON sums.reading = rollup.reading AND sums.unit = rollup.member
GROUP BY figure, unit;
