-- The board as the alerts look at it, again and again: the fragment that is the view `board`, but as a query over the tables
-- of the active version, because ClickHouse plans a view twice (decision 0009).
SELECT indicator, figure, unit, period, start, end, as_of, num, den, no_data, recent_num, recent_den, expected_den,
       target, comparator, legal_row, flags, source_silent, catalogue_version, watermark
FROM {board_cells}
WHERE target >= 0;
