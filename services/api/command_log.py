"""Writes commands to the topic `commands`; the alerts service acts on them. The producer starts with the first one."""

import asyncio
import contextlib
from collections.abc import Awaitable

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from services.api.problems import ProblemError
from shared.contracts.commands import Command, encode_command
from shared.kafka import producer as new_producer
from shared.logs import get_logger
from shared.settings import SharedSettings
from shared.topics import COMMANDS

SEND_SECONDS = 5.0
"""Whoever pressed a button waits for it; a healthy broker acknowledges within milliseconds."""

STOP_SECONDS = 2.0
"""A producer whose broker is away never finishes flushing."""

RETRY_AFTER = {"Retry-After": "5"}

log = get_logger(__name__)


class CommandLog:
    """One idempotent producer for all requests; one that broke for good is replaced."""

    def __init__(self, settings: SharedSettings) -> None:
        self._settings = settings
        self._topic = settings.topic_prefix + COMMANDS
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()

    async def send(self, command: Command) -> None:
        """Returns when every replica has it. Raises `ProblemError`: then it may still arrive, and a repeat under the
        same id is safe."""
        try:
            async with asyncio.timeout(SEND_SECONDS):
                producer = await self._started()
                await producer.send_and_wait(self._topic, encode_command(command), partition=0)
        except (TimeoutError, OSError) as error:
            log.warning("command_unsure", id=command.id, cause=type(error).__name__)
            raise ProblemError("command_unsure", RETRY_AFTER) from error
        except KafkaError as error:
            log.warning("command_unsure", id=command.id, cause=type(error).__name__)
            await self.close()
            raise ProblemError("command_unsure", RETRY_AFTER) from error
        log.info("command", id=command.id, action=command.action, alert=command.alert_id, by=command.by)

    async def close(self) -> None:
        """Hands over what is under way, within a deadline."""
        gone, self._producer = self._producer, None
        if gone is not None:
            await _within_deadline(gone.stop())

    async def _started(self) -> AIOKafkaProducer:
        async with self._starting:
            if self._producer is None:
                fresh = new_producer(self._settings)
                try:
                    await fresh.start()
                except BaseException:
                    await _within_deadline(fresh.stop())
                    raise
                self._producer = fresh
        return self._producer


async def _within_deadline(stopping: Awaitable[None]) -> None:
    with contextlib.suppress(KafkaError, OSError, TimeoutError):
        await asyncio.wait_for(stopping, STOP_SECONDS)
