"""`python -m shared.schema apply` creates tables and views and publishes the catalogue; safe to repeat."""

import argparse
import sys

from clickhouse_connect.driver.exceptions import ClickHouseError

from shared.catalogue import load_catalogue
from shared.clickhouse import writer
from shared.errors import RetryableError, StartError
from shared.schema.apply import apply_schema, publish_catalogue
from shared.schema.projections import FIRST_VERSION
from shared.schema.statements import schema_statements
from shared.settings import SharedSettings


def main(arguments: list[str]) -> int:
    """Exit code 0 when everything stands, 1 with one line on stderr when the engine or older tables refuse."""
    parser = argparse.ArgumentParser(prog="python -m shared.schema", description=__doc__)
    parser.add_argument("command", choices=["apply", "print"], help="apply, or print the statements")
    options = parser.parse_args(arguments)
    settings = SharedSettings()
    if options.command == "print":
        replicated = settings.clickhouse_replicated
        statements = schema_statements(settings.clickhouse_database, FIRST_VERSION, replicated=replicated)
        print(";\n\n".join(statements) + ";")
        return 0
    try:
        return _apply(settings)
    except (ClickHouseError, RetryableError, StartError) as error:
        print(f"schema: {error}", file=sys.stderr)
        return 1


def _apply(settings: SharedSettings) -> int:
    client = writer(settings, database="")
    apply_schema(client, settings.clickhouse_database, replicated=settings.clickhouse_replicated)
    version = publish_catalogue(client, settings.clickhouse_database, load_catalogue())
    client.close()
    print(f"schema applied to {settings.clickhouse_database}, catalogue {version}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
