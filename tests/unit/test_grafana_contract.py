"""What is not of Grafana's published OpenAPI is found, in requests and in answers."""

from typing import Any

import pytest
import yaml

from tests.support.grafana_contract import FILE, Contract, spoken

FOLDER = {"uid": "chitieu", "title": "Chỉ tiêu"}
SOURCE = {"type": "prometheus", "access": "proxy"}
MARK = {"text": "đạt", "time": 1_795_402_800_000, "tags": ["chitieu"]}
PLAYLIST = {"kind": "Playlist", "apiVersion": "playlist.grafana.app/v1", "metadata": {"name": "tv"}}
PLAYLISTS = "/apis/playlist.grafana.app/v1/namespaces/default/playlists"
SPEC = {"title": "tivi", "interval": "60s", "items": [{"type": "dashboard_by_uid", "value": "a"}]}
SAVED = {"status": "success", "version": 1, "id": 7, "uid": "a", "url": "/d/a"}


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("POST", "/api/folders", FOLDER),
        ("GET", "/api/serviceaccounts/search?query=chitieu&page=2", None),
        ("PATCH", "/api/serviceaccounts/3", {"role": "Editor"}),
        ("POST", "/api/serviceaccounts", None),
        ("POST", PLAYLISTS, {**PLAYLIST, "spec": SPEC}),
        ("POST", "/api/annotations", MARK),
    ],
)
def test_a_request_as_published_has_no_fault(method: str, target: str, body: Any) -> None:
    assert spoken().request_faults(method, target, body) == []


@pytest.mark.parametrize(
    ("method", "target", "body", "fault"),
    [
        ("GET", "/api/folder/chitieu", None, "GET /api/folder/chitieu: not published"),
        ("DELETE", "/api/folders/chitieu", None, "DELETE /api/folders/chitieu: not published"),
        ("GET", "/apis/playlist.grafana.app", None, "GET /apis/playlist.grafana.app: not published"),
        ("GET", "/api/folders/chitieu?depth=1", None, "parameter depth: not published"),
        ("GET", "/api/serviceaccounts/search?page=two", None, "parameter page $: 'two' is not of type 'integer'"),
        ("PATCH", "/api/serviceaccounts/x", {}, "parameter serviceAccountId $: 'x' is not of type 'integer'"),
        ("GET", "/api/folders/chitieu", {}, "body: none is published"),
        ("POST", "/api/folders", None, "body $: None is not of type 'object'"),
        ("POST", "/api/folders", "title=a", "body $: 'title=a' is not of type 'object'"),
        ("POST", "/api/folders", {**FOLDER, "parent": "x"}, "'parent' was unexpected"),
        ("POST", "/api/annotations", {**MARK, "tags": "chitieu"}, "body $.tags: 'chitieu' is not of type 'array'"),
        ("POST", "/api/annotations", {"time": MARK["time"]}, "body $: 'text' is a required property"),
        ("POST", "/api/annotations", {**MARK, "time": 1_795_402_800}, "is less than the minimum"),
        ("POST", "/api/datasources", {**SOURCE, "access": "server"}, "'server' is not one of"),
        ("POST", "/api/serviceaccounts", {"role": "Owner"}, "body $.role: 'Owner' is not one of"),
        ("POST", PLAYLISTS, PLAYLIST, "body $: 'spec' is a required property"),
        ("PUT", f"{PLAYLISTS}/tv", {**PLAYLIST, "spec": {**SPEC, "interval": 60}}, "60 is not of type 'string'"),
    ],
)
def test_a_request_that_is_not_as_published_is_told(method: str, target: str, body: Any, fault: str) -> None:
    (told,) = spoken().request_faults(method, target, body)
    assert fault in told


@pytest.mark.parametrize(
    ("method", "target", "status", "body", "fault"),
    [
        ("GET", "/api/folders/a", 418, {"message": "no"}, "getFolderByUID: status 418 is not published"),
        ("GET", "/api/folders/a", 404, {}, "answer 404 $: 'message' is a required property"),
        ("GET", "/api/folders/a", 200, {"title": 5}, "answer 200 $.title: 5 is not of type 'string'"),
        ("GET", "/api/datasources/uid/a", 200, {"secureJsonFields": {"password": "x"}}, "'x' is not of type 'boolean'"),
        ("POST", "/api/annotations", 200, {"message": "added"}, "answer 200 $: 'id' is a required property"),
        ("PATCH", "/api/serviceaccounts/1", 200, {"role": "Editor"}, "'role' was unexpected"),
        ("GET", "/api/serviceaccounts/search", 200, {"serviceAccounts": [{"id": "1"}]}, "'1' is not of type 'integer'"),
    ],
)
def test_an_answer_that_is_not_as_published_is_told(
    method: str, target: str, status: int, body: Any, fault: str
) -> None:
    (told,) = spoken().answer_faults(method, target, status, body)
    assert fault in told


@pytest.mark.parametrize(
    ("method", "target", "status", "body"),
    [
        ("POST", "/api/dashboards/db", 200, {**SAVED, "slug": "a"}),
        ("GET", f"{PLAYLISTS}/tv", 404, {"kind": "Status", "code": 404}),
    ],
)
def test_what_grafana_answers_otherwise_than_published_passes_by_a_deviation_with_a_reason(
    method: str, target: str, status: int, body: Any
) -> None:
    document = yaml.safe_load(FILE.read_text())
    assert all(one["why"] for one in document["x-deviations"])
    assert Contract(document).answer_faults(method, target, status, body) != []
    assert spoken().answer_faults(method, target, status, body) == []


def test_seventeen_operations_are_under_contract() -> None:
    assert len(spoken().operations) == 17
