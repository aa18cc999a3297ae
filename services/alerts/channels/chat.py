"""Chat services through Apprise (https://github.com/caronc/apprise); the URL is in a file, since it holds tokens."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from apprise import Apprise, AppriseAsset, NotifyFormat, NotifyType, PersistentStoreMode
from pydantic import FilePath

from services.alerts.channels import DeliveryError, PeoplesOptions
from services.alerts.channels.webhook import secret_in
from services.alerts.grouping import Message
from services.alerts.policy import Span
from services.alerts.wording import Entry, entries_vi, paragraph, title_vi
from shared.errors import StartError

ENTRIES_MAX = 20
"""Chat services cut or refuse long messages (Telegram: 4,096 characters); the rest is counted and linked."""


class ChatOptions(PeoplesOptions):
    """`url_file`: file with one Apprise URL, such as `tgram://token/chat`. A room's members are people."""

    kind: Literal["chat"]
    url_file: FilePath
    timeout: Span = timedelta(seconds=30)


@dataclass
class ChatChannel:
    """Apprise blocks, so it has a thread of its own: a service that hangs delays nobody else."""

    name: str
    options: ChatOptions
    public_url: str = ""
    _service: Apprise = field(init=False)
    _thread: ThreadPoolExecutor = field(init=False)

    def __post_init__(self) -> None:
        asset = AppriseAsset(app_id="Chi tieu", secure_logging=True, storage_mode=PersistentStoreMode.MEMORY)
        self._service = Apprise(asset=asset)
        if not self._service.add(secret_in(self.options.url_file)):
            raise StartError(f"receiver {self.name}: url_file holds no URL that Apprise knows")
        self._thread = ThreadPoolExecutor(1, f"chat-{self.name}")

    async def deliver(self, message: Message, now: datetime) -> str:  # noqa: ARG002 # the contract of every channel
        """Raises `DeliveryError`. Apprise tells no status, so every failure is tried again on the schedule."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self.options.timeout.total_seconds()):
                taken = await loop.run_in_executor(self._thread, self._notify, message)
        except TimeoutError as error:
            raise DeliveryError(f"no answer within {self.options.timeout.total_seconds():g} s") from error
        if not taken:
            raise DeliveryError("the service did not take it")
        return ""

    async def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _notify(self, message: Message) -> bool:
        """Blocks; Apprise bounds it by its own timeouts (`cto`, `rto` in the URL) and by ours."""
        done = self._service.notify(
            body=text_vi(entries_vi(message, self.public_url)),
            title=title_vi(message),
            notify_type=NotifyType.WARNING,
            body_format=NotifyFormat.TEXT,
            timeout=self.options.timeout.total_seconds(),
        )
        return bool(done)


def text_vi(entries: list[Entry]) -> str:
    """A paragraph per alert, as far as a chat takes them."""
    paragraphs = [paragraph(entry) for entry in entries[:ENTRIES_MAX]]
    if len(entries) > ENTRIES_MAX:
        paragraphs.append(f"… và {len(entries) - ENTRIES_MAX} cảnh báo khác.")
    return "\n\n".join(paragraphs)
