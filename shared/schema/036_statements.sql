-- What single events say: the newest effective statement of each subject, and heartbeats. The alerts read the views; the
-- wallboards of 050 read the fragments, without the events' data.

-- `instant` is defined by the query around it. `standing` 0: all that was said was taken back. An event's fate is its newest
-- row, apart from repetitions of it and other contents under its id.
FRAGMENT statements AS
SELECT subject, type, part, countIf(effective) AS standing, argMaxIf(data, (time, id), effective) AS data,
       argMaxIf(unit, (time, id), effective) AS owner, argMax(unit, (time, id)) AS named, maxIf(time, effective) AS last,
       min(time) AS first
FROM (
    SELECT id, subject, unit, type, time, data,
           outcome NOT IN ('conflict', 'superseded', 'retracted', 'orphan', 'cycle') AS effective,
           multiIf(type = 'link.changed', JSONExtractUInt(data, 'line'),
                   type = 'report.submitted', JSONExtractBool(data, 'on_system'), 0) AS part
    FROM {database}.events_{version}
    WHERE kind = 'event'
      AND source IN (SELECT concat('/systems/', system) FROM {database}.catalogue_systems WHERE tells_states)
      AND type IN ('system.changed', 'system.monitoring_changed', 'link.changed', 'security.alert', 'report.submitted')
      AND time <= instant AND outcome != 'duplicate' AND NOT (outcome = 'conflict' AND other_id = id)
    ORDER BY offset DESC, seq DESC LIMIT 1 BY source, id, subject
)
GROUP BY subject, type, part;

-- Older signs of life say nothing more than that there was none for a month; it keeps the year out of the query.
FRAGMENT heartbeats AS
SELECT subject, max(time) AS last FROM {database}.events_{version}
WHERE kind = 'event' AND source = '/systems/soc' AND type = 'system.heartbeat' AND outcome = 'counted'
  AND time BETWEEN instant - INTERVAL 35 DAY AND instant
GROUP BY subject;

CREATE OR REPLACE VIEW {database}.statements AS
WITH fromUnixTimestamp64Micro({now_us:Int64}, 'UTC') AS instant SELECT * FROM {statements};

CREATE OR REPLACE VIEW {database}.heartbeats AS
WITH fromUnixTimestamp64Micro({now_us:Int64}, 'UTC') AS instant SELECT * FROM {heartbeats};
