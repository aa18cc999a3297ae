"""Grafana's HTTP API as its published OpenAPI describes the routes that we use: a body of another shape is refused.

It keeps what it is given, adds what Grafana adds by itself, and asks for a known token. Each model here is the request
body of a route, with the fields that the specification requires of it.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

TOKEN = "a-token-of-the-test"
Json = dict[str, Any]
Answer = tuple[int, Any]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class CreateFolder(Body):
    title: str
    uid: str = ""
    parentUid: str = ""  # noqa: N815 - the API's name


class UpdateFolder(Body):
    title: str
    version: int = 0
    overwrite: bool = False


class DataSource(Body):
    name: str
    type: str
    access: Literal["proxy", "direct"]
    uid: str = ""
    url: str = ""
    isDefault: bool = False  # noqa: N815
    jsonData: Json = Field(default_factory=dict)  # noqa: N815
    secureJsonData: dict[str, str] = Field(default_factory=dict)  # noqa: N815


class SaveDashboard(Body):
    dashboard: Json
    folderUid: str = ""  # noqa: N815
    overwrite: bool = False
    message: str = ""


class PlaylistItem(Body):
    type: Literal["dashboard_by_uid", "dashboard_by_tag"]
    value: str


class PlaylistSpec(Body):
    title: str
    interval: str = Field(pattern=r"^\d+[smh]$")
    items: list[PlaylistItem]


class PlaylistMetadata(Body):
    name: str = Field(pattern=r"^[a-z0-9-]{1,63}$")
    resourceVersion: str = ""  # noqa: N815


class Playlist(Body):
    kind: Literal["Playlist"]
    apiVersion: Literal["playlist.grafana.app/v1"]  # noqa: N815
    metadata: PlaylistMetadata
    spec: PlaylistSpec


class ServiceAccount(Body):
    name: str
    role: Literal["None", "Viewer", "Editor", "Admin"]
    isDisabled: bool = False  # noqa: N815


class Token(Body):
    name: str
    secondsToLive: int = 0  # noqa: N815


class Annotation(Body):
    text: str
    time: int = Field(gt=10**12, description="milliseconds since 1970")
    timeEnd: int = 0  # noqa: N815
    tags: list[str] = Field(default_factory=list)
    dashboardUID: str = ""  # noqa: N815
    panelId: int = 0  # noqa: N815


@dataclass
class GrafanaServer:
    """`url`; what it holds; `changes`: (method, path) of every request that changed something, in order.

    `refuse`: status of every answer. `room`: annotations that it takes before it is overloaded.
    """

    folders: dict[str, Json] = field(default_factory=dict)
    data_sources: dict[str, Json] = field(default_factory=dict)
    dashboards: dict[str, Json] = field(default_factory=dict)
    playlists: dict[str, Json] = field(default_factory=dict)
    accounts: list[Json] = field(default_factory=list)
    annotations: list[Json] = field(default_factory=list)
    changes: list[tuple[str, str]] = field(default_factory=list)
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

    def answer(self, method: str, path: str, body: Any) -> Answer:
        """One request; 404 for a route that the specification does not have."""
        for route_method, pattern, serve in ROUTES:
            found = re.fullmatch(pattern, path)
            if route_method == method and found:
                try:
                    status, told = serve(self, found, body)
                except ValidationError as error:
                    return 400, {"message": f"bad request data: {error.error_count()} faults"}
                if method != "GET" and status < 300:
                    self.changes.append((method, path))
                return status, told
        return 404, {"message": "Not found"}


Serve = Callable[[GrafanaServer, "re.Match[str]", Any], Answer]


def _kept(things: dict[str, Json], key: str) -> Answer:
    return (200, things[key]) if key in things else (404, {"message": "not found"})


def _create_folder(grafana: GrafanaServer, _: "re.Match[str]", body: Any) -> Answer:
    given = CreateFolder.model_validate(body)
    if given.uid in grafana.folders:
        return 409, {"message": "a folder with that uid already exists"}
    grafana.folders[given.uid] = {"id": 1, "uid": given.uid, "title": given.title, "version": 1, "parentUid": ""}
    return 200, grafana.folders[given.uid]


def _update_folder(grafana: GrafanaServer, found: "re.Match[str]", body: Any) -> Answer:
    given = UpdateFolder.model_validate(body)
    there = grafana.folders[found[1]]
    if not given.overwrite and given.version != there["version"]:
        return 412, {"message": "the folder has been changed by someone else"}
    there.update(title=given.title, version=there["version"] + 1)
    return 200, there


def _save_data_source(grafana: GrafanaServer, found: "re.Match[str]", body: Any) -> Answer:
    given = DataSource.model_validate(body)
    uid = found[1] if found.re.groups else given.uid
    if not found.re.groups and uid in grafana.data_sources:
        return 409, {"message": "data source with the same uid already exists"}
    told = given.model_dump(exclude={"secureJsonData"})
    fields = dict.fromkeys(given.secureJsonData, True)
    grafana.data_sources[uid] = {**told, "id": 1, "orgId": 1, "readOnly": False, "secureJsonFields": fields}
    return 200, {"id": 1, "name": given.name, "message": "saved", "datasource": grafana.data_sources[uid]}


def _save_dashboard(grafana: GrafanaServer, _: "re.Match[str]", body: Any) -> Answer:
    given = SaveDashboard.model_validate(body)
    uid = given.dashboard["uid"]
    if given.folderUid not in grafana.folders:
        return 400, {"message": "folder not found"}
    there = grafana.dashboards.get(uid)
    if there is not None and not given.overwrite:
        return 412, {"status": "version-mismatch", "message": "The dashboard has been changed by someone else"}
    version = 1 if there is None else there["dashboard"]["version"] + 1
    saved = {**given.dashboard, "id": 7, "version": version}
    meta = {"folderUid": given.folderUid, "provisioned": False, "version": version}
    grafana.dashboards[uid] = {"dashboard": saved, "meta": meta}
    return 200, {"id": 7, "uid": uid, "status": "success", "version": version, "slug": uid, "url": f"/d/{uid}"}


def _create_playlist(grafana: GrafanaServer, _: "re.Match[str]", body: Any) -> Answer:
    given = Playlist.model_validate(body)
    if given.metadata.name in grafana.playlists:
        return 409, {"message": "already exists"}
    return 201, _keep_playlist(grafana, given, "1")


def _update_playlist(grafana: GrafanaServer, found: "re.Match[str]", body: Any) -> Answer:
    given = Playlist.model_validate(body)
    there = grafana.playlists[found[1]]["metadata"]["resourceVersion"]
    if given.metadata.resourceVersion != there:
        return 409, {"message": "the object has been modified"}
    return 200, _keep_playlist(grafana, given, str(int(there) + 1))


def _keep_playlist(grafana: GrafanaServer, given: Playlist, version: str) -> Json:
    kept = given.model_dump()
    kept["metadata"] |= {"resourceVersion": version, "namespace": "default"}
    grafana.playlists[given.metadata.name] = kept
    return kept


def _search_accounts(grafana: GrafanaServer, found: "re.Match[str]", _: Any) -> Answer:
    there = [one for one in grafana.accounts if found[1] in one["name"]]
    return 200, {"totalCount": len(there), "serviceAccounts": there, "page": 1, "perPage": 1000}


def _create_account(grafana: GrafanaServer, _: "re.Match[str]", body: Any) -> Answer:
    given = ServiceAccount.model_validate(body)
    grafana.accounts.append({**given.model_dump(), "id": len(grafana.accounts) + 1, "tokens": 0})
    return 201, grafana.accounts[-1]


def _change_account(grafana: GrafanaServer, found: "re.Match[str]", body: Any) -> Answer:
    there = grafana.accounts[int(found[1]) - 1]
    there.update(ServiceAccount.model_validate(body).model_dump())
    return 200, there


def _create_token(grafana: GrafanaServer, found: "re.Match[str]", body: Any) -> Answer:
    there = grafana.accounts[int(found[1]) - 1]
    there["tokens"] += 1
    return 200, {"id": there["tokens"], "name": Token.model_validate(body).name, "key": TOKEN}


def _annotate(grafana: GrafanaServer, _: "re.Match[str]", body: Any) -> Answer:
    if len(grafana.annotations) >= grafana.room:
        return 503, {"message": "overloaded"}
    grafana.annotations.append(Annotation.model_validate(body).model_dump())
    return 200, {"id": len(grafana.annotations), "message": "Annotation added"}


PLAYLISTS = "/apis/playlist.grafana.app/v1/namespaces/default/playlists"
GROUP = {"kind": "APIGroup", "name": "playlist.grafana.app", "preferredVersion": {"version": "v1"}}
ROUTES: tuple[tuple[str, str, Serve], ...] = (
    ("GET", r"/api/folders/([\w-]+)", lambda g, m, _: _kept(g.folders, m[1])),
    ("POST", r"/api/folders", _create_folder),
    ("PUT", r"/api/folders/([\w-]+)", _update_folder),
    ("GET", r"/api/datasources/uid/([\w-]+)", lambda g, m, _: _kept(g.data_sources, m[1])),
    ("POST", r"/api/datasources", _save_data_source),
    ("PUT", r"/api/datasources/uid/([\w-]+)", _save_data_source),
    ("GET", r"/api/dashboards/uid/([\w-]+)", lambda g, m, _: _kept(g.dashboards, m[1])),
    ("POST", r"/api/dashboards/db", _save_dashboard),
    ("GET", r"/apis/playlist\.grafana\.app", lambda _g, _m, _b: (200, GROUP)),
    ("GET", PLAYLISTS.replace(".", r"\.") + r"/([\w-]+)", lambda g, m, _: _kept(g.playlists, m[1])),
    ("POST", PLAYLISTS.replace(".", r"\."), _create_playlist),
    ("PUT", PLAYLISTS.replace(".", r"\.") + r"/([\w-]+)", _update_playlist),
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
            status, told = 401, {"message": "Unauthorized"}
            if self.headers.get("authorization") == f"Bearer {TOKEN}":
                body = json.loads(text) if text else None
                status, told = (grafana.refuse, {"message": "refused"}) if grafana.refuse else self._ask(body)
            answer = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def _ask(self, body: Any) -> Answer:
            return grafana.answer(self.command, self.path, body)

        do_GET = do_POST = do_PUT = do_PATCH = _serve  # noqa: N815 - the library's names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has in the library
            """Silent: the test looks at what it holds."""

    return Handler
