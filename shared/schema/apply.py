"""Creates the tables and views, and publishes the catalogue's facts for the views."""

from collections.abc import Iterable
from datetime import UTC, datetime

from clickhouse_connect.driver.client import Client

from shared.catalogue.catalogue import Catalogue
from shared.catalogue.facts import version as version_of
from shared.schema.projections import active_version
from shared.schema.publication import Facts, facts_for_views
from shared.schema.statements import schema_statements


def apply_schema(client: Client, database: str) -> None:
    """Create what is missing and replace the views, of the active version; safe to repeat. Blocking."""
    for statement in schema_statements(database, active_version(client, database)):
        client.command(statement)


def publish_catalogue(client: Client, database: str, catalogue: Catalogue) -> str:
    """Replace the facts table by table, each in one exchange, and return the published version. Blocking."""
    version = version_of(catalogue)
    for table, facts in facts_for_views(catalogue).items():
        _replace(client, f"{database}.{table}", facts)
    row = [[version, datetime.now(UTC)]]
    client.insert(f"{database}.catalogue_version", row, column_names=["version", "published"])
    return version


def _replace(client: Client, table: str, facts: Facts) -> None:
    client.command(f"CREATE OR REPLACE TABLE {table}_new AS {table}")
    client.insert(f"{table}_new", _rows(facts.rows), column_names=list(facts.columns))
    client.command(f"EXCHANGE TABLES {table} AND {table}_new")
    client.command(f"DROP TABLE {table}_new")


def _rows(rows: Iterable[tuple[object, ...]]) -> list[list[object]]:
    return [list(row) for row in rows]
