"""E-mail to a real SMTP server: encrypted, with a login, text and HTML, digests, refusals."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from services.alerts.channels import DeliveryError
from services.alerts.channels.email import EmailChannel, EmailOptions
from services.alerts.delivery import Timing
from services.alerts.grouping import Message
from tests.support.alert_store import MemoryAlertStore
from tests.support.certificates import make_certificate
from tests.support.delivering import delivering, reach
from tests.support.notifications import MONDAY_TEN, SetClock, notification, resolved
from tests.support.smtp_server import SmtpServer

NAME, LOGIN = "localhost", ("chitieu", "a password of the test")
Servers = Callable[..., SmtpServer]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Servers]:
    """Starts servers; all are stopped at the end."""
    started: list[SmtpServer] = []

    def one(**options: Any) -> SmtpServer:
        server = SmtpServer(tmp_path / str(len(started)), **options)
        server.start()
        started.append(server)
        return server

    yield one
    for server in started:
        server.stop()


def channel(server: SmtpServer, **options: Any) -> EmailChannel:
    given = {"kind": "email", "host": NAME, "port": server.port, "security": "none", "sender": "chitieu@tinh.vn"}
    options = {"to": ["desk@tinh.vn"], **options}
    return EmailChannel("desk", EmailOptions.model_validate({**given, **options}), "https://chitieu.tinh.vn")


async def test_a_mail_holds_the_sentence_as_text_and_html_and_links_to_the_alert(start: Servers) -> None:
    server = start()
    await channel(server).deliver(Message((notification(severity="critical"),)), MONDAY_TEN)
    (mail,) = server.mails()
    assert mail["Subject"].startswith("[KHẨN] Cảnh báo: Sở Nội vụ: hồ sơ trực tuyến")
    assert (mail["From"], mail["To"], mail["Auto-Submitted"]) == ("chitieu@tinh.vn", "desk@tinh.vn", "auto-generated")
    for kind in ("plain", "html"):
        part = mail.get_body((kind,))
        assert part is not None
        assert "đạt 71,4% (50/70)" in part.get_content()
        assert "https://chitieu.tinh.vn/alerts/below_target" in part.get_content()


async def test_a_password_travels_only_over_tls_that_was_checked(start: Servers, tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path, NAME)
    server = start(certificate=certificate, login=LOGIN)
    (tmp_path / "password").write_text(LOGIN[1] + "\n")
    secure = {"security": "starttls", "username": LOGIN[0], "password_file": tmp_path / "password"}
    await channel(server, **secure, ca_file=certificate).deliver(Message((notification(),)), MONDAY_TEN)
    with pytest.raises(DeliveryError) as unknown:
        await channel(server, **secure).deliver(Message((notification(),)), MONDAY_TEN)
    assert not unknown.value.refused
    assert len(server.mails()) == 1


async def test_a_wrong_password_is_tried_again_since_somebody_will_repair_it(start: Servers, tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path, NAME)
    server = start(certificate=certificate, login=LOGIN)
    (tmp_path / "password").write_text("another one")
    secure = {"security": "starttls", "username": LOGIN[0], "password_file": tmp_path / "password"}
    with pytest.raises(DeliveryError, match="SMTPAuthenticationError 535") as raised:
        await channel(server, **secure, ca_file=certificate).deliver(Message((notification(),)), MONDAY_TEN)
    assert not raised.value.refused
    assert server.mails() == []


async def test_a_server_that_offers_no_tls_gets_nothing_when_tls_is_asked_for(start: Servers) -> None:
    server = start()
    with pytest.raises(DeliveryError):
        await channel(server, security="starttls").deliver(Message((notification(),)), MONDAY_TEN)
    assert server.mails() == []


@pytest.mark.parametrize(("mailbox", "refused"), [("later@tinh.vn", False), ("never@tinh.vn", True)])
async def test_a_mailbox_refused_for_now_is_tried_again_and_one_refused_for_good_is_given_up(
    start: Servers, mailbox: str, refused: bool
) -> None:
    with pytest.raises(DeliveryError) as raised:
        await channel(start(), to=[mailbox]).deliver(Message((notification(),)), MONDAY_TEN)
    assert raised.value.refused == refused


async def test_one_bad_address_does_not_keep_the_others_from_it(start: Servers) -> None:
    server = start()
    remark = await channel(server, to=["never@tinh.vn", "desk@tinh.vn"]).deliver(Message((notification(),)), MONDAY_TEN)
    assert remark == "1 of 2 addresses refused"
    assert [mail["X-Test-To"] for mail in server.mails()] == ["desk@tinh.vn"]


async def test_alerts_of_a_unit_that_wait_together_are_one_mail_and_the_log_knows_it(start: Servers) -> None:
    server, store, clock = start(), MemoryAlertStore(), SetClock()
    mine = channel(server, group_by="unit")
    async with delivering(store, [mine], Timing(clock)) as (queue,):
        other = replace(notification(), id="pace:x:1", alert_id="pace:x", rule="pace")
        queue.put([notification(), other, resolved()])
        clock.advance(seconds=10)
        queue.put([])
        await reach(store, "desk", "delivered", 3)
    (mail,) = server.mails()
    assert mail["Subject"] == "2 cảnh báo: 1 đang mở, 1 đã kết thúc"
    text = mail.get_body(("plain",))
    assert text is not None
    assert "Đã hết" in text.get_content()
    assert "85,0%" in text.get_content()
    assert len({step.message_id for step in store.steps}) == 1


async def test_a_server_that_says_nothing_is_left_after_the_timeout(start: Servers) -> None:
    held = asyncio.Event()

    async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await held.wait()
        writer.close()

    quiet = await asyncio.start_server(silent, "127.0.0.1", 0)
    options = {"kind": "email", "host": "127.0.0.1", "port": quiet.sockets[0].getsockname()[1], "security": "none"}
    given = EmailOptions.model_validate({**options, "sender": "a@tinh.vn", "to": ["b@tinh.vn"], "timeout": "1s"})
    with pytest.raises(DeliveryError, match="Timeout") as raised:
        await EmailChannel("desk", given).deliver(Message((notification(),)), MONDAY_TEN)
    assert not raised.value.refused
    held.set()
    quiet.close()
    await quiet.wait_closed()
