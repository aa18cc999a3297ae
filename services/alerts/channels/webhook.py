"""Webhook signed as Standard Webhooks (https://www.standardwebhooks.com): id, timestamp and HMAC over the body."""

import json
from datetime import datetime
from typing import Any

import httpx
from standardwebhooks import Webhook

from services.alerts.channels import DeliveryError
from services.alerts.store import Notification

TIMEOUT_SECONDS = 10.0
"""A receiver that is slower than this holds up only its own queue; the specification suggests 15–30 s at most."""

GONE = 410
"""The receiver asks never to be called again."""


class WebhookChannel:
    """POSTs each notification to one address; redirects are not followed."""

    def __init__(self, url: str, secret: str, name: str = "webhook") -> None:
        self.name = name
        self._url = url
        self._signer = Webhook(secret)
        self._client = httpx.AsyncClient(timeout=TIMEOUT_SECONDS, follow_redirects=False)

    async def deliver(self, notification: Notification, now: datetime) -> None:
        """Raises `DeliveryError`; only 2xx is an acknowledgement."""
        body = json.dumps(payload(notification), ensure_ascii=False)
        try:
            response = await self._client.post(self._url, content=body, headers=self._headers(notification, now, body))
        except httpx.HTTPError as error:
            raise DeliveryError(type(error).__name__) from error
        if not response.is_success:
            raise DeliveryError(
                f"HTTP {response.status_code}",
                permanent=response.status_code == GONE,
                retry_after_seconds=retry_after_seconds(response.headers.get("retry-after")),
            )

    async def close(self) -> None:
        await self._client.aclose()

    def _headers(self, notification: Notification, now: datetime, body: str) -> dict[str, str]:
        return {
            "content-type": "application/json",
            "webhook-id": notification.id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._signer.sign(notification.id, now, body),
        }


def payload(notification: Notification) -> dict[str, Any]:
    """The webhook's JSON body: type, timestamp and data, as the specification asks."""
    return {
        "type": f"alert.{notification.state}",
        "timestamp": notification.at.isoformat(),
        "data": {
            "alert_id": notification.alert_id,
            "number": notification.number,
            "state": notification.state,
            "severity": notification.severity,
            "sentence_vi": notification.sentence_vi,
            "evidence": notification.evidence,
        },
    }


def retry_after_seconds(header: str | None) -> float | None:
    """The delta-seconds form of Retry-After; a date or nonsense counts as none."""
    return float(header) if header and header.isdigit() else None
