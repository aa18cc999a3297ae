"""What has to be done so that a Grafana is as wanted: from what is there to one request per thing (pure)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from deploy.grafana.files import Json

Action = Literal["keep", "create", "update", "leave"]


@dataclass(frozen=True, slots=True)
class Request:
    """One call of Grafana's HTTP API."""

    method: str
    path: str
    body: Json


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of one thing; `differences` are for people, `request` does it. `leave`: it is not ours to change."""

    thing: str
    action: Action
    differences: tuple[str, ...] = ()
    request: Request | None = None


def differences(there: Any, wanted: Any, path: str = "") -> Iterator[str]:
    """Places where what is there is not as wanted. What Grafana adds by itself is no difference."""
    if isinstance(wanted, Mapping) and isinstance(there, Mapping):
        for key, value in wanted.items():
            yield from differences(there.get(key), value, f"{path}.{key}" if path else str(key))
    elif isinstance(wanted, list) and isinstance(there, list) and len(wanted) == len(there):
        for number, (mine, theirs) in enumerate(zip(wanted, there, strict=True)):
            yield from differences(theirs, mine, f"{path}[{number}]")
    elif there != wanted:
        yield f"{path}: {_short(there)} → {_short(wanted)}"


def _short(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 80 else f"{text[:77]}..."


def _step(thing: str, there: Json | None, wanted: Json, create: Request, update: Request) -> Step:
    if there is None:
        return Step(thing, "create", request=create)
    found = tuple(differences(there, wanted))
    return Step(thing, "update", found, update) if found else Step(thing, "keep")


def folder(there: Json | None, wanted: Json) -> Step:
    """`wanted`: uid and title."""
    path = f"/api/folders/{wanted['uid']}"
    change = Request("PUT", path, {"title": wanted["title"], "overwrite": True})
    return _step(f"folder {wanted['uid']}", there, wanted, Request("POST", "/api/folders", wanted), change)


def data_source(there: Json | None, wanted: Json, secrets: Mapping[str, str], *, renew: bool = False) -> Step:
    """Secrets cannot be read back: they are sent when they are missing, with any other change, or to `renew` them."""
    thing, path = f"data source {wanted['uid']}", f"/api/datasources/uid/{wanted['uid']}"
    body = {**wanted, "secureJsonData": dict(secrets)} if secrets else wanted
    if there is not None and there.get("readOnly"):
        return Step(thing, "leave", ("provisioned from a file",))
    step = _step(thing, there, wanted, Request("POST", "/api/datasources", body), Request("PUT", path, body))
    kept = (there or {}).get("secureJsonFields", {})
    missing = [name for name in secrets if renew or not kept.get(name)]
    if step.action != "keep" or not missing:
        return step
    return Step(thing, "update", tuple(f"{name}: sent again" for name in missing), Request("PUT", path, body))


def dashboard(there: Json | None, wanted: Json, folder_uid: str) -> Step:
    """`there` is the answer by uid: the dashboard and what Grafana knows about it."""
    thing = f"dashboard {wanted['uid']}"
    if there is not None and there["meta"].get("provisioned"):
        return Step(thing, "leave", ("provisioned from a file",))
    body = {
        "dashboard": {**wanted, "id": None},
        "folderUid": folder_uid,
        "overwrite": True,
        "message": "deploy.grafana",
    }
    save = Request("POST", "/api/dashboards/db", body)
    now = None if there is None else {"dashboard": there["dashboard"], "folder": there["meta"].get("folderUid", "")}
    return _step(thing, now, {"dashboard": wanted, "folder": folder_uid}, save, save)


def playlist(there: Json | None, wanted: Json, path: str) -> Step:
    """`path`: of all playlists. A change names the version that it was read at, as the `/apis` routes ask."""
    name = wanted["metadata"]["name"]
    marked = {**wanted["metadata"], "resourceVersion": (there or {}).get("metadata", {}).get("resourceVersion", "")}
    change = Request("PUT", f"{path}/{name}", {**wanted, "metadata": marked})
    told = {"spec": wanted["spec"]}
    return _step(f"playlist {name}", there, told, Request("POST", path, wanted), change)


def account(there: Json | None, wanted: Json) -> Step:
    """A service account by name; its token is not part of it."""
    path = f"/api/serviceaccounts/{(there or {}).get('id', '')}"
    create = Request("POST", "/api/serviceaccounts", wanted)
    return _step(f"service account {wanted['name']}", there, wanted, create, Request("PATCH", path, wanted))
