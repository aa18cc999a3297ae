"""Grafana's HTTP API through grafana-client, which lives in an environment of its own (decision 0012)."""

from types import TracebackType
from typing import Any, Self

from grafana_client import GrafanaApi
from grafana_client.client import GrafanaException

from deploy.grafana.settings import GrafanaSettings

TIMEOUT_SECONDS = 30
"""Saving a dashboard on a small machine takes a second or two; a proxy before it may hold on longer."""

NOT_FOUND = 404


class GrafanaError(Exception):
    """Grafana refused or did not answer; the text is one line for a person."""


class Grafana:
    """One Grafana, spoken to as one account. Blocking."""

    def __init__(self, settings: GrafanaSettings) -> None:
        address = settings.url
        self._client = GrafanaApi(
            _credential(settings),
            protocol=address.scheme,
            host=address.host,
            port=address.port,
            verify=str(settings.ca_file) if settings.ca_file else True,
            timeout=TIMEOUT_SECONDS,
        ).client
        # It puts `/api` before every path; playlists are beside it, at `/apis`.
        self._client.url = str(address).rstrip("/")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.s.close()

    def get(self, path: str) -> Any | None:
        """The answer, or None when there is no such thing. Raises GrafanaError."""
        try:
            return self._ask("GET", path, None)
        except GrafanaException as error:
            if error.status_code == NOT_FOUND:
                return None
            raise GrafanaError(f"GET {path}: {_told(error)}") from error

    def send(self, method: str, path: str, body: dict[str, Any]) -> Any:
        """The answer to a change. Raises GrafanaError, also when the thing to change is gone."""
        try:
            return self._ask(method, path, body)
        except GrafanaException as error:
            raise GrafanaError(f"{method} {path}: {_told(error)}") from error

    def _ask(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        try:
            return getattr(self._client, method)(path, json=body)
        except OSError as error:
            # What its HTTP library raises when nobody answers, or when the certificate is not trusted.
            raise GrafanaError(f"{method} {path}: {type(error).__name__}") from error


def _credential(settings: GrafanaSettings) -> str | tuple[str, str] | None:
    if settings.token_file:
        return settings.token_file.read_text().strip()
    if settings.user and settings.password_file:
        return settings.user, settings.password_file.read_text().strip()
    return None


def _told(error: GrafanaException) -> str:
    """Status and Grafana's message, on one line."""
    answer = error.response
    message = str(answer.get("message", "")) if isinstance(answer, dict) else ""
    return f"{error.status_code} {' '.join(message.split())[:200]}".strip()
