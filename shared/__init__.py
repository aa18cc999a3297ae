"""What the four services share: contracts, topics, tables, catalogue, settings."""
