"""The committed dashboards: made by the code, valid by Grafana's schema, and readable without colours."""

import json
import re
import subprocess
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY

from deploy.clickhouse.accounts import GRAFANA_VIEWS
from deploy.grafana import wanted, words
from deploy.grafana.boards.pipeline import PANELS
from deploy.grafana.build import dashboards
from deploy.grafana.files import FOLDER, PUBLIC_URL, committed, text_of
from deploy.grafana.query import CLICKHOUSE, PLUGIN_VERSION, PROMETHEUS
from deploy.grafana.settings import GrafanaSettings
from services.alerts.metrics import OWNER
from services.api.metrics import ApiMetrics
from services.api.wording import FLAGS
from services.ingest.metrics import IngestMetrics
from services.scoring import metrics as scoring_metrics
from shared.catalogue import load_catalogue
from shared.schema.tile_words import SHORT_NAMES
from tests.support.grafana_queries import panel_queries, variable_queries, views_of
from tests.support.grafana_schema import faults
from tests.support.processes import REPO

BOARDS = committed()
PANELS_OF = [(uid, panel) for uid, one in BOARDS.items() for panel in one["panels"]]
PROVISIONING = REPO / "deploy" / "grafana" / "provisioning"
JS = REPO / "services" / "api" / "wallboard" / "js"
SCHEMA = REPO / "shared" / "schema"
BOARD_SQL = (SCHEMA / "030_views.sql").read_text()
WALLBOARD_SQL = (SCHEMA / "050_wallboards.sql").read_text()


def test_the_committed_files_are_what_the_code_makes() -> None:
    made = {f"{uid}.json": text_of(one) for uid, one in dashboards().items()}
    assert {file.name: file.read_text() for file in FOLDER.iterdir()} == made


@pytest.mark.parametrize("uid", BOARDS)
def test_a_dashboard_is_valid_by_grafanas_schema(uid: str) -> None:
    assert faults(BOARDS[uid]) == []


def test_a_field_that_the_schema_does_not_know_or_has_another_type_for_is_found() -> None:
    broken = {**BOARDS["chitieu-unit"], "refreshes": "30s", "graphTooltip": "shared"}
    assert {fault.split(":")[0] for fault in faults(broken)} == {"dashboard.refreshes", "dashboard.graph_tooltip"}


@pytest.mark.parametrize(("uid", "panel"), PANELS_OF, ids=lambda one: one if isinstance(one, str) else one["title"])
def test_a_panel_has_title_description_unit_a_query_and_what_to_say_when_there_is_nothing(
    uid: str, panel: dict[str, Any]
) -> None:
    defaults = panel["fieldConfig"]["defaults"]
    assert panel["title"]
    assert len(panel["description"]) > 20
    assert defaults["unit"]
    assert defaults["noValue"]
    assert panel["targets"]


def test_panels_do_not_overlap_and_keep_within_the_grid() -> None:
    for uid, dashboard in BOARDS.items():
        places = [panel["gridPos"] for panel in dashboard["panels"]]
        assert [place for place in places if place["x"] + place["w"] > 24] == [], uid
        assert [pair for pair in combinations(places, 2) if overlap(*pair)] == [], uid
        assert len({panel["id"] for panel in dashboard["panels"]}) == len(places), uid


def overlap(one: dict[str, int], other: dict[str, int]) -> bool:
    apart = (
        one["x"] + one["w"] <= other["x"]
        or other["x"] + other["w"] <= one["x"]
        or one["y"] + one["h"] <= other["y"]
        or other["y"] + other["h"] <= one["y"]
    )
    return not apart


def test_every_query_reads_only_what_grafanas_account_may_see_and_computes_nothing() -> None:
    texts = [query.sql for query in panel_queries()] + [sql for _, sql in variable_queries()]
    assert len(texts) > 20
    for sql in texts:
        read = {name for name in views_of(sql) if not name.startswith("catalogue_")}
        assert read <= set(GRAFANA_VIEWS), sql
        assert re.findall(r"[^'(]\b(?:sum|avg|count|round|intDiv|divide)\(|\s[*/]\s", sql) == [], sql


def colored() -> Iterator[tuple[str, str, str]]:
    for name, mapping in vars(words).items():
        if isinstance(mapping, dict) and mapping and isinstance(next(iter(mapping.values())), words.Word):
            yield from ((f"{name}.{token}", word.text, word.color) for token, word in mapping.items())


def test_a_colour_never_stands_alone_a_sign_and_a_word_say_the_same() -> None:
    with_color = [one for one in colored() if one[2]]
    assert len(with_color) > 20
    for name, text, _ in with_color:
        assert re.match(r"^[✓✗△–○◆▲●↻] \w", text), name


