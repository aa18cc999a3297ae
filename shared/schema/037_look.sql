-- The board as the alerts look at it, again and again: what decides, and nothing that only people read. The same fragment
-- as the view `board`, but a query over the tables of the active version: a third of what the view costs is planning it
-- twice (decision 0009).
SELECT indicator, figure, unit, period, start, end, as_of, num, den, no_data, recent_num, recent_den, expected_den,
       target, comparator, legal_row, flags, source_silent, catalogue_version, watermark
FROM {judged_cells}
WHERE target >= 0;
