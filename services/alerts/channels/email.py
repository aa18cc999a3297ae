"""E-mail over SMTP: text and HTML, one message per group, threaded by alert."""

import hashlib
import ssl
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from html import escape
from string import Template
from typing import Annotated, Literal

import aiosmtplib
from pydantic import AfterValidator, Field, FilePath, model_validator

from services.alerts.channels import DeliveryError, PeoplesOptions
from services.alerts.channels.tls import tls_context
from services.alerts.channels.webhook import secret_in
from services.alerts.grouping import Message
from services.alerts.wording import Entry, entries_vi, paragraph, title_vi
from shared.settings import Port

PERMANENT = 500
"""SMTP replies from here on mean that the same message will be refused again."""

PAGE = Template("""<!doctype html><html lang="vi"><body style="font-family:sans-serif">
<p><b>$title</b></p>
$entries
<p style="color:#555">Thư tự động của hệ thống Chỉ tiêu; xin không trả lời thư này.</p>
</body></html>
""")
ENTRY = Template("""<div style="margin:0 0 1em;padding-left:.8em;border-left:4px solid #b33">
<div><b>$heading</b> ($meta)</div><div>$sentence</div>$before$link</div>
""")


def _address(value: str) -> str:
    """A plain address; it is written into headers, so that nothing else may stand there."""
    if not parseaddr(value)[1] == value or value.count("@") != 1 or not value.isascii() or value != value.strip():
        raise ValueError(f"{value!r} is not an address such as van-phong@tinh.vn")
    return value


Address = Annotated[str, AfterValidator(_address)]


class EmailOptions(PeoplesOptions):
    """`security`: how the connection is encrypted. `ca_file`: authorities of the server's certificate, PEM."""

    kind: Literal["email"]
    host: str
    port: Port = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    password_file: FilePath | None = None
    ca_file: FilePath | None = None
    sender: Address
    to: Annotated[tuple[Address, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _consistent(self) -> "EmailOptions":
        if bool(self.username) != bool(self.password_file):
            raise ValueError("username and password_file belong together")
        if self.username and self.security == "none":
            raise ValueError("a password is never sent over a connection that is not encrypted")
        return self


@dataclass
class EmailChannel:
    """One connection per message: alerts are rare, and servers end idle ones."""

    name: str
    options: EmailOptions
    public_url: str = ""
    _tls: ssl.SSLContext | None = field(init=False)

    def __post_init__(self) -> None:
        given = self.options
        self._tls = None if given.security == "none" else tls_context(given.ca_file)

    async def deliver(self, message: Message, now: datetime) -> str:
        """Raises `DeliveryError` when nobody gets it; says how many addresses were refused."""
        given = self.options
        try:
            refused, _ = await aiosmtplib.send(
                composed(message, given, self.public_url, now),
                sender=given.sender,
                recipients=list(given.to),
                hostname=given.host,
                port=given.port,
                use_tls=given.security == "tls",
                start_tls=given.security == "starttls",
                tls_context=self._tls,
                username=given.username or None,
                password=secret_in(given.password_file) if given.password_file else None,
                timeout=given.timeout.total_seconds(),
            )
        except (aiosmtplib.SMTPException, OSError) as error:
            raise DeliveryError(_reason(error), refused=_is_refusal(error)) from error
        return f"{len(refused)} of {len(given.to)} addresses refused" if refused else ""

    async def close(self) -> None:
        """Nothing stays open."""


def composed(message: Message, options: EmailOptions, public_url: str, now: datetime) -> EmailMessage:
    """The message with its ids: a repeat has the same, so that a mailbox shows it once; alerts are threaded."""
    domain = options.sender.rpartition("@")[2]
    entries = entries_vi(message, public_url)
    mail = EmailMessage()
    mail["Subject"] = title_vi(message)
    mail["From"] = options.sender
    mail["To"] = ", ".join(options.to)
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = _mail_id(message.id, domain)
    threads = [_mail_id(f"alert {one.alert_id}", domain) for one in message.newest]
    mail["References"] = " ".join(threads)
    if len(threads) == 1:
        mail["In-Reply-To"] = threads[0]
    mail["Auto-Submitted"] = "auto-generated"
    if any(one.severity == "critical" for one in message.newest):
        mail["Importance"] = "high"
    mail.set_content("\n\n".join(paragraph(entry) for entry in entries) + "\n")
    mail.add_alternative(_page(title_vi(message), entries), subtype="html")
    return mail


def _mail_id(identity: str, domain: str) -> str:
    return f"<{hashlib.sha256(identity.encode()).hexdigest()[:32]}@{domain}>"


def _page(title: str, entries: list[Entry]) -> str:
    return PAGE.substitute(title=escape(title), entries="".join(map(_entry_html, entries)))


def _entry_html(entry: Entry) -> str:
    link = escape(entry.link)
    return ENTRY.substitute(
        heading=escape(entry.heading),
        meta=escape(entry.meta),
        sentence=escape(entry.sentence),
        before=f"<div>{escape(entry.before)}</div>" if entry.before else "",
        link=f'<div><a href="{link}">{link}</a></div>' if link else "",
    )


def _reason(error: Exception) -> str:
    """Without the server's text where that may repeat addresses."""
    code = getattr(error, "code", None)
    return f"{type(error).__name__} {code}" if code else type(error).__name__


def _is_refusal(error: Exception) -> bool:
    """A wrong password is not one: somebody will repair it, and nothing may be lost until then."""
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return False
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return all(one.code >= PERMANENT for one in error.recipients)
    return isinstance(error, aiosmtplib.SMTPResponseException) and error.code >= PERMANENT
