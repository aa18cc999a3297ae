"""Sends the events of dead letters to the log again; what was counted before is a duplicate, so they count once."""

from collections import defaultdict
from typing import NamedTuple

import msgspec
from aiokafka import AIOKafkaProducer

from services.scoring.blocks import ENVELOPE_VERSION
from services.scoring.buffer import LogRecord
from services.scoring.log_reader import LogReader
from services.scoring.settings import ScoringSettings
from shared.contracts.event import Envelope, Event, decode_envelope, encode_envelope
from shared.dead_letters import REPLAYED, DeadLetter, dead_letter_headers
from shared.errors import DeadLetterError
from shared.topics import DEAD_LETTERS, EVENTS, partition_of


class Resent(NamedTuple):
    """How many events of a record went to which partitions."""

    events: int
    partitions: list[int]


def envelopes_of(record: LogRecord, partitions: int) -> dict[int, Envelope]:
    """The record's events by the partition they belong to (pure). Raises `DeadLetterError` when it is no envelope."""
    try:
        envelope = decode_envelope(record.value)
    except msgspec.DecodeError as error:
        raise DeadLetterError("the record is not readable; its sender must send the events again") from error
    if envelope.version != ENVELOPE_VERSION:
        raise DeadLetterError(f"the record has version {envelope.version}, which this release cannot read")
    by_partition: defaultdict[int, list[Event]] = defaultdict(list)
    for event in envelope.events:
        by_partition[partition_of(event.subject, partitions)].append(event)
    return {partition: Envelope(envelope.received, events) for partition, events in by_partition.items()}


class Replay:
    """Reads a dead letter's record from the log itself, sends its events, and notes that in the dead letters' topic."""

    def __init__(self, settings: ScoringSettings, reader: LogReader, out: AIOKafkaProducer) -> None:
        self._settings = settings
        self._reader = reader
        self._out = out

    async def letter(self, letter: DeadLetter) -> Resent:
        """Returns when the log has the events. Raises `DeadLetterError` or `KafkaError`; repeating it does no harm."""
        prefix, partition, offset = self._settings.topic_prefix, letter.partition, letter.offset
        envelopes = envelopes_of(await self._record(partition, offset), self._settings.partitions)
        for target, envelope in envelopes.items():
            await self._out.send_and_wait(prefix + EVENTS, encode_envelope(envelope), partition=target)
        headers = dead_letter_headers(partition, offset, REPLAYED)
        await self._out.send_and_wait(prefix + DEAD_LETTERS, b"", headers=headers)
        return Resent(sum(len(envelope.events) for envelope in envelopes.values()), sorted(envelopes))

    async def _record(self, partition: int, offset: int) -> LogRecord:
        async for chunk in self._reader.records(partition, offset, offset):
            return chunk[0]
        raise DeadLetterError("the record is not in the log")
