"""The schema is applied to a database that is there already."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from clickhouse_connect.driver.client import Client

from shared.catalogue import load_catalogue
from shared.errors import StartError
from shared.schema.apply import apply_schema, publish_catalogue


@pytest.fixture
def database(writer: Client) -> Iterator[str]:
    name = f"t_{uuid4().hex[:12]}"
    writer.command(f"CREATE DATABASE {name} ENGINE = Atomic")
    yield name
    writer.command(f"DROP DATABASE {name}")


def test_tables_of_an_older_release_are_refused_with_one_line(writer: Client, database: str) -> None:
    columns = "alert_id String, number UInt32, rule String, to_state String, at DateTime64(3, 'UTC')"
    writer.command(f"CREATE TABLE {database}.alert_transitions ({columns}) ENGINE = MergeTree ORDER BY alert_id")
    with pytest.raises(StartError, match=f"database {database} has tables of an older release") as refused:
        apply_schema(writer, database)
    assert "\n" not in str(refused.value)


def test_applying_again_changes_nothing_that_is_kept(writer: Client, database: str) -> None:
    apply_schema(writer, database)
    writer.insert(f"{database}.active_versions", [[1, datetime.now(UTC)]], column_names=["version", "at"])
    apply_schema(writer, database)
    assert writer.command(f"SELECT count() FROM {database}.active_versions") == 1  # noqa: S608 - a name of this test


def test_tables_of_the_catalogue_are_made_anew_whatever_columns_an_older_release_had(
    writer: Client, database: str
) -> None:
    columns = "figure String, unit String, sources Array(String)"
    writer.command(f"CREATE TABLE {database}.catalogue_cells ({columns}) ENGINE = MergeTree ORDER BY figure")
    apply_schema(writer, database)
    publish_catalogue(writer, database, load_catalogue())
    named = f"SELECT count() FROM {database}.wallboard(period = '2026', as_of = '2026-09-30') WHERE unit_vi != ''"  # noqa: S608
    assert writer.query(named).result_rows[0][0] > 1_000
