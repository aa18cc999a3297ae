"""Brings an existing Grafana to what is wanted; looking and changing are apart, so that a dry run is the same run."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from deploy.grafana import plan, wanted
from deploy.grafana.client import Grafana, GrafanaError
from deploy.grafana.files import Json, committed
from deploy.grafana.plan import Step
from deploy.grafana.settings import GrafanaSettings

PLAYLISTS = "/apis/playlist.grafana.app"
PLAYLIST_VERSIONS = ("v1", "v0alpha1")
"""Published with the same shape; an older Grafana knows the second alone."""

SECRET_MODE = 0o600


@dataclass(frozen=True)
class Sync:
    """`parts` of `wanted.PARTS`; `renew`: secrets are sent again."""

    grafana: Grafana
    settings: GrafanaSettings
    parts: tuple[str, ...] = wanted.PARTS
    renew: bool = False

    def steps(self) -> Iterator[Step]:
        """One at a time, each looked at when it is its turn: a dashboard needs its folder. Raises GrafanaError."""
        looks = {
            "folder": self._folder,
            "datasources": self._data_sources,
            "dashboards": self._dashboards,
            "playlist": self._playlist,
            "account": self._account,
        }
        for part in self.parts:
            yield from looks[part]()

    def apply(self, step: Step) -> None:
        """Does it. Raises GrafanaError."""
        if step.request is not None:
            self.grafana.send(step.request.method, step.request.path, step.request.body)

    def _folder(self) -> Iterator[Step]:
        yield plan.folder(self.grafana.get(f"/api/folders/{wanted.FOLDER['uid']}"), wanted.FOLDER)

    def _data_sources(self) -> Iterator[Step]:
        file = self.settings.clickhouse_password_file
        secrets = {"password": file.read_text().strip()} if file else {}
        for one, hidden in ((wanted.clickhouse(self.settings), secrets), (wanted.prometheus(self.settings), {})):
            there = self.grafana.get(f"/api/datasources/uid/{one['uid']}")
            yield plan.data_source(there, one, hidden, renew=self.renew)

    def _dashboards(self) -> Iterator[Step]:
        for uid, one in committed(str(self.settings.public_url)).items():
            yield plan.dashboard(self.grafana.get(f"/api/dashboards/uid/{uid}"), one, wanted.FOLDER["uid"])

    def _playlist(self) -> Iterator[Step]:
        known = (one for one in PLAYLIST_VERSIONS if self.grafana.get(f"{PLAYLISTS}/{one}/") is not None)
        version = next(known, None)
        if version is None:
            raise GrafanaError(
                f"{PLAYLISTS}: neither {' nor '.join(PLAYLIST_VERSIONS)}; is this Grafana older than 12?"
            )
        path = f"{PLAYLISTS}/{version}/namespaces/{self.settings.namespace}/playlists"
        one = {"kind": "Playlist", "apiVersion": f"playlist.grafana.app/{version}", **wanted.PLAYLIST}
        yield plan.playlist(self.grafana.get(f"{path}/{wanted.PLAYLIST['metadata']['name']}"), one, path)

    def _account(self) -> Iterator[Step]:
        yield plan.account(self._found_account(), wanted.ALERTS_ACCOUNT)

    def _found_account(self) -> Json | None:
        name = wanted.ALERTS_ACCOUNT["name"]
        found = self.grafana.get(f"/api/serviceaccounts/search?query={quote(str(name))}")
        accounts: list[Json] = (found or {}).get("serviceAccounts", [])
        return next((one for one in accounts if one["name"] == name), None)

    def token_wanted(self) -> Path | None:
        """The file that has no token yet."""
        file = self.settings.alerts_token_file
        return file if "account" in self.parts and file is not None and not file.exists() else None

    def write_token(self, file: Path) -> None:
        """A new token of the alerts' account, readable by its owner alone. Raises GrafanaError."""
        account = self._found_account()
        if account is None:
            raise GrafanaError(f"no service account {wanted.ALERTS_ACCOUNT['name']}")
        made = self.grafana.send(
            "POST", f"/api/serviceaccounts/{account['id']}/tokens", {"name": f"chitieu-{os.getpid()}"}
        )
        file.touch(mode=SECRET_MODE)
        file.write_text(f"{made['key']}\n")
