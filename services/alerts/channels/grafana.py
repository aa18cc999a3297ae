"""Annotations in Grafana: every change of an alert is a mark on the charts, found by the tag `chitieu`.

An annotation has no id that a sender could choose, so a repeat after an answer that was lost stands there twice, at the
same moment with the same words.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from typing import Any, Literal

from pydantic import FilePath, HttpUrl

from services.alerts.channels import DeliveryError, Options
from services.alerts.channels.http import Poster
from services.alerts.channels.webhook import secret_in
from services.alerts.grouping import Message
from services.alerts.store import Notification
from services.alerts.wording import SEVERITIES_VI, alert_link, heading_vi, one_line

TAG = "chitieu"


class GrafanaOptions(Options):
    """`url`: its root, without `/api`. `token_file`: token of a service account that may write annotations."""

    kind: Literal["grafana"]
    url: HttpUrl
    token_file: FilePath
    allow_private: bool = True
    ca_file: FilePath | None = None


@dataclass
class GrafanaChannel:
    """Writes one annotation per change; a message that failed half way goes on where it stopped."""

    name: str
    options: GrafanaOptions
    public_url: str = ""
    _written: set[str] = field(default_factory=set, init=False)
    _poster: Poster = field(init=False)

    def __post_init__(self) -> None:
        given = self.options
        url = str(given.url).rstrip("/") + "/api/annotations"
        self._poster = Poster(url, given.timeout, given.allow_private, given.ca_file)

    async def deliver(self, message: Message, now: datetime) -> str:
        """Raises `DeliveryError`."""
        headers = {"content-type": "application/json", "authorization": f"Bearer {self._token()}"}
        for one in message.notifications:
            if one.id not in self._written:
                body = json.dumps(annotation(one, self.public_url), ensure_ascii=False).encode()
                await self._poster.post(body, headers, now)
                self._written.add(one.id)
        self._written.difference_update(one.id for one in message.notifications)
        return ""

    async def close(self) -> None:
        await self._poster.close()

    def _token(self) -> str:
        """Read each time, so that a new one needs no restart."""
        try:
            return secret_in(self.options.token_file)
        except OSError as error:
            raise DeliveryError("token_file cannot be read") from error


def annotation(one: Notification, public_url: str) -> dict[str, Any]:
    """The request's body; the text is HTML."""
    link = alert_link(one, public_url)
    said = escape(f"{heading_vi(one)} ({SEVERITIES_VI[one.severity]}): {one_line(one.sentence_vi)}")
    more = f' <a href="{escape(link)}">Chứng cứ và xử lý</a>' if link else ""
    tags = [TAG, one.rule, one.severity, one.state, one.indicator, one.unit]
    return {"time": int(one.at.timestamp() * 1000), "tags": [tag for tag in tags if tag], "text": said + more}
