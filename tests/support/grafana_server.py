"""Grafana's HTTP API as its published OpenAPI describes the routes that we use.

It keeps what it is given, adds what Grafana adds by itself, and asks for a known token. Every request and every answer
is held against the contract; one that is not of it is answered with 500 and stays in `violations`, where tests look.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from tests.support.grafana_contract import spoken

TOKEN = "a-token-of-the-test"
Json = dict[str, Any]
Answer = tuple[int, Any]


@dataclass
class GrafanaServer:
    """`url`; what it holds; `changes`: (method, path) of every request that changed something, in order.

    `refuse`: status of every answer. `room`: annotations that it takes before it fails. `asked`: operations of the
    contract that were answered as published; `violations`: what was not of the contract, ours or its own.
    """

    folders: dict[str, Json] = field(default_factory=dict)
    data_sources: dict[str, Json] = field(default_factory=dict)
    dashboards: dict[str, Json] = field(default_factory=dict)
    playlists: dict[str, Json] = field(default_factory=dict)
    accounts: list[Json] = field(default_factory=list)
    annotations: list[Json] = field(default_factory=list)
    changes: list[tuple[str, str]] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    violations: list[str] = field(default_factory=list)
    playlist_versions: tuple[str, ...] = ("v0alpha1", "v1")
    refuse: int = 0
    room: int = 1000
    _server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        assert self._server is not None, "not started"
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        """Listens on a free port."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        Thread(target=partial(self._server.serve_forever, poll_interval=0.02), name="grafana", daemon=True).start()

    def stop(self) -> None:
        """Stops listening."""
        assert self._server is not None, "not started"
        self._server.shutdown()
        self._server.server_close()

    def answer(self, method: str, target: str, body: Any, *, known: bool) -> Answer:
        """One request; `target`: path and query; `known`: it came with the token."""
        if faults := spoken().request_faults(method, target, body):
            return self._violated(faults)
        status, told = self._answer(method, target, body) if known and not self.refuse else self._refusal(target)
        if faults := spoken().answer_faults(method, target, status, told):
            return self._violated(faults)
        self.asked.add(spoken().operation(method, target) or "")
        if method != "GET" and status < 300:
            self.changes.append((method, target))
        return status, told

    def _answer(self, method: str, target: str, body: Any) -> Answer:
        for route_method, pattern, serve in ROUTES:
            found = re.fullmatch(pattern, target)
            if route_method == method and found:
                return serve(self, found, body)
        return 404, {"message": "Not found"}

    def _refusal(self, target: str) -> Answer:
        status = self.refuse or 401
        return status, (_status(status) if target.startswith("/apis/") else {"message": "refused"})

    def _violated(self, faults: list[str]) -> Answer:
        self.violations += faults
        return 500, {"message": f"not as published: {'; '.join(faults)}"}


Serve = Callable[[GrafanaServer, "re.Match[str]", Any], Answer]


def _kept(things: dict[str, Json], key: str) -> Answer:
    return (200, things[key]) if key in things else (404, {"message": "not found"})


def _create_folder(grafana: GrafanaServer, _: "re.Match[str]", body: Json) -> Answer:
    uid = body["uid"]
    if uid in grafana.folders:
        return 409, {"message": "a folder with that uid already exists"}
    grafana.folders[uid] = {"id": 1, "uid": uid, "title": body["title"], "version": 1, "parentUid": ""}
    return 200, grafana.folders[uid]


def _update_folder(grafana: GrafanaServer, found: "re.Match[str]", body: Json) -> Answer:
    there = grafana.folders[found[1]]
    if not body.get("overwrite") and body.get("version") != there["version"]:
        return 409, {"message": "the folder has been changed by someone else"}
    there.update(title=body["title"], version=there["version"] + 1)
    return 200, there


def _save_data_source(grafana: GrafanaServer, found: "re.Match[str]", body: Json) -> Answer:
    uid = found[1] if found.re.groups else body["uid"]
    if not found.re.groups and uid in grafana.data_sources:
        return 409, {"message": "data source with the same uid already exists"}
    told = {key: value for key, value in body.items() if key != "secureJsonData"}
    fields = dict.fromkeys(body.get("secureJsonData", {}), True)
    grafana.data_sources[uid] = {**told, "id": 1, "orgId": 1, "readOnly": False, "secureJsonFields": fields}
    return 200, {"id": 1, "name": body["name"], "message": "saved", "datasource": grafana.data_sources[uid]}


def _save_dashboard(grafana: GrafanaServer, _: "re.Match[str]", body: Json) -> Answer:
    uid, folder = body["dashboard"]["uid"], body["folderUid"]
    if folder not in grafana.folders:
        return 400, {"message": "folder not found"}
    there = grafana.dashboards.get(uid)
    if there is not None and not body.get("overwrite"):
        return 412, {"status": "version-mismatch", "message": "The dashboard has been changed by someone else"}
    version = 1 if there is None else there["dashboard"]["version"] + 1
    saved = {**body["dashboard"], "id": 7, "version": version}
    grafana.dashboards[uid] = {
        "dashboard": saved,
        "meta": {"folderUid": folder, "provisioned": False, "version": version},
    }
    return 200, {"id": 7, "uid": uid, "status": "success", "version": version, "slug": uid, "url": f"/d/{uid}"}


