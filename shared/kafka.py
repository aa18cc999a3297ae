"""Kafka clients with the settings our guarantees rest on; the library's defaults are neither durable nor exact."""

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from shared.settings import SharedSettings
from shared.topics import MAX_RECORD_BYTES

REQUEST_TIMEOUT_MS = 10_000
"""After this a broker that does not answer is treated as away; the idempotent producer then tries again by itself."""

RETRY_BACKOFF_MS = 200
"""A broker that restarts is found again within a fraction of a second, without a storm of connections."""

PRODUCER_BATCH_BYTES = 512 * 1024
"""Requests that come together share one produce request; half the record limit, so that a batch is never refused."""

SESSION_TIMEOUT_MS = 6_000
"""A killed consumer's partitions move after this; measured 7 s from the kill."""


def producer(settings: SharedSettings, *, request_timeout_ms: int = REQUEST_TIMEOUT_MS) -> AIOKafkaProducer:
    """An idempotent producer that is acknowledged by all replicas; not started, so it needs a running loop only.

    A record that was handed over is sent until the broker answers, also after the caller stopped waiting.
    """
    return AIOKafkaProducer(
        bootstrap_servers=settings.kafka_bootstrap,
        acks="all",
        enable_idempotence=True,
        compression_type="zstd",
        max_batch_size=PRODUCER_BATCH_BYTES,
        max_request_size=MAX_RECORD_BYTES,
        request_timeout_ms=request_timeout_ms,
        retry_backoff_ms=RETRY_BACKOFF_MS,
    )


def consumer(settings: SharedSettings, *topics: str, group: str | None = None) -> AIOKafkaConsumer:
    """A consumer that begins at the start of the log and never commits by itself; without a group it is assigned."""
    return AIOKafkaConsumer(
        *topics,
        bootstrap_servers=settings.kafka_bootstrap,
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        request_timeout_ms=REQUEST_TIMEOUT_MS,
        retry_backoff_ms=RETRY_BACKOFF_MS,
        session_timeout_ms=SESSION_TIMEOUT_MS,
        heartbeat_interval_ms=SESSION_TIMEOUT_MS // 3,
    )


def admin(settings: SharedSettings) -> AIOKafkaAdminClient:
    """The administrative client, not started."""
    return AIOKafkaAdminClient(
        bootstrap_servers=settings.kafka_bootstrap,
        request_timeout_ms=REQUEST_TIMEOUT_MS,
        retry_backoff_ms=RETRY_BACKOFF_MS,
    )
