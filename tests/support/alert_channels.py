"""Whom the test run's stack tells beside its webhook: a real SMTP server, a real Alertmanager with its own receiver."""

import json
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import yaml

from tests.support.alertmanager import Alertmanager
from tests.support.smtp_server import SmtpServer
from tests.support.webhook import WebhookReceiver

PUBLIC_URL = "https://chitieu.tinh.vn"
MAIL, MONITORING = "mail", "monitoring"
OFTEN = 3600
"""Messages an hour: the other tests of the run must not use up the limit that people have."""


class AlertChannels:
    """`file` is for CHITIEU_RECEIVERS: both get everything, at once and at all hours."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._told = WebhookReceiver()
        self._told.start()
        self._smtp = SmtpServer(folder / "smtp")
        self._alertmanager = Alertmanager(folder / "alertmanager", self._told.url)
        self.file = folder / "receivers.yaml"
        self.file.write_text(yaml.safe_dump({"public_url": PUBLIC_URL, "receivers": self._receivers()}))

    def start(self) -> None:
        """Returns when both are ready."""
        self._smtp.start()
        self._alertmanager.start()

    def stop(self) -> None:
        """Ends both."""
        self._smtp.stop()
        self._alertmanager.stop()
        self._told.stop()

    def mails(self, alert_id: str) -> list[EmailMessage]:
        """Those about an alert, oldest first; a digest is about several."""
        link = f"{PUBLIC_URL}/alerts/{alert_id.replace(':', '%3A')}\n"
        return [mail for mail in self._smtp.mails() if link in text_of(mail)]

    def standing(self, alert_id: str) -> list[dict[str, Any]]:
        """The alert as Alertmanager holds it: one while it is open, none afterwards."""
        return [one for one in self._alertmanager.alerts() if one["labels"]["alert_id"] == alert_id]

    def notices(self, alert_id: str) -> list[dict[str, Any]]:
        """What Alertmanager itself told its receiver about the alert, in order."""
        told = [one for delivery in self._told.deliveries for one in json.loads(delivery.body)["alerts"]]
        return [one for one in told if one["labels"]["alert_id"] == alert_id]

    def _receivers(self) -> dict[str, Any]:
        mail = {"kind": "email", "host": "127.0.0.1", "port": self._smtp.port, "security": "none"}
        people = {"working_time": False, "group_wait": "0s", "rate_per_hour": OFTEN, "everything": True}
        address = {"sender": "chitieu@tinh.vn", "to": ["xa@tinh.vn"]}
        monitoring = {"kind": "alertmanager", "url": self._alertmanager.url, "everything": True}
        return {MAIL: mail | people | address, MONITORING: monitoring}


def text_of(mail: EmailMessage) -> str:
    """Its plain text."""
    part = mail.get_body(("plain",))
    return str(part.get_content()) if part else ""
