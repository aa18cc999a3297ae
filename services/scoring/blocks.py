"""From records of the log to what a block writes: decode, load, process, and set aside what is poison."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

import msgspec

from services.scoring.buffer import LogRecord
from services.scoring.engine import Block, process
from services.scoring.facts import Facts
from services.scoring.records import Delivery, Record, decode_record, encode_record
from services.scoring.sink import Output
from services.scoring.store import Store, StoreDamagedError
from shared.contracts.event import Envelope, decode_envelope
from shared.errors import DeadLetterError
from shared.logs import get_logger
from shared.topics import partition_of

ENVELOPE_VERSION = 1

log = get_logger(__name__)


class Poison(NamedTuple):
    """A record that can never be processed, with one reason token."""

    record: LogRecord
    reason: str


class Folded(NamedTuple):
    """A block ready to be written; `records` are the store's new values, `taken` how many records it covers."""

    output: Output
    cells: set[tuple[str, str]]
    records: dict[str, bytes]
    poison: list[Poison]
    events: int
    taken: int


class Processing(Protocol):
    """`engine.process`, so that a test can put a reading that fails in its place."""

    def __call__(self, facts: Facts, records: dict[str, Record], deliveries: Sequence[Delivery]) -> Block: ...


class Folder:
    """Folds records of one partition over its store. Uses no clock and writes nothing."""

    def __init__(self, facts: Facts, partitions: int, max_rows: int, processing: Processing = process) -> None:
        self._facts = facts
        self._partitions = partitions
        self._max_rows = max_rows
        self._process = processing
        self.busy: tuple[int, int, int] | None = None
        """(partition, first and last offset) of the records that are being folded; told when they never end."""

    def fold(self, store: Store, records: Sequence[LogRecord]) -> Folded:
        """The block of `records`, or of their first part when all would be too many rows for one insert.

        Raises `StoreDamagedError`. A record that cannot be decoded, or on which a reading raises, becomes poison.
        """
        self.busy = (records[0].partition, records[0].offset, records[-1].offset)
        try:
            block, poison, received, events = self._block(store, records)
        finally:
            self.busy = None
        if len(records) > 1 and max(len(block.events), len(block.ledger)) > self._max_rows:
            return self.fold(store, records[: len(records) // 2])
        output = Output(block.events, block.ledger, records[-1].offset, received)
        encoded = {subject: encode_record(record) for subject, record in block.records.items()}
        return Folded(output, block.cells, encoded, poison, events, len(records))

    def _block(self, store: Store, records: Sequence[LogRecord]) -> tuple[Block, list[Poison], int, int]:
        decoded: list[tuple[LogRecord, list[Delivery]]] = []
        poison: list[Poison] = []
        received = records[-1].timestamp
        for record in records:
            try:
                envelope = self._decode(record)
            except DeadLetterError as error:
                poison.append(Poison(record, str(error)))
                continue
            received = envelope.received
            decoded.append((record, _deliveries(record, envelope)))
        deliveries = [delivery for _, some in decoded for delivery in some]
        known = _load(store, {delivery.event.subject for delivery in deliveries})
        try:
            block = self._process(self._facts, known, deliveries)
        except Exception:  # noqa: BLE001 - whatever a reading raises must not stop the log
            block, failed = self._one_by_one(known, decoded)
            poison += failed
        return block, poison, received, len(deliveries)

    def _one_by_one(
        self, known: dict[str, Record], decoded: Iterable[tuple[LogRecord, list[Delivery]]]
    ) -> tuple[Block, list[Poison]]:
        """The same block record by record, without those on which a reading raises."""
        whole = Block([], [], set(), {})
        poison = []
        for record, deliveries in decoded:
            try:
                block = self._process(self._facts, known, deliveries)
            except Exception as error:  # noqa: BLE001 - see above
                # Neither the text nor the trace of the error is told: they may quote an event.
                kind = type(error).__name__
                log.warning("reading_failed", partition=record.partition, offset=record.offset, error=kind)
                poison.append(Poison(record, "reading_failed"))
                continue
            known |= block.records
            whole.events.extend(block.events)
            whole.ledger.extend(block.ledger)
            whole.cells.update(block.cells)
            whole.records.update(block.records)
        return whole, poison

    def _decode(self, record: LogRecord) -> Envelope:
        try:
            envelope = decode_envelope(record.value)
        except msgspec.DecodeError as error:
            raise DeadLetterError("undecodable") from error
        if envelope.version != ENVELOPE_VERSION:
            raise DeadLetterError("unknown_version")
        if any(partition_of(event.subject, self._partitions) != record.partition for event in envelope.events):
            raise DeadLetterError("wrong_partition")
        return envelope


def _deliveries(record: LogRecord, envelope: Envelope) -> list[Delivery]:
    received, partition, offset = envelope.received, record.partition, record.offset
    return [Delivery(event, received, partition, offset, seq) for seq, event in enumerate(envelope.events)]


def _load(store: Store, subjects: set[str]) -> dict[str, Record]:
    try:
        return {subject: decode_record(data) for subject, data in store.load(subjects).items()}
    except msgspec.DecodeError as error:
        raise StoreDamagedError("a record of the store is not readable") from error
