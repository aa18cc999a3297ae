"""A real SMTP server (Twisted) in a process of its own, which keeps every mail in a folder.

`python -m tests.support.smtp_process --port P --folder F [--certificate PEM] [--user U --password W]`
"""

import argparse
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse
from twisted.cred.portal import Portal
from twisted.internet import defer, reactor, ssl
from twisted.internet.protocol import ServerFactory
from twisted.mail import smtp
from twisted.mail.imap4 import LOGINCredentials, PLAINCredentials
from zope.interface import implementer

LATER, NEVER = "later", "never"
"""Mailboxes that it refuses: for now (451), and for good (550)."""


@implementer(smtp.IMessage)
class Taken:
    """One mail for one mailbox; a file appears complete or not at all."""

    def __init__(self, folder: Path, to: str) -> None:
        self._folder = folder
        self._lines = [f"X-Test-To: {to}".encode()]

    def lineReceived(self, line: bytes) -> None:
        self._lines.append(line)

    def eomReceived(self) -> Any:
        draft = self._folder / uuid4().hex
        draft.write_bytes(b"\n".join(self._lines) + b"\n")
        draft.rename(draft.with_suffix(".eml"))
        return defer.succeed(None)

    def connectionLost(self) -> None:
        """Forgotten: the client will send it again."""


@implementer(smtp.IMessageDelivery)
class Mailboxes:
    """Takes mail for everybody but `later` and `never`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def receivedHeader(self, helo: Any, origin: Any, recipients: Any) -> bytes:
        return b"Received: by the test"

    def validateFrom(self, helo: Any, origin: Any) -> Any:
        return origin

    def validateTo(self, user: Any) -> Any:
        mailbox = user.dest.local.decode()
        if mailbox == LATER:
            raise smtp.SMTPBadRcpt(user, 451, "Try again later")
        if mailbox == NEVER:
            raise smtp.SMTPBadRcpt(user)
        return lambda: Taken(self._folder, str(user.dest))


class Realm:
    """Everybody who logs in may send."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def requestAvatar(self, avatar: Any, mind: Any, *interfaces: Any) -> Any:
        return smtp.IMessageDelivery, Mailboxes(self._folder), lambda: None


def main(arguments: list[str]) -> None:
    """Listens on 127.0.0.1 until it is ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("--port", "--folder", "--certificate", "--user", "--password"):
        parser.add_argument(name)
    given = parser.parse_args(arguments)
    folder = Path(given.folder)
    factory = ServerFactory()
    factory.buildProtocol = lambda _: _protocol(given, folder)
    reactor.listenTCP(int(given.port), factory, interface="127.0.0.1")
    (folder / "listening").touch()
    reactor.run()


def _protocol(given: argparse.Namespace, folder: Path) -> Any:
    pem = given.certificate
    context = ssl.DefaultOpenSSLContextFactory(pem, pem) if pem else None
    challengers = {b"PLAIN": PLAINCredentials, b"LOGIN": LOGINCredentials} if given.user else None
    protocol = smtp.ESMTP(chal=challengers, contextFactory=context)
    if given.user:
        known = InMemoryUsernamePasswordDatabaseDontUse(**{given.user: given.password.encode()})
        protocol.portal = Portal(Realm(folder), [known])
    else:
        protocol.delivery = Mailboxes(folder)
    return protocol


if __name__ == "__main__":
    main(sys.argv[1:])
