"""What docker-compose.yml starts, started by hand: same commands, environment, health checks; and Prometheus on it.

Names of containers become addresses of this machine, mounts become folders; nothing else differs.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
import yaml

from deploy.docker_secrets import ACCOUNTS, ensure_docker_secrets
from deploy.local.kafka.config import FORMAT_CLASS, MAIN_CLASS, java_options
from deploy.local.kafka.settings import KafkaSettings
from tests.support.alertmanager import BINARIES
from tests.support.docker_files import SERVERS, environment_here, health_check_here, service
from tests.support.engine import EngineProcess
from tests.support.kafka import LocalKafka
from tests.support.processes import REPO, ChildProcess, free_ports
from tests.support.waiting import wait_until

DEADLINE_SECONDS = 60
JARS = REPO / ".data" / "tools" / "kafka"


@dataclass(frozen=True)
class Platform:
    """The four services and their ports here; `prometheus` is its address."""

    ports: dict[str, int]
    children: dict[str, ChildProcess]
    prometheus: str


@pytest.fixture(scope="module")
def platform(kafka: LocalKafka, engine: EngineProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    folder = tmp_path_factory.mktemp("docker")
    secrets = folder / "secrets"
    ensure_docker_secrets(secrets)
    for account, password in (("writer", engine.writer_password), ("reader", engine.reader_password)):
        (secrets / ACCOUNTS[account]).unlink()
        (secrets / ACCOUNTS[account]).write_text(password)
    *own, prometheus = free_ports(len(SERVERS) + 1)
    ports = dict(zip(SERVERS, own, strict=True))
    differing = {
        "CHITIEU_KAFKA_BOOTSTRAP": kafka.bootstrap,
        "CHITIEU_TOPIC_PREFIX": "docker-",
        "CHITIEU_CLICKHOUSE_HOST": engine.host,
        "CHITIEU_CLICKHOUSE_PORT": str(engine.port),
        "CHITIEU_CLICKHOUSE_DATABASE": "docker",
        "CHITIEU_LISTEN_HOST": "127.0.0.1",
        "CHITIEU_RECEIVERS": str(REPO / "deploy" / "alertmanager" / "receivers.yaml"),
        **{f"CHITIEU_{name.upper()}_PORT": str(port) for name, port in ports.items()},
    }

    def environment(name: str) -> dict[str, str]:
        return environment_here(name, secrets, {**differing, "CHITIEU_DATA": str(folder / f"data-{name}")})

    for job in ("schema", "topics"):
        told = {**os.environ, **environment(job)}  # noqa: TID251 - children inherit PATH and proxies
        subprocess.run(_command(job), env=told, cwd=REPO, check=True, timeout=DEADLINE_SECONDS)
    children = {name: ChildProcess(_command(name), environment(name), folder / f"{name}.log") for name in SERVERS}
    watching = ChildProcess(_prometheus(folder, prometheus, ports), {}, folder / "prometheus.log")
    every = [*children.values(), watching]
    try:
        for child in every:
            child.start()
        yield Platform(ports, children, f"http://127.0.0.1:{prometheus}")
    finally:
        for child in reversed(every):
            child.stop()


def _command(name: str) -> list[str]:
    python, *rest = service(name)["command"]
    assert python == "python"
    return [sys.executable, *rest]


def _prometheus(folder: Path, port: int, ports: dict[str, int]) -> list[str]:
    """The shipped configuration with the addresses of this machine."""
    shipped = yaml.safe_load((REPO / "deploy" / "prometheus" / "prometheus.yaml").read_text("utf-8"))
    jobs = [
        {"job_name": job["job_name"], "static_configs": [{"targets": [f"127.0.0.1:{ports[job['job_name']]}"]}]}
        for job in shipped["scrape_configs"]
    ]
    rules = [str(REPO / "deploy" / "prometheus" / file) for file in shipped["rule_files"]]
    changed = {
        "scrape_configs": jobs,
        "rule_files": rules,
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
    }
    configuration = folder / "prometheus.yml"
    configuration.write_text(yaml.safe_dump({**shipped, **changed}))
    return [
        str(BINARIES / "prometheus"),
        f"--config.file={configuration}",
        f"--storage.tsdb.path={folder / 'prometheus'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]


@pytest.mark.parametrize("name", SERVERS)
def test_a_service_passes_its_health_check_and_fails_it_on_a_port_where_nothing_listens(
    platform: Platform, name: str
) -> None:
    def healthy(port: int) -> bool:
        python, *rest = health_check_here(name, port, SERVERS[name])
        return (
            subprocess.run([python, *rest], capture_output=True, check=False, timeout=DEADLINE_SECONDS).returncode == 0
        )

    wait_until(
        lambda: platform.children[name].exit_status() is None and healthy(platform.ports[name]),
        deadline_seconds=DEADLINE_SECONDS,
        what=f"{name} healthy: {platform.children[name].tail()}",
    )
    assert not healthy(free_ports(1)[0])


def test_prometheus_scrapes_all_four_and_knows_every_metric_of_the_rules(platform: Platform) -> None:
    rules = (REPO / "deploy" / "prometheus" / "alerts.yaml").read_text("utf-8")
    asked = set(_names(rules))
    assert len(asked) > 10

    def all_up() -> bool:
        found = {one["metric"]["job"]: one["value"][1] for one in _ask(platform, "query?query=up")["result"]}
        return found == dict.fromkeys(SERVERS, "1")

    wait_until(all_up, deadline_seconds=DEADLINE_SECONDS, what="four targets up")
    wait_until(lambda: asked <= _known(platform), deadline_seconds=DEADLINE_SECONDS, what=f"metrics {asked}")
    broken = [
        rule["name"]
        for group in _ask(platform, "rules")["groups"]
        for rule in group["rules"]
        if rule["health"] == "err"
    ]
    assert broken == []


def _names(rules: str) -> Iterator[str]:
    """Metric families that the expressions name: without the ending of a histogram's series."""
    for group in yaml.safe_load(rules)["groups"]:
        for rule in group["rules"]:
            for word in rule["expr"].replace("(", " ").replace("{", " ").replace(")", " ").replace("[", " ").split():
                if word.startswith("chitieu_"):
                    yield word.removesuffix("_bucket")


