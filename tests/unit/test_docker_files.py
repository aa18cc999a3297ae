"""docker-compose.yml and what belongs to it: valid, pinned, closed, and told nothing that the code does not know."""

import hashlib
import json
import re
import shutil
import stat
import subprocess
import sys
import tomllib
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from deploy.backup.settings import BackupSettings
from deploy.clickhouse.__main__ import USERS
from deploy.clickhouse.server import users_xml
from deploy.docker_secrets import ACCOUNTS, DOCKER_NAMES, HASHES, ensure_docker_secrets
from deploy.local.kafka.config import properties
from deploy.local.kafka.settings import KafkaSettings
from services.alerts.receivers import load_receivers
from services.alerts.settings import AlertsSettings, DeadManSettings
from services.api.settings import ApiSettings
from services.ingest.settings import IngestSettings
from services.scoring.settings import ScoringSettings
from shared.settings import SharedSettings
from tests.support.docker_files import OURS, SERVERS, compose, image_environment, service
from tests.support.processes import REPO

PUBLISHED = {"ingest": 8081, "api": 8080, "grafana": 3000}
EXACT = re.compile(r"[\w./-]+:v?\d+\.\d+\.\d+[\w.-]*")
PIN = re.compile(r"^([A-Za-z0-9_.\[\],-]+)==(\S+)", re.MULTILINE)


def settings_of(name: str) -> set[str]:
    """Variables that a service's code reads."""
    own: dict[str, type[SharedSettings]] = {
        "ingest": IngestSettings,
        "scoring": ScoringSettings,
        "alerts": AlertsSettings,
        "api": ApiSettings,
        "deadman": DeadManSettings,
    }
    fields = own.get(name, BackupSettings).model_fields
    return {f"CHITIEU_{field.upper()}" for field in fields} | {"CHITIEU_BACKUPS"}


def test_it_is_valid_by_the_compose_specification() -> None:
    # A file of the package and never the package: it cannot be imported beside the `click` that Faust wants.
    file = Path(
        str(distribution("check-jsonschema").locate_file("check_jsonschema/builtin_schemas/vendor/compose-spec.json"))
    )
    validator = jsonschema.Draft7Validator(json.loads(file.read_text("utf-8")))
    errors = [error.message for error in validator.iter_errors(compose())]
    assert errors == []


