-- Cells as of an instant, by what is known now: for "would this alert have fired?". Everything that is in the ledger up to
-- the instant's day counts, except what facts after the instant have brought about since. Many are asked at once, because
-- what costs is the look for the causes, and that is the same for one cell and for a hundred.
-- A query over the tables of the active version, and no view: planning takes most of its time, and what stands in a view
-- is planned twice (measured: 0.21 s CPU instead of 0.11 s).
-- Parameters: asked, a JSON list of [place, figure, unit, period, microseconds since 1970], where `place` tells the rows
-- apart; cells, a JSON list of their [figure, unit]; first_us, the earliest of the instants; last, the local day of the
-- latest. Planning grows with every subquery, so that these are not read from the list again. `days` is one of the two
-- fragments of that name.

FRAGMENT asked AS
SELECT arrayJoin(JSONExtract({asked:String}, 'Array(Tuple(UInt32, String, String, String, Int64))')) AS one,
       one.1 AS place, one.2 AS figure, one.3 AS unit, fromUnixTimestamp64Micro(one.5, 'UTC') AS instant,
       joinGet('catalogue_periods', 'start', one.4) AS period_start,
       joinGet('catalogue_periods', 'end', one.4) AS period_end,
       least(period_end, toDate(instant, 'Asia/Ho_Chi_Minh')) AS upto;

FRAGMENT asked_sums AS
SELECT reading, member FROM catalogue_rollup
WHERE has(JSONExtract({cells:String}, 'Array(Tuple(String, String))'), (figure, unit));

-- What a ledger row was written for, by its (partition, offset, subject), where that lies after the first instant: `since`
-- is the earliest time of its causes, which stand in `events` at the same position. Of these a delivery counts by its own
-- time; an earlier event that it takes back counts as something about the past, and so does the return of what was taken
-- back before. A newer statement that only replaces an older one is a later fact. Clocks of sources may run ahead by an
-- hour at most.
FRAGMENT later_facts AS
SELECT partition, offset, subject, max(received) AS delivered, groupArray((received, time, outcome, type)) AS told,
       arrayMin(arrayMap(one -> one.2, arrayFilter(
           one -> one.1 = delivered OR one.3 IN ('retracted', 'conflict'), told))) AS since
FROM events_{version}
WHERE kind = 'event' AND (partition, offset) IN (
    SELECT partition, offset FROM ledger_{version}
    WHERE (reading, unit) IN {asked_sums} AND kind = 'entry' AND day <= {last:Date}
      AND received > fromUnixTimestamp64Micro({first_us:Int64}, 'UTC') - toIntervalHour(1))
GROUP BY partition, offset, subject
HAVING since > fromUnixTimestamp64Micro({first_us:Int64}, 'UTC')
   AND NOT arrayExists(one -> one.3 = 'retracted' AND one.4 = 'event.retracted', told);

-- All that is in the ledger (`since` 1970: it counts at every instant), and what later facts wrote, to be taken out again
-- for instants before them. The first part is read from the sums by day.
FRAGMENT known_days AS
SELECT reading, unit AS member, day, reason, toDateTime64(0, 6, 'UTC') AS since, sum(num) AS n, sum(den) AS d
FROM ledger_{version}
WHERE (reading, unit) IN {asked_sums} AND day <= {last:Date}
GROUP BY reading, unit, day, reason
UNION ALL
SELECT entries.reading, entries.unit, entries.day, entries.reason, later.since, -sum(entries.num), -sum(entries.den)
FROM ledger_{version} AS entries
INNER JOIN {later_facts} AS later ON later.partition = entries.partition AND later.offset = entries.offset
    AND later.subject = entries.subject
WHERE (entries.reading, entries.unit) IN {asked_sums} AND entries.kind = 'entry'
  AND entries.day <= {last:Date}
  AND entries.received > fromUnixTimestamp64Micro({first_us:Int64}, 'UTC') - toIntervalHour(1)
