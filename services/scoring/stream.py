"""Faust: the agent that takes raw records from the log, and the consumer's settings that our guarantees rest on."""

import logging
from typing import Any

import faust
from faust.types import TP
from typing_extensions import override

from services.scoring.settings import ScoringSettings
from services.scoring.worker import Worker
from shared.kafka import SESSION_TIMEOUT_MS
from shared.topics import EVENTS, MAX_RECORD_BYTES

SESSION_SECONDS = SESSION_TIMEOUT_MS / 1000

COMMIT_SECONDS = 1.0
"""Kafka's committed offset only saves reading again; where to go on is said by the marks."""

MAX_POLL_RECORDS = 100
"""Records of one fetch: 25 MB at most."""

BUFFERED_RECORDS = 64
"""Between fetcher and agent; 16 MB at most. When it is full Faust stops fetching, and nothing is lost."""

FETCH_BYTES = MAX_RECORD_BYTES
"""Per partition, as compressed in the log: one second of work, and several times that when it is unpacked."""

CHATTY_LOGGERS = ("faust", "mode")
"""They tell every service they start and stop, dozens of lines without a consequence."""


class NoPosition(dict[TP, None]):
    """Faust's memory of the offset it has read, kept empty: it drops what is below, also what was sought again.

    A fetch in flight during a seek would set it past the offset that was sought, and those records would never come.
    Order and repetition are the business of `Buffer`.
    """

    @override
    def __getitem__(self, _: TP) -> None:
        return None

    @override
    def __setitem__(self, _: TP, __: object) -> None:
        return

    @override
    def update(self, *_: Any, **__: Any) -> None:
        return


class EventStream:
    """The `events` topic as one agent over the assigned partitions; every record is acknowledged by its lane."""

    def __init__(self, settings: ScoringSettings) -> None:
        for name in CHATTY_LOGGERS:
            logging.getLogger(name).setLevel(logging.WARNING)
        self._topic = settings.topic_prefix + EVENTS
        self.app: Any = faust.App(
            f"{settings.topic_prefix}scoring-{settings.scoring_version}",
            broker=f"kafka://{settings.kafka_bootstrap}",
            datadir=str(settings.data / "faust"),
            autodiscover=False,
            # Without this Faust serves pages on 0.0.0.0:6066.
            web_enabled=False,
            topic_allow_declare=False,
            topic_disable_leader=True,
            processing_guarantee="at_least_once",
            broker_session_timeout=SESSION_SECONDS,
            broker_heartbeat_interval=SESSION_SECONDS / 3,
            broker_commit_interval=COMMIT_SECONDS,
            broker_max_poll_records=MAX_POLL_RECORDS,
            broker_check_crcs=True,
            stream_buffer_maxsize=BUFFERED_RECORDS,
            consumer_auto_offset_reset="earliest",
            consumer_max_fetch_size=FETCH_BYTES,
            producer_acks=-1,
            stream_wait_empty=False,
        )

    def attach(self, worker: Worker) -> None:
        """Connects records and assignments with the worker; before `start`."""
        topic = self.app.topic(self._topic, value_type=bytes, value_serializer="raw", key_serializer="raw")

        async def take(stream: Any) -> None:
            async for event in stream.noack().events():
                await worker.offer(event)

        self.app.agent(topic, name="scoring.take", concurrency=1)(take)

        async def assigned(_: Any, assigned: set[TP], **__: Any) -> None:
            await worker.assigned({tp.partition for tp in assigned if tp.topic == self._topic})

        async def revoked(_: Any, revoked: set[TP], **__: Any) -> None:
            await worker.revoked({tp.partition for tp in revoked if tp.topic == self._topic})

        self.app.on_partitions_assigned.connect(assigned, weak=False)
        self.app.on_partitions_revoked.connect(revoked, weak=False)

    async def start(self) -> None:
        """Joins the group; returns when the consumer runs."""
        self.app.finalize()
        self.app.consumer._read_offset = NoPosition()  # noqa: SLF001 - see there
        await self.app.start()

    async def stop(self) -> None:
        """Commits what is acknowledged and leaves the group."""
        await self.app.stop()

    def crashed(self) -> str:
        """Why Faust has given up, "" while it runs."""
        return f"Faust stopped: {self.app.crash_reason!r}" if self.app.crashed else ""

    def pause(self, partition: int) -> None:
        """See `Flow`."""
        self.app.consumer.pause_partitions({TP(self._topic, partition)})

    def resume(self, partition: int) -> None:
        """See `Flow`."""
        self.app.consumer.resume_partitions({TP(self._topic, partition)})

    async def seek(self, partition: int, offset: int) -> None:
        """See `Flow`."""
        await self.app.consumer.seek_wait({TP(self._topic, partition): offset})
