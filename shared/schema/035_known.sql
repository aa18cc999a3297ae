-- One cell as of an instant, by what is known now: for "would this alert have fired?". Everything that is in the ledger up
-- to the instant's day counts, except what facts after the instant have brought about since. Parameters: period, as_of
-- (the instant's local day), figure, unit, instant_us (microseconds since 1970).

-- Entries that a later fact has written: (partition, offset, subject) of ledger rows all of whose causes lie after the
-- instant. The causes stand in `events` at the same position. Of these a delivery counts by its own time; an earlier event
-- that it takes back counts as something about the past, and so does the return of what was taken back before. A newer
-- statement that only replaces an older one is a later fact. Clocks of sources may run ahead by an hour at most.
FRAGMENT later_facts AS
SELECT partition, offset, subject
FROM (
    SELECT partition, offset, subject, max(received) AS delivered,
           groupArray((received, time, outcome, type)) AS told
    FROM {database}.events_{version}
    WHERE kind = 'event' AND (partition, offset) IN (
        SELECT partition, offset FROM {database}.ledger_{version}
        WHERE (reading, unit) IN (SELECT reading, member FROM {database}.catalogue_rollup
                                  WHERE figure = {figure:String} AND unit = {unit:String})
          AND kind = 'entry' AND day <= upto AND received > instant - toIntervalHour(1))
    GROUP BY partition, offset, subject
)
WHERE NOT arrayExists(
    one -> (one.2 <= instant AND (one.1 = delivered OR one.3 IN ('retracted', 'conflict')))
           OR (one.3 = 'retracted' AND one.4 = 'event.retracted'), told);

CREATE OR REPLACE VIEW {database}.cell_as_known AS
WITH fromUnixTimestamp64Micro({instant_us:Int64}, 'UTC') AS instant,
     (SELECT (start, least(end, {as_of:Date}), end) FROM {database}.catalogue_periods
      WHERE code = {period:String}) AS bounds,
     bounds.1 AS period_start, bounds.2 AS upto, bounds.3 AS period_end
SELECT period_start, upto, period_end, sums.num AS num, sums.den AS den, sums.no_data AS no_data,
       if(cells.is_flow, sums.recent_num, NULL) AS recent_num, if(cells.is_flow, sums.recent_den, NULL) AS recent_den,
       toInt64(ceil(sums.den * (period_end - upto) / greatest(1, upto - period_start + 1))) AS expected_den, -- as `board`
       cells.target AS target, cells.comparator AS comparator, cells.legal_row AS legal_row,
       (SELECT argMax(version, published) FROM {database}.catalogue_version) AS catalogue_version
FROM (
    SELECT 1 AS one_cell, is_flow, target, comparator, legal_row FROM {database}.catalogue_cells
    WHERE figure = {figure:String} AND unit = {unit:String} AND period_end BETWEEN target_from AND target_to
) AS cells
LEFT JOIN (
    -- The unit's own report, when there is one, outranks its members.
    SELECT 1 AS one_cell, own, sumIf(n, NOT ignored AND counts) AS num, sumIf(d, NOT ignored AND counts) AS den,
           sumIf(d, reason = 'no_data') AS no_data,
           sumIf(n, NOT ignored AND day > upto - 30) AS recent_num, sumIf(d, NOT ignored AND day > upto - 30) AS recent_den
    FROM (
        -- T04: a report of paper files is ignored when the unit also sends paper files as events in its period.
        SELECT own, is_flow, one.3 AS day, one.2 AS reason, one.4 AS n, one.5 AS d,
               NOT is_flow OR day >= period_start AS counts,
               one.1 = 'casefile_online.offline_items' AND d > 0
                   AND arrayExists(paper -> paper BETWEEN one.6 AND one.7, paper_days) AS ignored
        FROM (
            SELECT own, is_flow, member,
                   groupArrayIf(day, reading = 'casefile_online' AND d > n) AS paper_days,
                   arrayJoin(groupArray((reading, reason, day, n, d, periods.start, periods.end))) AS one
            FROM (
                SELECT reading, ledger.unit AS member, day, reason, any(members.own) AS own,
                       any(members.is_flow) AS is_flow, sum(num) AS n, sum(den) AS d
                FROM {database}.ledger_{version} AS ledger
                INNER JOIN (
                    SELECT reading, member, own, is_flow FROM {database}.catalogue_rollup
                    WHERE figure = {figure:String} AND unit = {unit:String}
                ) AS members ON members.reading = ledger.reading AND members.member = ledger.unit
                WHERE ledger.day <= upto
                  AND (ledger.reading, ledger.unit) IN (SELECT reading, member FROM {database}.catalogue_rollup
                                                        WHERE figure = {figure:String} AND unit = {unit:String})
                  AND (ledger.partition, ledger.offset, ledger.subject) NOT IN {later_facts}
                GROUP BY reading, member, day, reason, members.own
            ) AS days
            LEFT JOIN (SELECT code, start, end FROM {database}.catalogue_periods) AS periods
                ON periods.code = days.reason
            GROUP BY own, is_flow, member
        )
    )
    GROUP BY own
    ORDER BY own AND den > 0 DESC, own LIMIT 1
) AS sums ON sums.one_cell = cells.one_cell;