def test_tokens_of_one_kind_differ_in_their_sign_when_they_differ_in_colour() -> None:
    for name, mapping in vars(words).items():
        if isinstance(mapping, dict) and mapping and isinstance(next(iter(mapping.values())), words.Word):
            signs: dict[str, set[str]] = {}
            for word in mapping.values():
                if word.color:
                    signs.setdefault(word.text[0], set()).add(word.color)
            assert all(len(colors) == 1 for colors in signs.values()), name


def test_words_are_those_of_the_api_and_of_its_pages() -> None:
    pages = (JS / "short_names.js").read_text().replace("\N{NO-BREAK SPACE}", " ")
    short = dict(re.findall(r'^\s+"?([\w.]+)"?: \{ vi: "([^"]+)"', pages, re.MULTILINE))
    assert short == SHORT_NAMES
    assert set(short) >= set(load_catalogue().indicators)
    rules = dict(re.findall(r'rule_(\w+): \["([^"]+)"', (JS / "alert_words.js").read_text()))
    assert {token: word.text for token, word in words.RULE.items()} == rules
    raised = re.search(r"\[provisional, stale, .*?\] AS raised", BOARD_SQL, re.DOTALL)
    assert raised is not None
    assert re.findall(r"\w+(?=[,\]])", raised[0]) == list(FLAGS)
    assert re.search(r",\s+".join(f"'{said.vi}'" for said in FLAGS.values()), WALLBOARD_SQL)


def test_every_metric_of_the_pipeline_board_is_one_of_a_service() -> None:
    registries = [IngestMetrics().registry, ApiMetrics().registry, scoring_metrics.REGISTRY, REGISTRY]
    there = {sample for registry in registries for sample in registry._names_to_collectors}
    assert OWNER in REGISTRY._names_to_collectors.values()
    asked = {name for _, exprs, _ in PANELS for expr, _ in exprs for name in re.findall(r"chitieu_\w+", expr)}
    assert len(asked) > 10
    assert asked <= there


def test_links_lead_to_the_api_wherever_it_is() -> None:
    text = text_of(committed("https://chitieu.tinh.example/")["chitieu-unit"])
    assert "https://chitieu.tinh.example" in text
    assert PUBLIC_URL not in text


def test_grafana_starts_with_links_to_where_people_reach_the_api(tmp_path: Path) -> None:
    script = REPO / "deploy" / "grafana" / "start.sh"
    command = ["sh", str(script), str(FOLDER), str(tmp_path / "made"), "echo", "started"]
    address = {"CHITIEU_PUBLIC_URL": "https://chitieu.tinh.example/", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, env=address, capture_output=True, text=True, check=True)
    assert done.stdout == "started\n"
    made = {file.stem: json.loads(file.read_text()) for file in (tmp_path / "made").iterdir()}
    assert made == committed("https://chitieu.tinh.example")
    compose = yaml.safe_load((REPO / "docker-compose.yml").read_text())["services"]["grafana"]
    provider = yaml.safe_load((PROVISIONING / "dashboards" / "chitieu.yaml").read_text())["providers"][0]
    assert compose["environment"]["GF_PLUGINS_PREINSTALL_SYNC"] == f"{CLICKHOUSE.type_val}@{PLUGIN_VERSION}"
    assert compose["entrypoint"][3] == provider["options"]["path"]
    mounts = dict(mount.split(":")[:2] for mount in compose["volumes"])
    assert mounts["./deploy/grafana/dashboards"] == compose["entrypoint"][2]
    assert mounts["./deploy/grafana/start.sh"] == compose["entrypoint"][1]


def test_every_figure_links_to_the_page_with_the_filings_behind_it() -> None:
    for query in panel_queries():
        if "wallboard(" in query.sql or "tiles(" in query.sql:
            assert "${chitieu}/cells/${__data.fields.indicator}/${__data.fields.unit}" in text_of(dict(query.panel))


def test_provisioning_and_playlist_name_the_same_things() -> None:
    sources = yaml.safe_load((PROVISIONING / "datasources" / "chitieu.yaml").read_text())["datasources"]
    made = [wanted.clickhouse(GrafanaSettings()), wanted.prometheus(GrafanaSettings())]
    for source, one in zip(sources, made, strict=True):
        assert {key: source[key] for key in one} == one
    assert [(one["type"], one["uid"]) for one in made] == [
        (CLICKHOUSE.type_val, CLICKHOUSE.uid),
        (PROMETHEUS.type_val, PROMETHEUS.uid),
    ]
    provider = yaml.safe_load((PROVISIONING / "dashboards" / "chitieu.yaml").read_text())["providers"][0]
    assert (provider["folderUid"], provider["folder"]) == (wanted.FOLDER["uid"], wanted.FOLDER["title"])
    assert {item["value"] for item in wanted.PLAYLIST["spec"]["items"]} <= set(BOARDS)
