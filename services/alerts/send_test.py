"""`send-test RECEIVER`: one marked message to one receiver, as a change would come, and what became of it."""

import argparse
import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from services.alerts.channels import DeliveryError
from services.alerts.channels.registry import open_channel
from services.alerts.grouping import Message
from services.alerts.receivers import Receivers, load_receivers
from services.alerts.settings import AlertsSettings
from services.alerts.store import Notification
from shared.errors import StartError


def main(arguments: list[str]) -> int:
    """Exit code 0 when the receiver took it, 1 with one line on stderr otherwise."""
    parser = argparse.ArgumentParser(prog="python -m services.alerts send-test", description=__doc__)
    parser.add_argument("receiver", help="its name in the receivers file; NAME.UNIT where it differs by unit")
    parser.add_argument("--receivers", type=Path, help="receivers file; that of the settings when not given")
    options = parser.parse_args(arguments)
    settings = AlertsSettings()
    try:
        path = options.receivers or settings.receivers
        receivers = load_receivers(path, settings.webhook_url, settings.webhook_secret_file)
        remark = asyncio.run(send(receivers, options.receiver, datetime.now(UTC)))
    except (StartError, DeliveryError) as error:
        sys.stderr.write(f"send-test {options.receiver}: {error}\n")
        return 1
    sys.stdout.write(f"send-test {options.receiver}: delivered{f' ({remark})' if remark else ''}\n")
    return 0


async def send(receivers: Receivers, name: str, now: datetime) -> str:
    """Past grouping, limits and working time. Raises StartError for an unknown name, DeliveryError when refused."""
    if name not in receivers.each:
        raise StartError(f"no such receiver; there are: {', '.join(sorted(receivers.each)) or 'none'}")
    channel = open_channel(name, receivers.each[name], receivers.public_url)
    try:
        return await channel.deliver(Message((_test(name, now),)), now)
    finally:
        await channel.close()


def _test(receiver: str, now: datetime) -> Notification:
    """`info`, so that nobody is woken; the id is new each time, so that no receiver takes it for a repeat."""
    alert_id = f"test:{receiver}:{int(now.timestamp())}"
    return Notification(
        id=f"{alert_id}:1",
        alert_id=alert_id,
        number=1,
        rule="data_quality",
        thing="test",
        indicator="",
        figure="",
        unit="",
        period="",
        change="state",
        from_state="ok",
        state="firing",
        reason="test",
        severity="info",
        at=now,
        sentence_vi=f"Tin thử gửi tới nơi nhận {receiver}: không có cảnh báo nào thật.",
        evidence={"test": True},
        receivers=(receiver,),
    )
