"""What the local stack decides before anything is started: processes, ports, environment, secrets."""

import stat
from configparser import RawConfigParser
from pathlib import Path

import pytest

from deploy.local.kafka.config import properties
from deploy.local.kafka.settings import KafkaSettings
from deploy.local.stack.procfile import Process, ProcfileError, parse
from deploy.local.stack.secrets import NAMES, ensure_secrets
from deploy.local.stack.settings import PORT_OFFSETS, StackSettings, process_environment
from deploy.local.stack.steps import FOUNDATION, processes_of_the_stack
from deploy.local.stack.supervisor import SOCKET_PATH_LIMIT_BYTES, SupervisorError, configuration, socket_path


def ports_of(settings: StackSettings) -> set[int]:
    return {settings.port(name) for name in PORT_OFFSETS}


def supervisor_file(settings: StackSettings, *processes: Process) -> RawConfigParser:
    parsed = RawConfigParser()
    parsed.read_string(configuration(settings, processes))
    return parsed


def test_a_procfile_is_read_in_order_without_comments() -> None:
    assert parse("# broker first\nkafka: run kafka\n\napi: run api --port 1\n") == [
        Process("kafka", "run kafka"),
        Process("api", "run api --port 1"),
    ]


@pytest.mark.parametrize("text", ["kafka", "Kafka: x", "a: x\nb:   ", "a: x\na: y"])
def test_a_malformed_procfile_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(ProcfileError, match=r"line \d"):
        parse(text)


def test_every_process_of_the_procfile_has_a_port_and_the_foundation_comes_first() -> None:
    names = [one.name for one in processes_of_the_stack()]
    assert set(names) <= set(PORT_OFFSETS)
    assert tuple(names[: len(FOUNDATION)]) == FOUNDATION


def test_two_stacks_with_other_bases_share_no_port() -> None:
    first, second = StackSettings(port_base=8000), StackSettings(port_base=18000)
    assert ports_of(first).isdisjoint(ports_of(second))


def test_a_port_of_its_own_wins_over_the_base(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHITIEU_PORT_BASE", "20000")
    monkeypatch.setenv("CHITIEU_API_PORT", "9999")
    assert (StackSettings().port("api"), StackSettings().port("ingest")) == (9999, 20081)


def test_processes_are_told_secrets_by_file_only(tmp_path: Path) -> None:
    ensure_secrets(tmp_path / "secrets")
    told = process_environment(StackSettings(data=tmp_path)).values()
    values = [(tmp_path / "secrets" / name).read_text() for name in NAMES]
    assert not [value for value in values if value in told]


def test_secrets_are_made_once_and_only_the_owner_may_read_them(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    ensure_secrets(folder)
    before = {name: (folder / name).read_text() for name in NAMES}
    ensure_secrets(folder)
    assert {name: (folder / name).read_text() for name in NAMES} == before
    assert len(set(before.values())) == len(NAMES)
    assert {stat.S_IMODE((folder / name).stat().st_mode) for name in NAMES} == {0o600}


def test_the_supervisor_restarts_forever_and_stops_in_reverse_order(tmp_path: Path) -> None:
    file = supervisor_file(StackSettings(data=tmp_path), Process("kafka", "k"), Process("api", "a"))
    assert file["program:api"]["autorestart"] == "true"
    assert int(file["program:kafka"]["priority"]) < int(file["program:api"]["priority"])


def test_the_supervisor_is_controlled_by_a_file_and_opens_no_port(tmp_path: Path) -> None:
    file = supervisor_file(StackSettings(data=tmp_path), Process("api", "a"))
    assert "inet_http_server" not in file
    assert file["unix_http_server"]["file"].startswith(str(tmp_path))


def test_a_percent_sign_in_the_data_folder_reaches_the_supervisor_as_it_is(tmp_path: Path) -> None:
    file = supervisor_file(StackSettings(data=tmp_path / "100%"), Process("api", "a"))
    assert "/100%%/" in file["program:api"]["stdout_logfile"]


def test_a_data_folder_too_deep_for_a_socket_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(SupervisorError, match="CHITIEU_DATA"):
        socket_path(StackSettings(data=tmp_path / ("x" * SOCKET_PATH_LIMIT_BYTES)))


def test_the_broker_listens_on_this_machine_only_and_deletes_nothing(tmp_path: Path) -> None:
    told = properties(KafkaSettings(data=tmp_path, port=1, controller_port=2))
    assert told["listeners"] == "PLAINTEXT://127.0.0.1:1,CONTROLLER://127.0.0.1:2"
    assert (told["log.retention.ms"], told["log.retention.bytes"]) == ("-1", "-1")