def _resources(grafana: GrafanaServer, found: "re.Match[str]", _: Any) -> Answer:
    if found[1] not in grafana.playlist_versions:
        return 404, _status(404)
    one = {"name": "playlists", "singularName": "playlist", "namespaced": True, "kind": "Playlist", "verbs": ["get"]}
    return 200, {"kind": "APIResourceList", "groupVersion": f"{GROUP}/{found[1]}", "resources": [one]}


def _playlist(grafana: GrafanaServer, found: "re.Match[str]", _: Any) -> Answer:
    there = grafana.playlists.get(found[2])
    return (404, _status(404)) if there is None else (200, {**there, "apiVersion": f"{GROUP}/{found[1]}"})


def _create_playlist(grafana: GrafanaServer, found: "re.Match[str]", body: Json) -> Answer:
    if body["metadata"]["name"] in grafana.playlists:
        return 409, _status(409)
    return 201, _keep_playlist(grafana, found[1], body, "1")


def _update_playlist(grafana: GrafanaServer, found: "re.Match[str]", body: Json) -> Answer:
    there = grafana.playlists[found[2]]["metadata"]["resourceVersion"]
    if body["metadata"].get("resourceVersion") != there:
        return 409, _status(409)
    return 200, _keep_playlist(grafana, found[1], body, str(int(there) + 1))


def _keep_playlist(grafana: GrafanaServer, api: str, body: Json, version: str) -> Json:
    assert (body["kind"], body["apiVersion"]) == ("Playlist", f"{GROUP}/{api}"), "of the route's own kind"
    kept = {**body, "metadata": {**body["metadata"], "resourceVersion": version, "namespace": "default"}}
    grafana.playlists[body["metadata"]["name"]] = kept
    return kept


def _status(code: int) -> Json:
    """How routes under /apis tell an error."""
    return {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": "refused", "code": code}


def _search_accounts(grafana: GrafanaServer, found: "re.Match[str]", _: Any) -> Answer:
    there = [one for one in grafana.accounts if found[1] in one["name"]]
    return 200, {"totalCount": len(there), "serviceAccounts": there, "page": 1, "perPage": 1000}


def _create_account(grafana: GrafanaServer, _: "re.Match[str]", body: Json) -> Answer:
    grafana.accounts.append({**body, "id": len(grafana.accounts) + 1, "tokens": 0})
    return 201, grafana.accounts[-1]


def _change_account(grafana: GrafanaServer, found: "re.Match[str]", body: Json) -> Answer:
    there = grafana.accounts[int(found[1]) - 1]
    there.update(body)
    return 200, {"id": there["id"], "name": there["name"], "message": "updated", "serviceaccount": there}


def _create_token(grafana: GrafanaServer, found: "re.Match[str]", body: Json) -> Answer:
    there = grafana.accounts[int(found[1]) - 1]
    there["tokens"] += 1
    return 200, {"id": there["tokens"], "name": body["name"], "key": TOKEN}


def _annotate(grafana: GrafanaServer, _: "re.Match[str]", body: Json) -> Answer:
    if len(grafana.annotations) >= grafana.room:
        return 500, {"message": "overloaded"}
    grafana.annotations.append(body)
    return 200, {"id": len(grafana.annotations), "message": "Annotation added"}


GROUP = "playlist.grafana.app"
PLAYLISTS = r"/apis/playlist\.grafana\.app/(\w+)/namespaces/default/playlists"
ROUTES: tuple[tuple[str, str, Serve], ...] = (
    ("GET", r"/api/folders/([\w-]+)", lambda g, m, _: _kept(g.folders, m[1])),
    ("POST", r"/api/folders", _create_folder),
    ("PUT", r"/api/folders/([\w-]+)", _update_folder),
    ("GET", r"/api/datasources/uid/([\w-]+)", lambda g, m, _: _kept(g.data_sources, m[1])),
    ("POST", r"/api/datasources", _save_data_source),
    ("PUT", r"/api/datasources/uid/([\w-]+)", _save_data_source),
    ("GET", r"/api/dashboards/uid/([\w-]+)", lambda g, m, _: _kept(g.dashboards, m[1])),
    ("POST", r"/api/dashboards/db", _save_dashboard),
    ("GET", r"/apis/playlist\.grafana\.app/(\w+)/", _resources),
    ("GET", PLAYLISTS + r"/([\w-]+)", _playlist),
    ("POST", PLAYLISTS, _create_playlist),
    ("PUT", PLAYLISTS + r"/([\w-]+)", _update_playlist),
    ("GET", r"/api/serviceaccounts/search\?query=([\w-]+)", _search_accounts),
    ("POST", r"/api/serviceaccounts", _create_account),
    ("PATCH", r"/api/serviceaccounts/(\d+)", _change_account),
    ("POST", r"/api/serviceaccounts/(\d+)/tokens", _create_token),
    ("POST", r"/api/annotations", _annotate),
)


def _handler(grafana: GrafanaServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            text = self.rfile.read(int(self.headers.get("content-length", 0)))
            as_json = self.headers.get_content_type() == "application/json"
            # A body of another media type stays text, which is of no published type.
            body = (json.loads(text) if as_json else text.decode()) if text else None
            known = self.headers.get("authorization") == f"Bearer {TOKEN}"
            status, told = grafana.answer(self.command, self.path, body, known=known)
            answer = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_PUT = do_PATCH = _serve  # noqa: N815 - the library's names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has in the library
            """Silent: the test looks at what it holds."""

    return Handler