def _known(platform: Platform) -> set[str]:
    """Families that the targets describe, also those without a value yet; counters as they are read."""
    described = _ask(platform, "targets/metadata")
    return {one["metric"] for one in described} | {f"{one['metric']}_total" for one in described}


def _ask(platform: Platform, question: str) -> Any:
    try:
        with urlopen(f"{platform.prometheus}/api/v1/{question}", timeout=10) as answer:  # noqa: S310 - of this machine
            return json.load(answer)["data"]
    except OSError:
        return {"result": [], "groups": []}


def test_the_broker_of_the_compose_file_starts_and_passes_its_health_check(tmp_path: Path) -> None:
    client, controller = free_ports(2)
    told = {
        key.removeprefix("KAFKA_").lower().replace("_", "."): str(value)
        for key, value in service("kafka")["environment"].items()
        if key.startswith("KAFKA_") and key != "KAFKA_HEAP_OPTS"
    }
    here = {
        key: value.replace("9092", str(client)).replace("9093", str(controller)).replace("@kafka", "@127.0.0.1")
        .replace("//kafka", "//127.0.0.1").replace("//:", "//127.0.0.1:")
        for key, value in told.items()
    } | {"log.dirs": str(tmp_path / "log")}  # fmt: skip
    file = tmp_path / "server.properties"
    file.write_text("".join(f"{key}={value}\n" for key, value in here.items()))
    java = ["java", *java_options(KafkaSettings(data=tmp_path)), "-cp", f"{JARS}/*"]
    cluster = service("kafka")["environment"]["CLUSTER_ID"]
    subprocess.run([*java, FORMAT_CLASS, "format", "--cluster-id", cluster, "--config", str(file)], check=True)
    broker = ChildProcess([*java, MAIN_CLASS, str(file)], {}, tmp_path / "kafka.log").start()
    check = health_check_here("kafka", client, 9092)
    try:
        broker.wait_ready(lambda: subprocess.run(check, capture_output=True, check=False).returncode == 0)
    finally:
        broker.stop()
