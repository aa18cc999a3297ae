-- What Grafana's wallboards show: the views above with the names and signs that officers read. What a figure is, is decided
-- there; here it is only named. `to_ms`: the moment up to which a screen looks, in milliseconds since 1970; never later than
-- now, because a time picker may end in the future, where the ledger has entries that are not true yet.

FRAGMENT instant AS least(fromUnixTimestamp64Milli({to_ms:Int64}, 'UTC'), now64(3, 'UTC'));

CREATE OR REPLACE VIEW {database}.as_of_day AS
SELECT toString(toDate({instant}, 'Asia/Ho_Chi_Minh')) AS as_of;

-- Periods of the day's year that have begun, the year first.
CREATE OR REPLACE VIEW {database}.period_choices AS
SELECT code, concat(code, ' (', formatDateTime(start, '%d/%m/%Y'), ' – ', formatDateTime(end, '%d/%m/%Y'), ')') AS text,
       (length(code), toUInt32(2147483647 - toUInt32(start))) AS place
FROM {database}.catalogue_periods
WHERE start <= {as_of:Date} AND toYear(end) = toYear({as_of:Date});

-- Figures as officers write them, with the decimal comma; `sign` with the blank after it, `arrow` with the one before.
TEXT in_words AS
     if(percent IS NULL, 'không phát sinh', concat(replaceOne(toString(percent), '.', ','), '%')) AS rate,
     multiIf(recent_percent > percent, ' ▲', recent_percent < percent, ' ▼', '') AS arrow,
     transform(status, ['met', 'below', 'no_occurrence', 'no_target'], ['✓ ', '✗ ', '– ', '○ '], '') AS sign,
     replaceRegexpAll(reverse(concat(toString(num), ' / ', toString(den))), '([0-9]{3})', '\\1.') AS from_the_end,
     reverse(replaceRegexpAll(from_the_end, '[.]( |$)', '\\1')) AS counted,
     -- In the order in which the board raises its flags.
     arrayStringConcat(arrayFilter((word, is_raised) -> is_raised,
         ['Tạm tính', 'Số liệu cũ', 'Không thể đạt trong năm', 'Số giấy báo cáo trùng với sự kiện, không tính',
          'Chưa xác định cơ sở tính'], raised), ' · ') AS notes;

-- The board in words, one row per cell, for tables. `place` ranks the units of a figure: the province, then what is below its
-- target, the widest gap first.
CREATE OR REPLACE VIEW {database}.wallboard AS
WITH {in_words}
SELECT indicator, figure, code, position, unit, unit_vi, figure_vi, aim, status, rate, trim(arrow) AS trend, counted, notes,
       row_number() OVER (PARTITION BY figure ORDER BY unit_kind = 'province' DESC,
           transform(status, ['below', 'met', 'no_target', 'no_occurrence'], [0, 1, 2, 3], 4),
           coalesce(target - percent, 0) DESC, unit) AS place
FROM (
    WITH {cell}
    SELECT cells.indicator AS indicator, cells.figure AS figure, cells.code AS code, cells.position AS position,
           cells.unit AS unit, cells.unit_kind AS unit_kind, cells.unit_vi AS unit_vi, cells.figure_vi AS figure_vi,
           cells.target AS target, cells.aim AS aim, num, den, percent, recent_percent, status, raised
    {from_cells}
);

-- The same cells as tiles: what is read at three metres. A view of its own, because a view costs what it names.
CREATE OR REPLACE VIEW {database}.tiles AS
WITH {in_words}
SELECT indicator, figure, position, unit, unit_level, unit_kind, unit_short_vi, unit_position, short_vi, target, aim,
       concat(sign, rate, arrow) AS tile
FROM (
    WITH {cell}
    SELECT cells.indicator AS indicator, cells.figure AS figure, cells.position AS position, cells.unit AS unit,
           cells.unit_level AS unit_level, cells.unit_kind AS unit_kind, cells.unit_short_vi AS unit_short_vi,
           cells.unit_position AS unit_position, cells.short_vi AS short_vi, cells.target AS target, cells.aim AS aim,
           percent, recent_percent, status
    {from_cells}
);

-- Units by indicators below target, then by the points missing to the targets; as `services/api/ranking.py` counts them.
CREATE OR REPLACE VIEW {database}.unit_ranking AS
SELECT ranks.unit AS unit, units.name_vi AS unit_vi, units.short_vi AS unit_short_vi, ranks.below AS below,
       ranks.met AS met, ranks.shortfall AS shortfall,
       row_number() OVER (ORDER BY ranks.below DESC, ranks.shortfall DESC, ranks.unit) AS place
FROM (
    SELECT unit, uniqExactIf(indicator, indicator_status = 'below') AS below,
           uniqExactIf(indicator, indicator_status = 'met') AS met,
           round(sumIf(target - assumeNotNull(percent), status = 'below'), 1) AS shortfall
    FROM (
        WITH {cell}
        SELECT cells.indicator AS indicator, cells.unit AS unit, cells.target AS target, percent, status, indicator_status
        {from_cells} AND cells.unit_kind != 'province'
    )
    GROUP BY unit
) AS ranks
INNER JOIN {database}.catalogue_units AS units ON units.unit = ranks.unit;

-- A cell's way to its target: `cell_history` as percent, shown as `board` shows it.
CREATE OR REPLACE VIEW {database}.cell_progress AS
WITH (SELECT any((target, comparator)) FROM {database}.catalogue_cells
      WHERE figure = {figure:String} AND unit = {unit:String}
        AND (SELECT end FROM {database}.catalogue_periods WHERE code = {period:String})
            BETWEEN target_from AND target_to) AS aim,
     aim.2 = '>' AND toInt128(num) * 100 > toInt128(aim.1) * den AS above
