"""The schema's SQL files as single statements, with database and version filled in."""

import re
from importlib.resources import files

IDENTIFIER = re.compile(r"[a-z][a-z0-9_]{0,39}")
"""Database names are pasted into DDL, so nothing but a plain identifier may pass."""

FILES = ("010_tables.sql", "020_catalogue.sql", "030_views.sql")


def schema_statements(database: str, version: int) -> list[str]:
    """Every DDL statement in order, the database's own first. Raises ValueError for a bad database name."""
    if not IDENTIFIER.fullmatch(database):
        raise ValueError(f"not a database name: {database!r}")
    text = "\n".join(files("shared.schema").joinpath(name).read_text("utf-8") for name in FILES)
    text = re.sub(r"--[^\n]*", "", text).replace("{database}", database).replace("{version}", str(version))
    statements = [statement.strip() for statement in text.split(";")]
    return [f"CREATE DATABASE IF NOT EXISTS {database} ENGINE = Atomic", *filter(None, statements)]
