"""The stack as an operator meets it: only on this machine, restarted by itself, silent about its secrets."""

from pathlib import Path

import pytest

from deploy.local.stack.secrets import NAMES
from deploy.local.stack.steps import processes_of_the_stack
from tests.support.listeners import listening_addresses
from tests.support.stack import LocalStack

SERVICES = ["ingest", "scoring", "alerts", "deadman", "api"]


def test_nothing_listens_on_an_address_that_others_can_reach(stack: LocalStack) -> None:
    pids = [one.pid for one in stack.supervisor.states() if one.pid]
    found = {address for pid in pids for address in listening_addresses(pid)}
    assert {host for host, _ in found} == {"127.0.0.1"}
    assert {port for _, port in found} >= {stack.port(one.name) for one in processes_of_the_stack()}


@pytest.mark.parametrize("name", SERVICES)
def test_a_killed_service_is_restarted_and_ready_again(stack: LocalStack, name: str) -> None:
    stack.kill(name)
    stack.wait_ready(name)


def test_up_on_a_running_stack_restarts_nothing(stack: LocalStack) -> None:
    before = stack.supervisor.states()
    done = stack.run("deploy.local.stack", "up")
    assert done.returncode == 0, done.stdout + done.stderr
    assert [one.pid for one in stack.supervisor.states()] == [one.pid for one in before]


def test_status_says_that_everything_is_ready(stack: LocalStack) -> None:
    for one in processes_of_the_stack():
        stack.wait_ready(one.name)
    assert stack.run("deploy.local.stack", "status").returncode == 0


def test_a_running_stack_is_backed_up_and_never_restored_over(stack: LocalStack) -> None:
    done = stack.run("deploy.local.stack", "backup")
    assert done.returncode == 0, done.stdout + done.stderr
    assert stack.run("deploy.backup", "check").returncode == 0
    refused = stack.run("deploy.local.stack", "restore")
    assert refused.returncode == 1
    assert "make down" in refused.stderr


def test_no_secret_is_in_a_log(stack: LocalStack) -> None:
    secrets = [(stack.settings.secrets / name).read_bytes() for name in NAMES]
    logs = [file for file in stack.settings.logs.iterdir() if file.is_file()]
    assert [file for file in logs if _holds(file, secrets)] == []


def _holds(file: Path, secrets: list[bytes]) -> bool:
    content = file.read_bytes()
    return any(secret in content for secret in secrets)
