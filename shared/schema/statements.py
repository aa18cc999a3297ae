"""The schema's SQL files as single statements, with database and version filled in."""

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

IDENTIFIER = re.compile(r"[a-z][a-z0-9_]{0,39}")
"""Database names are pasted into DDL, so nothing but a plain identifier may pass."""

FRAGMENT = re.compile(r"(?P<kind>FRAGMENT|TEXT) (?P<name>\w+) AS\s+")
FRAGMENT_USE = re.compile(r"\{(\w+)\}")
"""A query parameter has its type in the braces and so is never taken for a fragment."""

VIEW = re.compile(r"CREATE OR REPLACE VIEW (?P<name>[\w.]+) (?=AS\b)")
WHOLE_TABLE = re.compile(r"AS SELECT \* FROM [\w.]+$")
"""The view that only names a version's table: nobody is granted it alone, and it must cost what the table costs."""

MAKERS_RIGHTS = "DEFINER = CURRENT_USER SQL SECURITY DEFINER "
"""A view reads with the rights of who made it, so that an account can be granted views and none of their tables.

Not so the views of figures. All their subqueries must see one set of parts, which ClickHouse shares within the caller's
query only (`enable_shared_storage_snapshot_in_query`): with the maker's rights figures and watermark of one answer were
of two marks. They read with the caller's rights, and an account is granted the columns of the ledger that they sum.
"""

PLAIN_TABLE = re.compile(r"CREATE TABLE IF NOT EXISTS (?P<name>[\w.]+).*?ENGINE = (?P<engine>MergeTree)\b", re.DOTALL)
EACH_NODES_OWN = re.compile(r"\.catalogue_\w+$")
"""Facts are published on every node by itself: they are exchanged whole, and some are Join tables, as are owners."""

FACTS_FILE = "020_catalogue.sql"
TABLE_FILES = ("010_tables.sql", FACTS_FILE, "040_alerts.sql")
VIEW_FILES = ("030_views.sql", "036_statements.sql", "050_wallboards.sql")
KNOWN_FILE = "035_known.sql"
LOOK_FILES = ("030_views.sql", "037_look.sql")


def schema_statements(database: str, version: int, *, replicated: bool = False) -> list[str]:
    """Every DDL statement in order, the database's own first. Raises ValueError for a bad database name."""
    return [*table_statements(database, version, replicated=replicated), *view_statements(database, version)]


def table_statements(database: str, version: int, *, replicated: bool = False) -> list[str]:
    """Creates what is missing of the database, a version's tables and the platform's own. Raises ValueError.

    `replicated`: rows are shared by the nodes of a cluster; the statements are carried out on each of them.
    """
    create = f"CREATE DATABASE IF NOT EXISTS {_checked(database)} ENGINE = Atomic"
    tables = _statements(TABLE_FILES, database, version)
    return [create, *(map(_replicated, tables) if replicated else tables)]


def fresh_facts(database: str, table: str) -> str:
    """Makes `<table>_new`, an empty table of the catalogue as this release has it. Raises ValueError."""
    start = f"CREATE TABLE IF NOT EXISTS {_checked(database)}.{table} "
    (found,) = (one for one in _statements((FACTS_FILE,), database, 0) if one.startswith(start))
    return f"CREATE OR REPLACE TABLE {database}.{table}_new {found.removeprefix(start)}"


def view_statements(database: str, version: int) -> list[str]:
    """Makes every public view read a version's tables. Raises ValueError."""
    return _statements(VIEW_FILES, _checked(database), version)


@cache
def cells_as_known(version: int, *, with_paper: bool) -> str:
    """The query for cells as of an instant by what is known now; its parameters and columns stand in its file.

    `with_paper`: cells of T04 are among them, whose reports of paper files may have to be ignored.
    """
    days = "days_with_paper" if with_paper else "plain_days"
    (query,) = _statements((KNOWN_FILE,), "", version, days)
    return query


@cache
def cells_to_judge(database: str, version: int) -> str:
    """The query for cells with a target; parameters `period` and `as_of`, columns as in `board`. Raises ValueError."""
    return _statements(LOOK_FILES, _checked(database), version)[-1]


def _checked(database: str) -> str:
    if not IDENTIFIER.fullmatch(database):
        raise ValueError(f"not a database name: {database!r}")
    return database


def _statements(names: tuple[str, ...], database: str, version: int, days: str = "") -> list[str]:
    text = "\n".join(files("shared.schema").joinpath(name).read_text("utf-8") for name in names)
    text = re.sub(r"--[^\n]*", "", text).replace("{database}", database).replace("{version}", str(version))
    text = text.replace("{days}", f"{{{days}}}")
    return list(_expanded(text))


def _replicated(statement: str) -> str:
    found = PLAIN_TABLE.match(statement)
    if found is None or EACH_NODES_OWN.search(found["name"]):
        return statement
    path = f"/clickhouse/tables/{{shard}}/{found['name'].replace('.', '/')}"
    engine = f"ReplicatedMergeTree('{path}', '{{replica}}')"
    return statement[: found.start("engine")] + engine + statement[found.end("engine") :]


def _expanded(text: str) -> Iterator[str]:
    """Statements in order, with the fragments that stood before them in place of their names."""
    fragments: dict[str, str] = {}
    of_figures: list[str] = []
    for statement in filter(None, (part.strip() for part in text.split(";"))):
        whole = FRAGMENT_USE.sub(lambda use: fragments.get(use[1], use[0]), statement)
        if found := FRAGMENT.match(whole):
            text = whole[found.end() :]
            fragments[found["name"]] = text if found["kind"] == "TEXT" else f"({text})"
        else:
            yield _with_rights(whole, of_figures)


def _with_rights(statement: str, of_figures: list[str]) -> str:
    """Adds the view's rights; a view that reads the ledger, or a view that does, is added to `of_figures` instead."""
    found = VIEW.match(statement)
    body = statement[found.end() :] if found else ""
    if found is None or WHOLE_TABLE.fullmatch(body):
        return statement
    if ".ledger_" in body or any(re.search(rf"{re.escape(name)}\b", body) for name in of_figures):
        of_figures.append(found["name"])
        return statement
    return statement[: found.end()] + MAKERS_RIGHTS + body
