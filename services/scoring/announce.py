"""What scoring publishes: which cells moved, and the records that can never be processed."""

import asyncio

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from services.scoring.blocks import Poison
from services.scoring.metrics import DEAD_LETTERS
from shared.contracts.changes import Change, encode_change
from shared.dead_letters import dead_letter_headers
from shared.logs import get_logger
from shared.topics import CHANGES
from shared.topics import DEAD_LETTERS as DEAD_LETTER_TOPIC

PAUSE_SECONDS = 0.5
"""Between attempts while Kafka is away; the producer itself already waits for its request time-out."""

log = get_logger(__name__)


class Announcer:
    """Publishes with acknowledgement; keeps trying while Kafka is away, until it is cancelled."""

    def __init__(self, producer: AIOKafkaProducer, prefix: str, version: int) -> None:
        self._producer = producer
        self._changes = prefix + CHANGES
        self._dead_letters = prefix + DEAD_LETTER_TOPIC
        self._version = version
        self.quiet = False
        """True while the version is not the active one: only that one announces."""

    async def changed(self, partition: int, offset: int, cells: set[tuple[str, str]]) -> None:
        """Returns when the hint is acknowledged; a block that moved no cell sends none."""
        if cells and not self.quiet:
            change = Change(partition, offset, self._version, sorted(cells))
            await self._send(self._changes, encode_change(change), [])

    async def everything(self, partition: int, offset: int) -> None:
        """After a switch of versions: every cell may have moved."""
        await self._send(
            self._changes, encode_change(Change(partition, offset, self._version, [], everything=True)), []
        )

    async def dead_letter(self, poison: Poison) -> None:
        """The record as it was, its position and the reason. After a crash or a rebuild it may be there twice."""
        record = poison.record
        headers = dead_letter_headers(record.partition, record.offset, poison.reason)
        await self._send(self._dead_letters, record.value, headers)
        DEAD_LETTERS.labels(poison.reason).inc()
        log.error("dead_letter", partition=record.partition, offset=record.offset, reason=poison.reason)

    async def _send(self, topic: str, value: bytes, headers: list[tuple[str, bytes]]) -> None:
        while True:
            try:
                await self._producer.send_and_wait(topic, value, headers=headers)
            except KafkaError as error:
                log.warning("kafka_away", topic=topic, cause=type(error).__name__)
                await asyncio.sleep(PAUSE_SECONDS)
            else:
                return
