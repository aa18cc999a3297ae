"""Which readings and facts filled a projection version: a worker with others must not add to it."""

from datetime import UTC, datetime

from clickhouse_connect.driver.client import Client

from shared.errors import StartError


def prove_version(client: Client, database: str, version: int, readings_hash: str, facts_hash: str) -> None:
    """Records the hashes of a new version. Raises `StartError` when the version was filled under others. Blocks."""
    table = f"{database}.projection_versions"
    sql = f"SELECT DISTINCT readings_hash, facts_hash FROM {table} WHERE version = {version}"  # noqa: S608 - own names
    known = {(str(readings), str(facts)) for readings, facts in client.query(sql).result_rows}
    mine = (readings_hash, facts_hash)
    if not known:
        row = [[version, readings_hash, facts_hash, datetime.now(UTC)]]
        client.insert(table, row, column_names=["version", "readings_hash", "facts_hash", "created"])
    elif known != {mine}:
        other = "readings" if all(readings != readings_hash for readings, _ in known) else "facts"
        raise StartError(
            f"projection {version} was filled with other {other}; fill a new version: "
            f"python -m services.scoring rebuild --to {version + 1}"
        )
