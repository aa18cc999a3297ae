"""ClickHouse itself reads the server's users: accounts, grants, profiles, quotas. In chDB, for want of a server."""
# ruff: noqa: S314 - the XML is our own

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from deploy.clickhouse.__main__ import USERS
from deploy.clickhouse.accounts import GRAFANA_LIMITS, grafana_select
from deploy.clickhouse.server import RELIED_ON
from deploy.docker_secrets import HASHES, ensure_docker_secrets
from deploy.local.engine.access import config_xml
from shared.schema.statements import schema_statements
from tests.support.engine import EngineProcess

READ = """
import json, sys
from chdb._chdb import connect
connection = connect(sys.argv[1])
questions = json.loads(sys.argv[2])
answers = {}
for name, text in questions.items():
    got = connection.query(text, "JSONCompact")
    assert not got.has_error(), got.error_message()
    answers[name] = json.loads(got.bytes())["data"]
print(json.dumps(answers))
sys.stdout.flush()
connection.close()
import os
os._exit(0)
"""
QUESTIONS = {
    "accounts": "SELECT name, arrayStringConcat(auth_type, ',') FROM system.users"
    " WHERE name != 'default' ORDER BY name",
    "grafana": "SELECT concat(database, '.', table), groupUniqArray(column) AS columns FROM system.grants"
    " WHERE user_name = 'grafana' GROUP BY 1",
    "kinds": "SELECT DISTINCT access_type FROM system.grants WHERE user_name IN ('grafana', 'reader')",
    "settings": "SELECT setting_name, value FROM system.settings_profile_elements"
    " WHERE profile_name = 'default' AND setting_name IS NOT NULL",
    "bounds": "SELECT setting_name, max FROM system.settings_profile_elements"
    " WHERE profile_name = 'grafana' AND max IS NOT NULL",
    "readonly": "SELECT profile_name, value FROM system.settings_profile_elements"
    " WHERE setting_name = 'readonly' AND value IS NOT NULL ORDER BY 1",
    "quota": "SELECT quota_name, duration, max_queries FROM system.quota_limits WHERE quota_name = 'grafana'",
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[list[Any]]]:
    """What ClickHouse says of the merged users' files, to a `default` that may see accounts."""
    folder = tmp_path_factory.mktemp("users")
    ensure_docker_secrets(folder / "secrets")
    users = folder / "users.xml"
    users.write_text(merged(USERS, folder / "secrets" / HASHES))
    config = folder / "config.xml"
    config.write_text(config_xml(str(users), 1 << 30))
    path = f"{folder / 'store'}?config-file={config}"
    done = subprocess.run(
        [sys.executable, "-c", READ, path, json.dumps(QUESTIONS)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, list[list[Any]]] = json.loads(done.stdout)
    return found


def merged(users: Path, hashes: Path) -> str:
    """As a server merges them, with the account that chDB cannot do without in place of the one that is removed."""
    root = ET.fromstring(users.read_text("utf-8"))
    accounts = root.find("users")
    assert accounts is not None
    for one in ET.fromstring(hashes.read_text("utf-8")).iterfind("users/*"):
        account = accounts.find(one.tag)
        assert account is not None
        account.extend(list(one))
    removed = accounts.find("default")
    assert removed is not None
    assert removed.get("remove") == "remove"
    accounts.remove(removed)
    default = ET.fromstring(
        "<default><password/><profile>default</profile><quota>default</quota>"
        "<networks><ip>::/0</ip></networks><access_management>1</access_management></default>"
    )
    accounts.append(default)
    quotas = root.find("quotas")
    assert quotas is not None
    quotas.append(ET.fromstring("<default/>"))
    return ET.tostring(root, "unicode")


def test_the_three_accounts_have_passwords_as_hashes(told: dict[str, list[list[Any]]]) -> None:
    assert told["accounts"] == [[name, "sha256_password"] for name in ("grafana", "reader", "writer")]


def test_grafana_may_select_the_list_and_nothing_else(told: dict[str, list[list[Any]]]) -> None:
    granted = {str(name): {column for column in columns if column} for name, columns in told["grafana"]}
    wanted = {}
    for target in grafana_select():
        name, _, columns = target.rstrip("*)").partition("(")
        wanted[name] = set(columns.split(", ")) - {""}
    assert granted == wanted
    assert told["kinds"] == [["SELECT"]]


def test_limits_of_rows_time_and_memory_hold(told: dict[str, list[list[Any]]]) -> None:
    assert {name: int(value) for name, value in told["bounds"]} == GRAFANA_LIMITS.settings()
    assert told["readonly"] == [["grafana", "2"], ["reader", "2"]]
    assert [str(value) for value in told["quota"][0]] == ["grafana", "60", "3000"]


def test_settings_that_statements_rest_on_are_those_of_the_tested_engine(
    told: dict[str, list[list[Any]]], engine: EngineProcess
) -> None:
    relied_on = {name: str(value) for name, value in RELIED_ON.items()}
    assert {name: str(value) for name, value in told["settings"]} == relied_on
    # The engine's own default of these two is another one; our inserts say the first themselves.
    del relied_on["async_insert"], relied_on["insert_deduplicate"]
    names = ", ".join(f"'{name}'" for name in relied_on)
    here = engine.server().reader().query(f"SELECT name, value FROM system.settings WHERE name IN ({names})")  # noqa: S608
    assert {str(name): str(value) for name, value in here.result_rows} == relied_on


def test_the_statements_for_a_cluster_are_clickhouses_and_no_two_tables_share_a_path(engine: EngineProcess) -> None:
    statements = schema_statements("chitieu", 2, replicated=True)
    reader = engine.server().reader()
    for statement in statements:
        assert reader.query("SELECT formatQuery({text:String})", parameters={"text": statement}).result_rows
    replicated = [one.partition("ReplicatedMergeTree(")[2].partition(")")[0] for one in statements]
    paths = [one for one in replicated if one]
    assert len(paths) == len(set(paths)) == 9
    assert "'/clickhouse/tables/{shard}/chitieu/ledger_2', '{replica}'" in paths
    plain = [one for one in schema_statements("chitieu", 2) if "Replicated" in one]
    assert plain == []
