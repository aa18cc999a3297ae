"""Takes what people ask for from the topic `commands`: acted on and recorded, then committed; nothing blocks it."""

from collections.abc import Awaitable, Callable

import msgspec
from aiokafka import TopicPartition

from services.alerts.metrics import COMMANDS as OUTCOMES
from services.alerts.settings import AlertsSettings
from shared.contracts.commands import Command, decode_command
from shared.kafka import consumer
from shared.logs import get_logger
from shared.topics import COMMANDS

log = get_logger(__name__)

Obey = Callable[[Command], Awaitable[str]]
"""Acts on a command and returns what became of it, as one token."""


async def obey_for_ever(settings: AlertsSettings, obey: Obey) -> None:
    """The owner alone reads; the group only keeps the position, so that nothing is asked of an election.

    A command that was recorded and not committed comes again, to the next owner too, who knows its id.
    """
    topic = TopicPartition(settings.topic_prefix + COMMANDS, 0)
    async with consumer(settings, group=f"{settings.topic_prefix}alerts-commands") as source:
        source.assign([topic])
        async for record in source:
            outcome = await outcome_of(record.value, obey)
            OUTCOMES.labels(outcome).inc()
            await source.commit({topic: record.offset + 1})


async def outcome_of(message: bytes | None, obey: Obey) -> str:
    """What became of one message; one that cannot be read is logged and left behind."""
    try:
        command = decode_command(message or b"")
    except msgspec.DecodeError as error:
        log.warning("command_malformed", cause=str(error)[:200])
        return "malformed"
    outcome = await obey(command)
    log.info("command", id=command.id, action=command.action, alert=command.alert_id, by=command.by, outcome=outcome)
    return outcome
