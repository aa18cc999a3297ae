"""Accounts, limits and settings of ClickHouse: one list, from which the engine's and the server's files are made."""
