"""Creates the tables and views, and publishes the catalogue's facts for the views."""

from collections.abc import Iterable
from datetime import UTC, datetime

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from shared.catalogue.catalogue import Catalogue
from shared.catalogue.facts import version as version_of
from shared.errors import StartError
from shared.schema.projections import active_version
from shared.schema.publication import Facts, facts_for_views
from shared.schema.statements import fresh_facts, schema_statements

OLDER_CODES = frozenset({16, 47})
"""NO_SUCH_COLUMN_IN_TABLE, UNKNOWN_IDENTIFIER: a table that was there already lacks what a view asks of it."""


def apply_schema(client: Client, database: str, *, replicated: bool = False) -> None:
    """Create what is missing and replace the views, of the active version; safe to repeat. Blocking.

    Raises StartError when tables of an older release are there: no column is ever added to a table but the catalogue's,
    which each publication makes anew.
    """
    try:
        for statement in schema_statements(database, active_version(client, database), replicated=replicated):
            client.command(statement)
    except DatabaseError as error:
        if error.code not in OLDER_CODES:
            raise
        raise StartError(
            f"database {database} has tables of an older release, and there is no migration from it: remove all "
            f"data with make clean, or apply to another database (CHITIEU_CLICKHOUSE_DATABASE)"
        ) from error


def publish_catalogue(client: Client, database: str, catalogue: Catalogue) -> str:
    """Replace the facts table by table, each in one exchange, and return the published version. Blocking."""
    version = version_of(catalogue)
    for table, facts in facts_for_views(catalogue).items():
        _replace(client, database, table, facts)
    row = [[version, datetime.now(UTC)]]
    client.insert(f"{database}.catalogue_version", row, column_names=["version", "published"])
    return version


def _replace(client: Client, database: str, name: str, facts: Facts) -> None:
    table = f"{database}.{name}"
    client.command(fresh_facts(database, name))
    client.insert(f"{table}_new", _rows(facts.rows), column_names=list(facts.columns))
    client.command(f"EXCHANGE TABLES {table} AND {table}_new")
    client.command(f"DROP TABLE {table}_new")


def _rows(rows: Iterable[tuple[object, ...]]) -> list[list[object]]:
    return [list(row) for row in rows]
