"""The ClickHouse engine of the local stack: chDB behind ClickHouse's HTTP protocol."""
