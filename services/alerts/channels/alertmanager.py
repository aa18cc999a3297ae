"""Alertmanager's API v2: alerts are sent again while they are open, and their end is sent too.

Labels are identity only, since a changed label is another alert to Alertmanager and the old one would end by itself.
Severity, which an event may raise while the alert is open, is therefore an annotation.
"""

import asyncio
import json
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Literal

from pydantic import FilePath, HttpUrl, model_validator

from services.alerts.channels import DeliveryError, Options
from services.alerts.channels.http import Poster
from services.alerts.channels.webhook import secret_in
from services.alerts.grouping import Message
from services.alerts.metrics import DELIVERIES
from services.alerts.policy import Span
from services.alerts.state import OPEN
from services.alerts.store import Notification
from services.alerts.wording import alert_link

SOURCE = "chitieu"
"""Value of the label `source`: what Alertmanager's routes recognise our alerts by."""

LABELS = ("unit", "indicator", "figure", "period")


class AlertmanagerOptions(Options):
    """`url`: its root, without `/api/v2`. `ends_after`: it ends an alert that it has heard nothing of for so long.

    It lies mostly in the own network, so `allow_private` is set unless it is refused.
    """

    holds_open: ClassVar[bool] = True
    kind: Literal["alertmanager"]
    url: HttpUrl
    resend_every: Span = timedelta(minutes=1)
    ends_after: Span = timedelta(hours=1)
    username: str = ""
    password_file: FilePath | None = None
    allow_private: bool = True
    ca_file: FilePath | None = None

    @model_validator(mode="after")
    def _consistent(self) -> "AlertmanagerOptions":
        if self.ends_after < 2 * self.resend_every or not self.resend_every:
            raise ValueError(
                "ends_after must be at least twice resend_every, else open alerts end between two sendings"
            )
        if bool(self.username) != bool(self.password_file):
            raise ValueError("username and password_file belong together")
        return self


@dataclass
class AlertmanagerChannel:
    """Holds what is open at this receiver; `adopt` fills that after a take-over, `tend` keeps sending it."""

    name: str
    options: AlertmanagerOptions
    public_url: str = ""
    _open: dict[str, Notification] = field(default_factory=dict, init=False)
    _poster: Poster = field(init=False)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)
    """A repeat that is under way must not overtake the end of the same alert."""

    def __post_init__(self) -> None:
        given = self.options
        url = str(given.url).rstrip("/") + "/api/v2/alerts"
        self._poster = Poster(url, given.timeout, given.allow_private, given.ca_file)

    def adopt(self, standing: Sequence[Notification]) -> None:
        """What each receiver was told last of every open alert; what this one never had is left out."""
        mine = sorted((one for one in standing if self.name in one.receivers), key=lambda one: one.number)
        self._open = {key: one for key, one in {one.alert_id: one for one in mine}.items() if one.state in OPEN}

    async def deliver(self, message: Message, now: datetime) -> str:
        """Raises `DeliveryError`; then nothing is remembered, and the queue tries again."""
        async with self._turn:
            await self._send(message.newest, now)
            for one in message.newest:
                self._open.pop(one.alert_id, None)
                if one.state in OPEN:
                    self._open[one.alert_id] = one
        return ""

    async def tend(self, clock: Callable[[], datetime]) -> None:
        """For ever: sends what is open again. A failure is counted, and the next turn is the retry."""
        while True:
            try:
                async with self._turn:
                    await self._send(tuple(self._open.values()), clock())
            except DeliveryError:
                DELIVERIES.labels(self.name, "resend_failed").inc()
            await asyncio.sleep(self.options.resend_every.total_seconds())

    async def close(self) -> None:
        await self._poster.close()

    async def _send(self, notifications: Sequence[Notification], now: datetime) -> None:
        if not notifications:
            return
        shift = datetime.now(UTC) - now
        alerts = [self._alert(one, now, shift) for one in notifications]
        body = json.dumps(alerts, ensure_ascii=False).encode()
        await self._poster.post(body, {"content-type": "application/json", **self._authorization()}, now)

    def _alert(self, one: Notification, now: datetime, shift: timedelta) -> dict[str, Any]:
        """`shift`: Alertmanager knows the true time only, also when ours is moved for a demonstration."""
        ends = now + self.options.ends_after if one.state in OPEN else one.at
        link = alert_link(one, self.public_url)
        return {
            "labels": labels(one),
            "annotations": annotations(one),
            "startsAt": (one.at + shift).isoformat(),
            "endsAt": (ends + shift).isoformat(),
            **({"generatorURL": link} if link else {}),
        }

    def _authorization(self) -> dict[str, str]:
        if self.options.password_file is None:
            return {}
        try:
            pair = f"{self.options.username}:{secret_in(self.options.password_file)}"
        except OSError as error:
            raise DeliveryError("password_file cannot be read") from error
        return {"authorization": f"Basic {b64encode(pair.encode()).decode()}"}


def labels(one: Notification) -> dict[str, str]:
    """Identity: the same for the whole life of an alert."""
    given = {name: getattr(one, name) for name in LABELS if getattr(one, name)}
    return {"alertname": one.rule, "alert_id": one.alert_id, "source": SOURCE, **given}


def annotations(one: Notification) -> dict[str, str]:
    """What may change while it is open. Alertmanager takes text only and shows nothing for what is empty."""
    facts = one.evidence
    given = {
        "summary": one.sentence_vi,
        "severity": one.severity,
        "state": one.state,
        "change": one.change,
        "notification_id": one.id,
        "value": facts.get("percent"),
        "target": facts.get("target"),
    }
    return {name: str(value) for name, value in given.items() if value not in (None, "")}