def test_every_image_and_the_data_source_have_an_exact_version() -> None:
    bases = re.findall(r"^FROM (\S+)", (REPO / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    images = [one["image"] for one in compose()["services"].values()]
    assert [image for image in [*bases, *images] if not EXACT.fullmatch(image)] == []
    assert EXACT.fullmatch(service("grafana")["environment"]["GF_PLUGINS_PREINSTALL_SYNC"].replace("@", ":"))


def test_the_image_gets_the_tested_versions_of_what_the_services_need() -> None:
    tested = dict(PIN.findall((REPO / "requirements.lock").read_text("utf-8")))
    shipped = dict(PIN.findall((REPO / "requirements.services.lock").read_text("utf-8")))
    assert {name: version for name, version in shipped.items() if tested.get(name) != version} == {}
    project: dict[str, Any] = tomllib.loads((REPO / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = project["dependencies"] + [
        one for extra in ("ingest", "scoring", "alerts", "api") for one in project["optional-dependencies"][extra]
    ]
    assert {re.split(r"[\[>=<]", one)[0] for one in wanted} <= set(shipped)
    assert "chdb" not in shipped


def test_only_ingest_api_and_grafana_are_published_and_by_default_on_this_machine_only() -> None:
    published = {name: one["ports"] for name, one in compose()["services"].items() if "ports" in one}
    assert published == {name: [f"${{CHITIEU_PUBLISH:-127.0.0.1}}:{port}:{port}"] for name, port in PUBLISHED.items()}
    assert compose()["networks"]["stores"] == {"internal": True}


def test_our_containers_can_change_nothing_but_their_data() -> None:
    for name in OURS:
        one = service(name)
        assert (one["user"], one["read_only"], one["cap_drop"]) == ("10001:10001", True, ["ALL"]), name
        assert one["security_opt"] == ["no-new-privileges:true"], name
    assert re.findall(r"^USER (\S+)", (REPO / "Dockerfile").read_text("utf-8"), re.MULTILINE) == ["10001:10001"]


def test_every_container_has_a_bound_and_what_others_wait_for_has_a_health_check() -> None:
    services = compose()["services"]
    assert [name for name, one in services.items() if "mem_limit" not in one or "logging" not in one] == []
    awaited = {
        other
        for one in services.values()
        for other, how in one.get("depends_on", {}).items()
        if how["condition"] == "service_healthy"
    }
    assert {name for name in awaited | set(SERVERS) if "healthcheck" not in services[name]} == set()
    assert {other for one in services.values() for other in one.get("depends_on", {})} <= set(services)


def test_every_volume_and_every_mounted_file_is_there() -> None:
    mounts = [mount.split(":") for one in compose()["services"].values() for mount in one.get("volumes", [])]
    named = {source for source, *_ in mounts if not source.startswith(".")}
    assert named == set(compose()["volumes"])
    made = {"./secrets/clickhouse-passwords.xml"}
    paths = {source for source, *_ in mounts if source.startswith(".")} - made
    assert [path for path in paths if not (REPO / path).exists()] == []


def test_services_are_told_only_what_they_know() -> None:
    for name in OURS:
        told = {key for key in service(name).get("environment", {}) if key.startswith("CHITIEU_")}
        assert told <= settings_of(name), name
    assert set(image_environment()) <= settings_of("backup")
    assert {field for field in SharedSettings.model_fields if field.endswith("_file")} == {
        "clickhouse_password_file",
        "clickhouse_reader_password_file",
    }


def test_no_password_is_in_the_file_and_every_secret_is_one_that_make_secrets_makes() -> None:
    secrets = compose()["secrets"]
    assert {one["file"] for one in secrets.values()} <= {f"secrets/{name}" for name in DOCKER_NAMES}
    for name, one in compose()["services"].items():
        used = {
            str(value) for key, value in one.get("environment", {}).items() if re.search("PASSWORD|SECRET|TOKEN", key)
        }
        assert used <= {f"/run/secrets/{secret}" for secret in one.get("secrets", [])}, name
        assert set(one.get("secrets", [])) <= set(secrets), name


def test_secrets_are_made_once_and_clickhouse_knows_the_hashes_of_the_same_passwords(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    assert set(ensure_docker_secrets(folder)) == set(DOCKER_NAMES)
    before = {name: (folder / name).read_text() for name in DOCKER_NAMES}
    assert ensure_docker_secrets(folder) == []
    assert {name: (folder / name).read_text() for name in DOCKER_NAMES} == before
    assert len(set(before.values())) == len(DOCKER_NAMES)
    for user, name in ACCOUNTS.items():
        digest = hashlib.sha256(before[name].encode()).hexdigest()
        assert f"<{user}><password_sha256_hex>{digest}</password_sha256_hex></{user}>" in (folder / HASHES).read_text()
    (folder / "engine-grafana").unlink()
    assert ensure_docker_secrets(folder) == ["engine-grafana"]
    digest = hashlib.sha256((folder / "engine-grafana").read_bytes()).hexdigest()
    assert digest in (folder / HASHES).read_text()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o444}


def test_the_servers_accounts_are_those_of_the_list() -> None:
    assert USERS.read_text("utf-8") == users_xml(), "python -m deploy.clickhouse"


def test_the_broker_keeps_the_log_as_the_tested_one_does() -> None:
    told = {
        key.removeprefix("KAFKA_").lower().replace("_", "."): value
        for key, value in service("kafka")["environment"].items()
        if key.startswith("KAFKA_")
    }
    tested = properties(KafkaSettings())
    kept = ("retention", "replication", "isr", "auto.create", "broker.", "group.")
    wanted = {key: value for key, value in tested.items() if any(word in key for word in kept)}
    assert len(wanted) > 8
    assert {key: told.get(key) for key in wanted} == wanted


def test_the_receivers_of_the_stack_are_valid() -> None:
    loaded = load_receivers(REPO / "deploy" / "alertmanager" / "receivers.yaml", None, None)
    assert list(loaded.each) == ["monitoring"]


def test_what_may_enter_the_image_is_named() -> None:
    lines = (REPO / ".dockerignore").read_text("utf-8").splitlines()
    assert lines[1] == "*"
    copied = re.findall(r"^COPY ([\w.]+) /", (REPO / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    assert {line.removeprefix("!") for line in lines if line.startswith("!")} == set(copied)


@pytest.mark.parametrize("module", ["deploy.backup", "deploy.demo"])
def test_the_files_of_the_image_are_enough_for_a_command(tmp_path: Path, module: str) -> None:
    lines = (REPO / ".dockerignore").read_text("utf-8").splitlines()
    left_out = {REPO / line for line in lines if line.startswith("deploy/")}

    def ignored(folder: str, names: list[str]) -> list[str]:
        return [name for name in names if Path(folder, name) in left_out or name == "__pycache__"]

    for folder in ("shared", "services", "deploy"):
        shutil.copytree(REPO / folder, tmp_path / folder, ignore=ignored)
    assert not (tmp_path / "deploy" / "local" / "kafka").exists()
    command = [sys.executable, "-m", module, "--help"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_scrape_job_is_a_service_and_its_port() -> None:
    jobs = yaml.safe_load((REPO / "deploy" / "prometheus" / "prometheus.yaml").read_text("utf-8"))["scrape_configs"]
    found = {}
    for job in jobs:
        if "dns_sd_configs" in job:
            (one,) = job["dns_sd_configs"]
            found[job["job_name"]] = (one["names"], one["port"])
        else:
            (name, port) = job["static_configs"][0]["targets"][0].split(":")
            found[job["job_name"]] = ([name], int(port))
    assert found == {name: ([name], port) for name, port in SERVERS.items()}
