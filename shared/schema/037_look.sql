-- The board as the alerts look at it, again and again: the fragment that is the view `board`, but as a query over the tables
-- of the active version, because ClickHouse plans a view twice (decision 0009).
WITH {cell}
SELECT cells.indicator AS indicator, cells.figure AS figure, cells.unit AS unit, {period:String} AS period,
       period_start AS start, period_end AS end, upto AS as_of, num, den, no_data, recent_num, recent_den, expected_den,
       cells.target AS target, cells.comparator AS comparator, cells.legal_row AS legal_row, flags, source_silent,
       {catalogue_version} AS catalogue_version, {watermark} AS watermark
{from_cells} AND cells.target >= 0;
