"""All metrics of ingest; labels are tokens of ours, never values of events."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class IngestMetrics:
    """One set per process, in a registry of its own so that tests can have several."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.accepted = Counter(
            "chitieu_ingest_accepted", "Events written to the log, by type.", ["type"], registry=self.registry
        )
        self.rejected = Counter(
            "chitieu_ingest_rejected", "Events refused, by reason token.", ["reason"], registry=self.registry
        )
        self.notes_dropped = Counter(
            "chitieu_ingest_rejection_notes_dropped",
            "Refused events whose receipt was not kept, because ClickHouse was away or slow.",
            registry=self.registry,
        )
        self.refused = Counter(
            "chitieu_ingest_refused_requests", "Whole requests refused, by reason.", ["reason"], registry=self.registry
        )
        self.dry_run = Counter(
            "chitieu_ingest_dry_run_events", "Events checked on request and not written.", registry=self.registry
        )
        self.body_bytes = Counter(
            "chitieu_ingest_body_bytes", "Bytes of request bodies as they were sent.", registry=self.registry
        )
        self.inflated_bytes = Counter(
            "chitieu_ingest_inflated_bytes", "Bytes of request bodies without compression.", registry=self.registry
        )
        self.seconds = Histogram(
            "chitieu_ingest_request_seconds",
            "Time from the request line to the answer.",
            buckets=SECONDS,
            registry=self.registry,
        )
        self.ack_seconds = Histogram(
            "chitieu_ingest_kafka_ack_seconds",
            "Time until the log acknowledged all records of a request.",
            buckets=SECONDS,
            registry=self.registry,
        )
        for counter in (self.accepted, self.rejected, self.refused):
            counter.clear()
        self._add_gauges()

    def _add_gauges(self) -> None:
        """Read from the parts themselves when somebody asks."""
        self.in_flight_bytes = Gauge(
            "chitieu_ingest_in_flight_bytes", "Bytes of bodies being handled now.", registry=self.registry
        )
        self.in_flight_requests = Gauge(
            "chitieu_ingest_in_flight_requests", "Requests being handled now.", registry=self.registry
        )
        self.oldest_seconds = Gauge(
            "chitieu_ingest_oldest_request_seconds",
            "How long the oldest request waits for its answer since its body is whole.",
            registry=self.registry,
        )
        self.notes_waiting = Gauge(
            "chitieu_ingest_rejection_notes_waiting", "Refused events whose receipt is not written yet.",
            registry=self.registry,
        )  # fmt: skip
        self.key_age_seconds = Gauge(
            "chitieu_ingest_key_age_seconds", "Age of the known keys; grows while ClickHouse is away.",
            registry=self.registry,
        )  # fmt: skip
