"""Every kind of receiver: its options and its channel."""

from typing import Annotated, assert_never

from pydantic import Field

from services.alerts.channels import Channel
from services.alerts.channels.alertmanager import AlertmanagerChannel, AlertmanagerOptions
from services.alerts.channels.chat import ChatChannel, ChatOptions
from services.alerts.channels.email import EmailChannel, EmailOptions
from services.alerts.channels.grafana import GrafanaChannel, GrafanaOptions
from services.alerts.channels.webhook import WebhookChannel, WebhookOptions

AnyOptions = Annotated[
    WebhookOptions | AlertmanagerOptions | EmailOptions | ChatOptions | GrafanaOptions,
    Field(discriminator="kind"),
]


def open_channel(name: str, options: AnyOptions, public_url: str = "") -> Channel:
    """Connects to nothing yet. Raises StartError when a secret cannot be used."""
    match options:
        case WebhookOptions():
            return WebhookChannel(name, options)
        case AlertmanagerOptions():
            return AlertmanagerChannel(name, options, public_url)
        case EmailOptions():
            return EmailChannel(name, options, public_url)
        case ChatOptions():
            return ChatChannel(name, options, public_url)
        case GrafanaOptions():
            return GrafanaChannel(name, options, public_url)
        case _:
            assert_never(options)
