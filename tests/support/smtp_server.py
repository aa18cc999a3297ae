"""A real SMTP server (Twisted, in a process of its own) for one test."""

import sys
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from tests.support.processes import ChildProcess, free_ports


class SmtpServer:
    """`port`; mails that it took by `mails()`, oldest first, with header `X-Test-To` for whom it took each."""

    def __init__(self, folder: Path, certificate: Path | None = None, login: tuple[str, str] | None = None) -> None:
        self._folder = folder / "mails"
        self._folder.mkdir(parents=True)
        (self.port,) = free_ports(1)
        command = [sys.executable, "-m", "tests.support.smtp_process"]
        command += ["--port", str(self.port), "--folder", str(self._folder)]
        command += ["--certificate", str(certificate)] if certificate else []
        command += ["--user", login[0], "--password", login[1]] if login else []
        self._process = ChildProcess(command, {}, folder / "smtp.log")

    def start(self) -> None:
        """Returns when it listens."""
        self._process.start().wait_ready((self._folder / "listening").exists)

    def stop(self) -> None:
        """Ends it; the mails stay."""
        self._process.stop()

    def mails(self) -> list[EmailMessage]:
        """What has been taken so far."""
        files = sorted(self._folder.glob("*.eml"), key=lambda file: file.stat().st_mtime_ns)
        return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]
