"""The topics: their names, their required settings, and the partition of a subject."""

from dataclasses import dataclass, field
from zlib import crc32

EVENTS, CHANGES, COMMANDS, DEAD_LETTERS = "events", "changes", "commands", "dead-letters"

KEEP_FOR_EVER = {"retention.ms": "-1", "retention.bytes": "-1", "cleanup.policy": "delete"}
"""The log of events is the truth; a record that expired could not be rebuilt."""

SEVEN_DAYS_MS = str(7 * 86_400_000)
"""Hints and commands are acted on within seconds; a week is for looking back after a fault."""

MAX_RECORD_BYTES = 1_048_576
"""Four times the envelope limit, so that an envelope always fits."""


CLUSTER_REPLICAS = 3
"""From here on one broker may be away while two others still acknowledge."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as it must be: created when missing, refused at start when it differs."""

    name: str
    partitions: int
    config: dict[str, str] = field(default_factory=dict)


def required_topics(partitions: int, prefix: str = "", replicas: int = 1) -> list[Topic]:
    """All topics, `events` with the fixed number of partitions.

    With three replicas or more a record is acknowledged when two brokers have it: `acks=all` alone means all that are
    in sync, which may be a single one.
    """
    durable = {"min.insync.replicas": "2" if replicas >= CLUSTER_REPLICAS else "1"}
    kept = KEEP_FOR_EVER | durable
    hint = {"retention.ms": SEVEN_DAYS_MS} | durable
    return [
        Topic(prefix + EVENTS, partitions, kept | {"max.message.bytes": str(MAX_RECORD_BYTES)}),
        Topic(prefix + CHANGES, 1, hint),
        Topic(prefix + COMMANDS, 1, hint),
        Topic(prefix + DEAD_LETTERS, 1, kept | {"max.message.bytes": str(2 * MAX_RECORD_BYTES)}),
    ]


def partition_of(subject: str, partitions: int) -> int:
    """CRC32 of the UTF-8 subject, modulo the fixed number of partitions."""
    return crc32(subject.encode()) % partitions
