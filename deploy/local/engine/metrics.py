"""All metrics of the engine."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class EngineMetrics:
    """What the engine did; `kind` is read, insert, kill or other, `outcome` is ok, refused, killed or failed."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self.queries = Counter("chitieu_engine_queries", "Queries ended", ["kind", "outcome"], registry=registry)
        self.seconds = Histogram(
            "chitieu_engine_query_seconds", "From request to answer", ["kind"], buckets=_SECONDS, registry=registry
        )
        self.rows_inserted = Counter("chitieu_engine_rows_inserted", "Rows written by inserts", registry=registry)
        self.in_flight = Gauge("chitieu_engine_in_flight", "Queries received and not yet answered", registry=registry)
