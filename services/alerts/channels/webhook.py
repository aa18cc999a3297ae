"""Webhook signed as Standard Webhooks (https://www.standardwebhooks.com): id, timestamp and HMAC over the body."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, FilePath, HttpUrl
from standardwebhooks import Webhook
from standardwebhooks.webhooks import EmptyWebhookSecretError

from services.alerts.channels import Options
from services.alerts.channels.http import SYSTEM, Network, Poster
from services.alerts.grouping import Message
from services.alerts.store import Notification
from shared.errors import StartError

STATES_TOLD = frozenset({"state", "released"})
"""Changes whose type is the state that they lead to; the others are named by what happened."""


class WebhookOptions(Options):
    """`secret_files`: the newest first; while a secret is exchanged both sign. `ca_file`: authorities of TLS, PEM."""

    kind: Literal["webhook"]
    url: HttpUrl
    secret_files: Annotated[tuple[FilePath, ...], Field(min_length=1, max_length=5)]
    allow_private: bool = False
    ca_file: FilePath | None = None


@dataclass
class WebhookChannel:
    """POSTs each message to one address."""

    name: str
    options: WebhookOptions
    network: Network = SYSTEM
    _poster: Poster = field(init=False)
    _signers: list[Webhook] = field(init=False)

    def __post_init__(self) -> None:
        given = self.options
        self._signers = [signer_of(self.name, file) for file in given.secret_files]
        self._poster = Poster(str(given.url), given.timeout, given.allow_private, given.ca_file, self.network)

    async def deliver(self, message: Message, now: datetime) -> str:
        """Raises `DeliveryError`."""
        body = json.dumps(payload(message, now), ensure_ascii=False)
        headers = {
            "content-type": "application/json",
            "webhook-id": message.id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(signer.sign(message.id, now, body) for signer in self._signers),
        }
        await self._poster.post(body.encode(), headers, now)
        return ""

    async def close(self) -> None:
        await self._poster.close()


def signer_of(name: str, file: Path) -> Webhook:
    """Raises StartError when the file holds no secret; `name` is the receiver's."""
    try:
        return Webhook(secret_in(file))
    except (OSError, ValueError, EmptyWebhookSecretError) as error:
        raise StartError(f"receiver {name}: {file.name} holds no secret of the form whsec_<base64>") from error


def secret_in(file: Path) -> str:
    """A secret is the file's only line."""
    return file.read_text().strip()


def payload(message: Message, now: datetime) -> dict[str, Any]:
    """The JSON body: type, timestamp and data, as the specification asks."""
    if len(message.notifications) == 1:
        (one,) = message.notifications
        return {"type": _type(one), "timestamp": one.at.isoformat(), "data": data_of(one)}
    changes = [data_of(one) for one in message.notifications]
    return {"type": "alert.digest", "timestamp": now.isoformat(), "data": {"changes": changes}}


def data_of(notification: Notification) -> dict[str, Any]:
    """One change as a receiver reads it; `number` orders the changes of an alert, `id` tells a repeat."""
    return {
        "id": notification.id,
        "alert_id": notification.alert_id,
        "number": notification.number,
        "rule": notification.rule,
        "unit": notification.unit,
        "indicator": notification.indicator,
        "figure": notification.figure,
        "period": notification.period,
        "change": notification.change,
        "from_state": notification.from_state,
        "state": notification.state,
        "reason": notification.reason,
        "severity": notification.severity,
        "at": notification.at.isoformat(),
        "sentence_vi": notification.sentence_vi,
        "by": notification.by,
        "note": notification.note,
        "evidence": notification.evidence,
    }


def _type(notification: Notification) -> str:
    change = notification.change
    return f"alert.{notification.state if change in STATES_TOLD else change}"
