"""The users' file of a ClickHouse server, made from the accounts of the embedded engine (pure)."""

from collections.abc import Iterable, Mapping
from xml.sax.saxutils import escape

from deploy.clickhouse.accounts import DATABASE, GRAFANA, GRAFANA_LIMITS, grafana_select
from deploy.local.engine.access import WRITER_PRIVILEGES, select_grant
from deploy.local.engine.accounts import Limits
from deploy.local.engine.settings import EngineSettings

RELIED_ON = {
    # All subqueries of a query see one set of parts: figures and stamp of one snapshot (decision 0009).
    "enable_shared_storage_snapshot_in_query": 1,
    # An insert that was answered is a part on the disk; a block that was refused was refused before the answer.
    "async_insert": 0,
    # Marks decide what is written twice. Two equal blocks of alerts are two blocks.
    "insert_deduplicate": 0,
    # In the views a join that finds nothing gives zeros and empty texts.
    "join_use_nulls": 0,
    # The board reads sums, not rows.
    "optimize_use_projections": 1,
}
"""Settings that our statements rest on, written out so that no other file on the server decides them.

`insert_deduplicate` matters for replicated tables only.
"""

READER_CONSTANTS = ("max_untracked_memory", "memory_overcommit_ratio_denominator")
"""Settings by which a reader could get around its memory limit."""

QUOTA_SECONDS = 60
GRAFANA_QUOTA = {"queries": 3_000, "errors": 300, "execution_time": 300}
"""In a minute: ten screens of forty panels that ask every 30 s are 800 queries; 300 s are five cores' whole time."""

WRITER_GRANTS = (
    f"GRANT {WRITER_PRIVILEGES} ON {DATABASE}.*",
    # Where BACKUP writes and RESTORE reads.
    "GRANT READ, WRITE ON DISK",
    # A view that it makes runs with its own rights.
    "GRANT SET DEFINER ON writer",
    # Its own queries in `processes`, its parts, tables and mutations.
    "GRANT SELECT ON system.*",
    # Asked for where the server wants engines to be granted.
    "GRANT TABLE ENGINE ON MergeTree",
    "GRANT TABLE ENGINE ON ReplicatedMergeTree",
    "GRANT TABLE ENGINE ON Join",
)
READER_GRANTS = (f"GRANT SELECT ON {DATABASE}.*",)
GRAFANA_GRANTS = tuple(map(select_grant, grafana_select()))


def users_xml() -> str:
    """Profiles, quotas and accounts without passwords, which `make secrets` writes into a file of its own."""
    writer, reader = engine_limits("writer"), engine_limits("reader")
    profiles = [
        _element("default", _values(RELIED_ON)),
        _element("writer", _values(writer.settings())),
        _profile("reader", reader),
        _profile(GRAFANA, GRAFANA_LIMITS),
    ]
    interval = _element("interval", _values({"duration": QUOTA_SECONDS, **GRAFANA_QUOTA}))
    users = [
        '<default remove="remove"/>',
        _user("writer", "default", WRITER_GRANTS),
        _user("reader", "default", READER_GRANTS),
        _user(GRAFANA, GRAFANA, GRAFANA_GRANTS),
    ]
    parts = [
        _element("profiles", profiles),
        _element("quotas", [_element(GRAFANA, [interval])]),
        _element("users", users),
    ]
    return (
        "<!-- Made by `python -m deploy.clickhouse`; passwords are merged into it from another file. -->\n"
        + _element("clickhouse", parts)
    )


def engine_limits(account: str) -> Limits:
    """What the embedded engine allows an account unless it is told otherwise; rows of the writer are not limited."""
    fields = EngineSettings.model_fields
    names = ("max_memory_bytes", "max_seconds", "max_result_rows", "max_result_bytes")
    memory, seconds, rows, size = (getattr(fields.get(f"{account}_{name}"), "default", 0) for name in names)
    return Limits(memory, seconds, rows, size)


def _profile(name: str, limits: Limits) -> str:
    """May read and choose settings of its queries (`readonly` 2), within its limits."""
    values = {"readonly": 2, **limits.settings()}
    # The minimum 1 keeps 0, which means "no limit", out of reach.
    bounds = [_element(setting, _values({"min": 1, "max": value})) for setting, value in limits.settings().items()]
    bounds += [_element(setting, ["<readonly/>"]) for setting in READER_CONSTANTS]
    return _element(name, [*_values(values), _element("constraints", bounds)])


def _user(name: str, quota: str, grants: Iterable[str]) -> str:
    return _element(
        name,
        [
            f"<profile>{name}</profile>",
            f"<quota>{quota}</quota>",
            _element("networks", ["<ip>::/0</ip>"]),
            _element("grants", [f"<query>{escape(one)}</query>" for one in grants]),
        ],
    )


def _values(values: Mapping[str, int]) -> list[str]:
    return [f"<{name}>{value}</{name}>" for name, value in values.items()]


def _element(name: str, inner: Iterable[str]) -> str:
    lines = "".join(f"  {line}\n" for part in inner for line in part.rstrip("\n").split("\n"))
    return f"<{name}>\n{lines}</{name}>\n"
