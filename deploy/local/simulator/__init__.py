"""A believable year of the province, sent through the ingest API, with totals counted from its own intentions."""
