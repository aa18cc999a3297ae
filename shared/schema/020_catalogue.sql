-- Facts of the catalogue, as the views need them. Each publication fills a `_new` table and exchanges it.

CREATE TABLE IF NOT EXISTS {database}.catalogue_version (version String, published DateTime64(3, 'UTC'))
ENGINE = MergeTree ORDER BY published;

CREATE TABLE IF NOT EXISTS {database}.catalogue_units (
    unit String, name_vi String, name_en String, short_vi String, level LowCardinality(String),
    kind LowCardinality(String), position UInt32, folded String
) ENGINE = MergeTree ORDER BY unit;

-- One row per figure of an indicator; `figure` = slug for the indicator's only figure.
CREATE TABLE IF NOT EXISTS {database}.catalogue_figures (
    figure String, indicator String, code String, position UInt32,
    kind Enum8('flow' = 1, 'stock' = 2, 'reported_flow' = 3, 'reported_stock' = 4),
    indicator_vi String, indicator_en String, figure_vi String, figure_en String,
    annex_row String, section String, text_vi String, counted_vi String, lead_vi String, coordinating_vi String,
    basis_undefined Bool
) ENGINE = MergeTree ORDER BY figure;

-- Which cells exist, with what the board shows of them, and their target: every day is in exactly one row of a cell
-- (target -1 = none). `expected` = false: the row is shown only once it holds data. `sources`: emitters that feed it.
-- From `unit_vi` on: what the wallboards write of it, so that their views join nothing and put no names together.
CREATE TABLE IF NOT EXISTS {database}.catalogue_cells (
    figure String, unit String, unit_level LowCardinality(String), unit_kind LowCardinality(String),
    indicator String, code String, position UInt32,
    kind Enum8('flow' = 1, 'stock' = 2, 'reported_flow' = 3, 'reported_stock' = 4), is_flow Bool, basis_undefined Bool,
    expected Bool, target Int16, comparator LowCardinality(String), target_from Date, target_to Date, legal_row String,
    sources Array(String),
    unit_vi String, unit_short_vi String, unit_position UInt32, figure_vi String, short_vi String, aim String
) ENGINE = MergeTree ORDER BY (figure, unit);

-- Which (reading, member unit) sums make a cell. `own`: the unit's own report, which outranks the members' sum.
-- `expected`: a member of which data are waited for.
CREATE TABLE IF NOT EXISTS {database}.catalogue_rollup (
    figure String, unit String, reading String, member String, own Bool, expected Bool, is_flow Bool, is_report Bool,
    cell UInt64 MATERIALIZED cityHash64(reading, member)
) ENGINE = MergeTree ORDER BY (figure, unit);

-- `days`: all days of the period. Join tables, because joinGet costs less to plan than a subquery.
CREATE TABLE IF NOT EXISTS {database}.catalogue_periods (code String, start Date, end Date, days Array(Date))
ENGINE = Join(ANY, LEFT, code);

-- The working days before each day, the last one first.
CREATE TABLE IF NOT EXISTS {database}.catalogue_calendar (day Date, working_days_before Array(Date))
ENGINE = Join(ANY, LEFT, day);

-- Information systems. `registered`: of the register of T21 and T22, between the days; `tells_states`: may send one of the
-- types whose newest statement counts.
CREATE TABLE IF NOT EXISTS {database}.catalogue_systems (
    system String, name_vi String, unit String, lifecycle LowCardinality(String), registered Bool, valid_from Date,
    valid_to Date, ttl_minutes UInt16, tells_states Bool
) ENGINE = MergeTree ORDER BY system;

-- Expected emitters: a source that is silent for `cadence_days` working days makes the cells it feeds provisional.
CREATE TABLE IF NOT EXISTS {database}.catalogue_emitters (
    source String, indicator String, unit String, cadence_days UInt16
) ENGINE = MergeTree ORDER BY (source, indicator, unit);

-- The sources among them, each with its one cadence.
CREATE TABLE IF NOT EXISTS {database}.catalogue_sources (source String, cadence_days UInt16)
ENGINE = Join(ANY, LEFT, source);
