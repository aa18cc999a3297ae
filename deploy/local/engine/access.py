"""Roles, limits and settings constraints as the engine's own configuration, so that the engine itself enforces them.

chDB runs every query as the user `default`. That user has no rights of its own, only roles; each session takes exactly
one role before a client's statement runs, and the role is what the statement may do.
"""

from collections.abc import Iterable, Mapping
from xml.sax.saxutils import escape

from deploy.local.engine.accounts import Account

CONTROL_ROLE = "engine_control"
"""May see and end queries; never used for a client's text."""

SETUP_ROLE = "engine_setup"
"""Prepares the engine before the first client; never used for a client's text."""

WRITER_PRIVILEGES = (
    "SELECT, INSERT, ALTER, CREATE DATABASE, CREATE TABLE, CREATE VIEW, DROP, TRUNCATE, OPTIMIZE, SHOW, BACKUP"
)

WRITER_GRANTS = (
    f"GRANT {WRITER_PRIVILEGES} ON *.*",
    # Where BACKUP writes and RESTORE reads; which disks these may be is in the configuration.
    "GRANT READ, WRITE ON DISK",
    "GRANT SET DEFINER ON *",
    "REVOKE INSERT, ALTER, CREATE, DROP, TRUNCATE ON system.*",
    "REVOKE INSERT, ALTER, CREATE, DROP, TRUNCATE ON information_schema.*",
    "REVOKE INSERT, ALTER, CREATE, DROP, TRUNCATE ON INFORMATION_SCHEMA.*",
    "REVOKE INSERT, ALTER, CREATE, DROP, TRUNCATE ON default.*",
)
"""No SOURCES: neither files nor addresses outside can be reached, and no Kafka table can break the folder for good."""

READER_CONSTANTS = ("log_comment", "max_untracked_memory", "memory_overcommit_ratio_denominator")
"""Settings by which a reader could hide its queries or get around its memory limit."""

SECRET_TABLES = (
    "asynchronous_inserts",
    "errors",
    "processes",
    "query_cache",
    "session_query_ids",
    "stack_trace",
    "user_processes",
    "user_query_log",
)
"""System tables with other people's queries: empty for a reader, even where the statement check is got around."""

SERVER_SETTINGS: dict[str, int] = {
    "background_pool_size": 2,
    # Merges at the same time for each of these threads. They hold most of the engine's memory under load.
    "background_merges_mutations_concurrency_ratio": 1,
    "background_move_pool_size": 1,
    "background_fetches_pool_size": 1,
    "background_common_pool_size": 2,
    "background_schedule_pool_size": 4,
    "background_message_broker_schedule_pool_size": 1,
    "background_distributed_schedule_pool_size": 1,
    "max_thread_pool_free_size": 32,
    "mark_cache_size": 128 * 1024 * 1024,
    "uncompressed_cache_size": 0,
}
"""Sized for one machine that also runs the broker and the services; defaults are made for a server of its own."""

MERGE_TREE_SETTINGS: dict[str, int] = {
    # A part is written through a buffer for each column and each of its substreams; by default every one takes its
    # megabyte at once. Growing ones halve the most that merges of our tables hold: 120 MB of 250 MB.
    "min_columns_to_activate_adaptive_write_buffer": 1,
}


def config_xml(users_path: str, max_memory_bytes: int, backups_path: str = "") -> str:
    """The engine's configuration file.

    `users_path`: where `users_xml` was written. `backups_path`: folder of the disk `backups`, "" for none.
    """
    every = {**SERVER_SETTINGS, "max_server_memory_usage": max_memory_bytes}
    tables = f"<merge_tree>{_elements(MERGE_TREE_SETTINGS)}</merge_tree>"
    users = f"<users_config>{escape(users_path)}</users_config>"
    return f"<clickhouse>{users}{_elements(every)}{tables}{_backups(backups_path)}</clickhouse>\n"


def users_xml(accounts: Iterable[Account]) -> str:
    """One role and one settings profile per account, and the user `default` that may take any of the roles."""
    every = tuple(accounts)
    roles = "".join(_role(one.name, _grants(one)) for one in every)
    roles += _role(CONTROL_ROLE, ("GRANT SELECT ON system.*", "GRANT KILL QUERY ON *.*"))
    roles += _role(SETUP_ROLE, ("GRANT SELECT, INSERT, CREATE, DROP ON *.*",))
    taken = "".join(_query(f"GRANT {name}") for name in (*(one.name for one in every), CONTROL_ROLE, SETUP_ROLE))
    hidden = "".join(f"<{table}><filter>getSetting('readonly') = 0</filter></{table}>" for table in SECRET_TABLES)
    return (
        f"<clickhouse><profiles><default/>{''.join(_profile(one) for one in every)}</profiles>"
        f"<quotas><default/></quotas><roles>{roles}</roles>"
        "<users><default><password/><profile>default</profile><quota>default</quota>"
        f"<networks><ip>::/0</ip></networks><databases><system>{hidden}</system></databases>"
        f"<grants>{taken}</grants></default></users></clickhouse>\n"
    )


def _backups(path: str) -> str:
    """The one place that `BACKUP … TO Disk('backups', …)` may write to and `RESTORE` read from."""
    if not path:
        return ""
    disk = f"<backups><type>local</type><path>{escape(path)}</path></backups>"
    return (
        f"<storage_configuration><disks>{disk}</disks></storage_configuration>"
        "<backups><allowed_disk>backups</allowed_disk></backups>"
    )


def _elements(values: Mapping[str, int]) -> str:
    return "".join(f"<{name}>{value}</{name}>" for name, value in values.items())


def _grants(account: Account) -> tuple[str, ...]:
    if account.writes:
        return WRITER_GRANTS
    return tuple(map(select_grant, account.select))


def select_grant(target: str) -> str:
    """The grant of `database.table`, `database.*`, `database.prefix*` or `database.table(column, …)`."""
    table, _, columns = target.partition("(")
    return f"GRANT SELECT({columns} ON {table}" if columns else f"GRANT SELECT ON {table}"


def _role(name: str, grants: Iterable[str]) -> str:
    return f"<{name}><grants>{''.join(_query(one) for one in grants)}</grants></{name}>"


def _query(grant: str) -> str:
    return f"<query>{escape(grant)}</query>"


def _profile(account: Account) -> str:
    """Constraints only: chDB applies a profile's values to the user at log-in, so sessions set them themselves."""
    bounds = ""
    if not account.writes:
        # The minimum 1 keeps 0, which means "no limit", out of reach.
        limits = account.limits.settings().items()
        bounds = "".join(f"<{name}><min>1</min><max>{value}</max></{name}>" for name, value in limits)
        bounds += "".join(f"<{name}><readonly/></{name}>" for name in READER_CONSTANTS)
    return f"<{account.name}><constraints>{bounds}</constraints></{account.name}>"
