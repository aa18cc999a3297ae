"""Posts events in batches to ingest, and tries again where the answer says that this is safe."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import httpx
import msgspec

from services.ingest.sending.rows import Event
from shared.errors import RetryableError, StartError

BATCH_EVENTS = 500
TRIES = 8
"""With the waits below about two minutes: longer than a restart of everything."""

MAX_WAIT_SECONDS = 30.0
REQUEST_TIMEOUT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Refusal:
    """What ingest said about one event: the token and the field."""

    reason: str
    pointer: str


class EventClient:
    """Sends as one key; `dry_run` only has the events checked."""

    def __init__(self, url: str, key: str, *, dry_run: bool) -> None:
        self._path = "/v1/events?dry_run=1" if dry_run else "/v1/events"
        self._http = httpx.Client(
            base_url=url,
            timeout=REQUEST_TIMEOUT_SECONDS,
            headers={"authorization": f"Bearer {key}", "content-type": "application/cloudevents-batch+json"},
        )

    def close(self) -> None:
        """Closes the connection."""
        self._http.close()

    def send(self, events: Sequence[Event]) -> list[Refusal | None]:
        """One result per event, None for accepted. Raises `StartError` when the whole request is refused for good,
        `RetryableError` when ingest stays away."""
        body, cause = msgspec.json.encode(events), ""
        for attempt in range(TRIES):
            try:
                answer = self._http.post(self._path, content=body)
            except httpx.TransportError as error:
                cause, wait = type(error).__name__, 2.0**attempt / 4
            else:
                if answer.status_code in {202, 422}:
                    return [_result(one) for one in answer.json()["results"]]
                if answer.status_code not in {408, 429, 500, 502, 503, 504}:
                    raise StartError(f"{answer.status_code}: {_detail(answer)}")
                cause, wait = f"{answer.status_code}: {_detail(answer)}", _retry_after(answer)
            if attempt + 1 < TRIES:
                time.sleep(min(wait, MAX_WAIT_SECONDS))
        raise RetryableError(f"Không gửi được sau {TRIES} lần ({cause}). Gửi lại tệp này không bị đếm hai lần.")


def _result(result: dict[str, str]) -> Refusal | None:
    return None if result["status"] == "accepted" else Refusal(result["reason"], result["pointer"])


def _retry_after(answer: httpx.Response) -> float:
    text = answer.headers.get("retry-after", "1")
    return float(text) if text.isdigit() else 1.0


def _detail(answer: httpx.Response) -> str:
    try:
        detail: str = answer.json()["detail"]
    except (ValueError, KeyError, TypeError):
        return answer.reason_phrase
    return detail
