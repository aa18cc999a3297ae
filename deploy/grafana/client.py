"""Grafana's HTTP API: as much of it as the wallboards need, on httpx.

Not grafana-client: it brings urllib3-future, which overwrites the urllib3 of whoever is installed beside it, and it
knows neither playlists nor the `/apis` routes (decision 0012).
"""

from types import TracebackType
from typing import Any, Self

import httpx

from deploy.grafana.settings import GrafanaSettings

TIMEOUT_SECONDS = 30
"""Saving a dashboard on a small machine takes a second or two; a proxy before it may hold on longer."""


class GrafanaError(Exception):
    """Grafana refused or did not answer; the text is one line for a person."""

    def __init__(self, text: str, status: int = 0) -> None:
        super().__init__(text)
        self.status = status


class Grafana:
    """One Grafana, spoken to as one account. Blocking."""

    def __init__(self, settings: GrafanaSettings) -> None:
        token = settings.token_file.read_text().strip() if settings.token_file else ""
        password = settings.password_file.read_text().strip() if settings.password_file else ""
        self._client = httpx.Client(
            base_url=str(settings.url),
            headers={"Authorization": f"Bearer {token}"} if token else {},
            auth=(settings.user, password) if settings.user else None,
            verify=str(settings.ca_file) if settings.ca_file else True,
            timeout=TIMEOUT_SECONDS,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def get(self, path: str) -> Any | None:
        """The answer, or None when there is no such thing. Raises GrafanaError."""
        return self._ask("GET", path, None)

    def send(self, method: str, path: str, body: dict[str, Any]) -> Any:
        """The answer to a change. Raises GrafanaError, also when the thing to change is gone."""
        found = self._ask(method, path, body)
        if found is None:
            raise GrafanaError(f"{method} {path}: 404", 404)
        return found

    def _ask(self, method: str, path: str, body: dict[str, Any] | None) -> Any | None:
        try:
            answer = self._client.request(method, path.lstrip("/"), json=body)
        except httpx.HTTPError as error:
            raise GrafanaError(f"{method} {path}: {type(error).__name__}") from error
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        if answer.is_success:
            return answer.json()
        raise GrafanaError(f"{method} {path}: {answer.status_code} {_message(answer)}".strip(), answer.status_code)


def _message(answer: httpx.Response) -> str:
    try:
        told = answer.json()
    except ValueError:
        return ""
    return " ".join(str(told.get("message", "")).split())[:200] if isinstance(told, dict) else ""
