"""`python -m deploy.grafana sync | check` against Grafana's HTTP API, held to its published OpenAPI on both sides."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.grafana.files import committed
from deploy.local.setup import GRAFANA_PYTHON
from tests.support.grafana_contract import spoken
from tests.support.grafana_server import TOKEN, GrafanaServer
from tests.support.processes import REPO

Tool = Callable[..., "subprocess.CompletedProcess[str]"]
THINGS = 1 + 2 + len(committed()) + 1 + 1


@pytest.fixture
def tool(grafana: GrafanaServer, tmp_path: Path) -> Tool:
    """Runs the command as an operator does."""
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    (tmp_path / "password").write_text("a password\n")
    environment = {
        "CHITIEU_GRAFANA_URL": grafana.url,
        "CHITIEU_GRAFANA_TOKEN_FILE": str(tmp_path / "token"),
        "CHITIEU_GRAFANA_CLICKHOUSE_PASSWORD_FILE": str(tmp_path / "password"),
        "CHITIEU_GRAFANA_ALERTS_TOKEN_FILE": str(tmp_path / "alerts-token"),
        "CHITIEU_GRAFANA_PUBLIC_URL": "https://chitieu.tinh.example",
    }

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [str(GRAFANA_PYTHON), "-m", "deploy.grafana", *arguments]
        return subprocess.run(
            command, env=environment, cwd=REPO, capture_output=True, text=True, timeout=60, check=False
        )

    return run


def test_everything_is_made_and_the_second_run_changes_nothing(
    grafana: GrafanaServer, tool: Tool, tmp_path: Path
) -> None:
    first = tool("sync")
    assert first.returncode == 0, first.stderr
    assert set(grafana.dashboards) == set(committed())
    assert {one["meta"]["folderUid"] for one in grafana.dashboards.values()} == {"chitieu"}
    assert "https://chitieu.tinh.example" in str(grafana.dashboards["chitieu-province"])
    assert grafana.data_sources["chitieu-clickhouse"]["secureJsonFields"] == {"password": True}
    assert "a password" not in first.stdout
    assert list(grafana.playlists) == ["chitieu-tv"]
    assert [one["role"] for one in grafana.accounts] == ["Editor"]
    token = tmp_path / "alerts-token"
    assert (token.read_text().strip(), token.stat().st_mode & 0o077) == (TOKEN, 0)
    assert len(grafana.changes) == THINGS + 1
    grafana.changes.clear()
    again = tool("sync")
    assert (again.returncode, grafana.changes) == (0, [])
    assert again.stdout.splitlines()[-1] == f"{THINGS} things, 0 changed"
    assert tool("check").returncode == 0


def test_a_dry_run_tells_the_difference_and_changes_nothing(grafana: GrafanaServer, tool: Tool) -> None:
    told = tool("sync", "--dry-run")
    assert (told.returncode, grafana.changes) == (0, [])
    assert f"{THINGS} things, {THINGS} to change" in told.stdout


def test_what_was_changed_by_hand_is_changed_back_and_the_next_run_changes_nothing(
    grafana: GrafanaServer, tool: Tool
) -> None:
    tool("sync")
    grafana.folders["chitieu"]["title"] = "Thư mục"
    grafana.data_sources["chitieu-clickhouse"]["jsonData"]["port"] = 9000
    grafana.dashboards["chitieu-unit"]["dashboard"]["panels"][1]["title"] = "Đã sửa tay"
    grafana.playlists["chitieu-tv"]["spec"]["interval"] = "5s"
    grafana.accounts[0]["role"] = "Viewer"
    grafana.changes.clear()
    check = tool("check")
    assert (check.returncode, grafana.changes) == (1, [])
    assert "dashboard.panels[1].title: Đã sửa tay →" in check.stdout
    assert "spec.interval: 5s → 60s" in check.stdout
    assert tool("sync").returncode == 0
    assert [method for method, _ in grafana.changes] == ["PUT", "PUT", "POST", "PUT", "PATCH"]
    grafana.changes.clear()
    assert tool("sync").stdout.splitlines()[-1] == f"{THINGS} things, 0 changed"
    assert grafana.changes == []
    assert grafana.asked == spoken().operations - {"postAnnotation"}


def test_a_grafana_with_the_older_playlists_alone_is_spoken_to_in_these(grafana: GrafanaServer, tool: Tool) -> None:
    grafana.playlist_versions = ("v0alpha1",)
    assert tool("sync", "--only", "playlist").returncode == 0
    assert grafana.playlists["chitieu-tv"]["apiVersion"] == "playlist.grafana.app/v0alpha1"
    assert tool("check", "--only", "playlist").returncode == 0
    grafana.playlist_versions = ()
    told = tool("check", "--only", "playlist")
    assert (told.returncode, "is this Grafana older than 12?" in told.stderr) == (1, True)


def test_an_answer_that_is_not_as_published_fails_and_is_kept(grafana: GrafanaServer, tool: Tool) -> None:
    grafana.folders["chitieu"] = {"uid": "chitieu", "title": 5}
    told = tool("sync", "--dry-run")
    fault = "getFolderByUID: answer 200 $.title: 5 is not of type 'string'"
    assert (told.returncode, told.stderr.strip()) == (1, f"GET /api/folders/chitieu: 500 not as published: {fault}")
    assert grafana.violations == [fault]
    # Expected here; the fixture fails on what is left.
    grafana.violations.clear()


def test_secrets_are_sent_again_only_when_asked(grafana: GrafanaServer, tool: Tool) -> None:
    tool("sync")
    grafana.changes.clear()
    assert tool("sync", "--renew-secrets", "--only", "datasources").returncode == 0
    assert grafana.changes == [("PUT", "/api/datasources/uid/chitieu-clickhouse")]


def test_what_is_provisioned_from_files_is_left_alone(grafana: GrafanaServer, tool: Tool) -> None:
    tool("sync")
    for one in grafana.dashboards.values():
        one["meta"]["provisioned"] = True
        one["dashboard"]["title"] = "từ tệp"
    grafana.data_sources["chitieu-prometheus"] |= {"readOnly": True, "url": "http://other"}
    grafana.changes.clear()
    told = tool("sync")
    assert (told.returncode, grafana.changes) == (0, [])
    assert told.stdout.count("provisioned from a file") == len(committed()) + 1


def test_a_refusal_is_one_line_and_an_exit_status(grafana: GrafanaServer, tool: Tool) -> None:
    grafana.refuse = 403
    told = tool("sync")
    assert told.returncode == 1
    assert told.stderr.splitlines() == ["GET /api/folders/chitieu: 403 refused"]