GROUP BY entries.reading, entries.unit, entries.day, entries.reason, later.since;

-- The same with what each asked cell makes of it.
FRAGMENT asked_days AS
SELECT members.place AS place, members.own AS own, members.is_flow AS is_flow, members.period_start AS period_start,
       members.upto AS upto, known.reading AS reading, known.member AS member, known.day AS day, known.reason AS reason,
       known.n AS n, known.d AS d
FROM {known_days} AS known
INNER JOIN (
    SELECT asked.place AS place, asked.instant AS instant, asked.period_start AS period_start, asked.upto AS upto,
           rollup.reading AS reading, rollup.member AS member, rollup.own AS own, rollup.is_flow AS is_flow
    FROM {asked} AS asked
    INNER JOIN catalogue_rollup AS rollup ON rollup.figure = asked.figure AND rollup.unit = asked.unit
) AS members ON members.reading = known.reading AND members.member = known.member
WHERE known.day <= members.upto
  AND (known.since = toDateTime64(0, 6, 'UTC') OR known.since > members.instant);

FRAGMENT plain_days AS
SELECT place, own, upto, day, reason, n, d, NOT is_flow OR day >= period_start AS counts, false AS ignored
FROM {asked_days};

-- T04: a report of paper files is ignored when the unit also sends paper files as events in its period. A third of the
-- planning, so that it is left out when no such cell is asked about.
FRAGMENT days_with_paper AS
SELECT place, own, upto, one.3 AS day, one.2 AS reason, one.4 AS n, one.5 AS d,
       NOT is_flow OR day >= period_start AS counts,
       one.1 = 'casefile_online.offline_items' AND d > 0
           AND arrayExists(paper -> paper BETWEEN one.6 AND one.7, paper_days) AS ignored
FROM (
    SELECT place, own, is_flow, member, period_start, upto,
           groupArrayIf(day, reading = 'casefile_online' AND d > n) AS paper_days,
           arrayJoin(groupArray((reading, reason, day, n, d,
                                 joinGet('catalogue_periods', 'start', reason),
                                 joinGet('catalogue_periods', 'end', reason)))) AS one
    FROM (
        SELECT place, own, is_flow, member, period_start, upto, reading, day, reason, sum(n) AS n, sum(d) AS d
        FROM {asked_days}
        GROUP BY place, reading, member, day, reason, own, is_flow, period_start, upto
    )
    GROUP BY place, own, is_flow, member, period_start, upto
);

SELECT asked.place AS place, asked.period_start AS start, asked.upto AS as_of, asked.period_end AS end,
       sums.num AS num, sums.den AS den, sums.no_data AS no_data,
       if(cells.is_flow, sums.recent_num, NULL) AS recent_num, if(cells.is_flow, sums.recent_den, NULL) AS recent_den,
       toInt64(ceil(sums.den * (asked.period_end - asked.upto) / greatest(1, asked.upto - asked.period_start + 1)))
           AS expected_den, -- as `board`
       cells.target AS target, cells.comparator AS comparator, cells.legal_row AS legal_row,
       (SELECT argMax(version, published) FROM catalogue_version) AS catalogue_version
FROM {asked} AS asked
INNER JOIN catalogue_cells AS cells ON cells.figure = asked.figure AND cells.unit = asked.unit
LEFT JOIN (
    -- The unit's own report, when there is one, outranks its members.
    SELECT place, own, sumIf(n, NOT ignored AND counts) AS num, sumIf(d, NOT ignored AND counts) AS den,
           sumIf(d, reason = 'no_data') AS no_data,
           sumIf(n, NOT ignored AND day > upto - 30) AS recent_num, sumIf(d, NOT ignored AND day > upto - 30) AS recent_den
    FROM {days}
    GROUP BY place, own
    ORDER BY place, own AND den > 0 DESC, own LIMIT 1 BY place
) AS sums ON sums.place = asked.place
WHERE asked.period_end BETWEEN cells.target_from AND cells.target_to;