SELECT toDateTime(day, 'Asia/Ho_Chi_Minh') AS time, num, den,
       if(den > 0, intDiv(toInt128(num) * 1000 + if(above, den - 1, 0), den) / 10, NULL) AS percent,
       if(aim.1 < 0, NULL, aim.1) AS target
FROM {database}.cell_history(period = {period:String}, as_of = {as_of:Date}, figure = {figure:String},
                             unit = {unit:String});

-- What the figures of a screen know.
CREATE OR REPLACE VIEW {database}.freshness AS
SELECT formatDateTime(arrayMax(arrayMap(mark -> mark.3, watermark)), '%H:%i:%S %d/%m/%Y', 'Asia/Ho_Chi_Minh') AS known_at,
       formatDateTime({as_of:Date}, '%d/%m/%Y') AS until_day,
       concat(toString(sources_reporting), '/', toString(sources_expected)) AS reporting,
       if(sources_reporting < sources_expected, 'provisional', 'complete') AS state,
       arrayStringConcat(arrayMap(source -> replaceOne(source, '/systems/', ''), silent_sources), ', ') AS silent,
       catalogue_version
FROM {database}.stamp(as_of = {as_of:Date});

-- The expected sources that feed a unit, whether each is silent, and since when.
CREATE OR REPLACE VIEW {database}.unit_sources AS
SELECT sources.source AS source, systems.name_vi AS system_vi, sources.cadence_days AS cadence_days,
       multiIf(toUnixTimestamp(sources.last_received) = 0, 'never', sources.silent, 'silent', 'sending') AS state,
       if(toUnixTimestamp(sources.last_received) = 0, '',
          formatDateTime(sources.last_time, '%H:%i %d/%m/%Y', 'Asia/Ho_Chi_Minh')) AS last_vi
FROM {database}.sources(as_of = {as_of:Date}) AS sources
LEFT JOIN {database}.catalogue_systems AS systems ON concat('/systems/', systems.system) = sources.source
WHERE sources.source IN (SELECT source FROM {database}.catalogue_emitters WHERE unit = {unit:String});

-- Systems in use as their newest effective events tell, for the security operations centre. A heartbeat counts as late
-- after the system's own limit, as in the alert.
CREATE OR REPLACE VIEW {database}.soc_systems AS
WITH {instant} AS instant, toDate(instant, 'Asia/Ho_Chi_Minh') AS today
SELECT said.code AS system, if(known.name_vi = '', said.code, known.name_vi) AS system_vi, units.unit AS unit,
       units.name_vi AS unit_vi, said.dossier AS dossier, said.plan AS plan, said.monitoring AS monitoring,
       if(toUnixTimestamp(beats.last) = 0, NULL, dateDiff('second', beats.last, instant)) AS age_seconds,
       multiIf(age_seconds IS NULL, 'never', age_seconds > 60 * if(known.system = '', 15, known.ttl_minutes), 'late',
               'alive') AS heartbeat,
       multiIf(age_seconds IS NULL, '', age_seconds < 7200, concat(toString(intDiv(age_seconds, 60)), ' phút'),
               age_seconds < 172800, concat(toString(intDiv(age_seconds, 3600)), ' giờ'),
               concat(toString(intDiv(age_seconds, 86400)), ' ngày')) AS age_vi
FROM (
    SELECT code, anyIf(data, type = 'system.changed' AND standing > 0) AS told,
           anyIf(data, type = 'system.monitoring_changed' AND standing > 0) AS watched,
           anyIf(owner, type = 'system.changed') AS owner,
           JSONExtractString(told, 'dossier') AS dossier, JSONExtractString(told, 'plan') AS plan,
           multiIf(watched = '', '', JSONExtractBool(watched, 'monitored'), 'yes', 'no') AS monitoring,
           JSONExtractString(told, 'lifecycle') AS lifecycle
    FROM (
        SELECT substring(subject, 8) AS code, type, data, owner, standing FROM {statements}
        WHERE type IN ('system.changed', 'system.monitoring_changed')
        UNION ALL
        SELECT system, 'register', '', '', 0 FROM {database}.catalogue_systems
        WHERE registered AND today BETWEEN valid_from AND valid_to
    )
    GROUP BY code
) AS said
LEFT JOIN {database}.catalogue_systems AS known ON known.system = said.code
LEFT JOIN {heartbeats} AS beats ON beats.subject = concat('system/', said.code)
LEFT JOIN {database}.catalogue_units AS units ON units.unit = if(known.unit = '', said.owner, known.unit)
WHERE if(said.lifecycle = '', known.lifecycle, said.lifecycle) = 'in_use';

-- Security events by their newest statement: kind and gravity, no detail.
CREATE OR REPLACE VIEW {database}.soc_events AS
WITH {instant} AS instant
SELECT last AS time, units.name_vi AS unit_vi, JSONExtractString(data, 'severity') AS severity,
       JSONExtractString(data, 'category') AS category, JSONExtractString(data, 'state') AS state,
       transform(severity, ['critical', 'high', 'medium', 'low'], [4, 3, 2, 1], 0) AS gravity
FROM {statements} AS said
LEFT JOIN {database}.catalogue_units AS units ON units.unit = said.owner
WHERE said.type = 'security.alert' AND said.standing > 0;

-- Lines of the dedicated network, each by its newest change.
CREATE OR REPLACE VIEW {database}.soc_lines AS
WITH {instant} AS instant
SELECT substring(said.subject, 9) AS unit, units.name_vi AS unit_vi, said.part AS line,
       JSONExtractString(said.data, 'state') AS state, said.last AS time
FROM {statements} AS said
LEFT JOIN {database}.catalogue_units AS units ON units.unit = substring(said.subject, 9)
WHERE said.type = 'link.changed' AND said.standing > 0;
