"""Every metric of the scoring worker."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()

_STAGE_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

EVENTS = Counter("chitieu_scoring_events", "Deliveries processed, by partition.", ["partition"], registry=REGISTRY)
BLOCKS = Counter("chitieu_scoring_blocks", "Blocks written, by partition.", ["partition"], registry=REGISTRY)
ROWS = Counter("chitieu_scoring_rows", "Rows inserted, mark rows included, by table.", ["table"], registry=REGISTRY)
OUTCOMES = Counter(
    "chitieu_scoring_outcomes",
    "Rows of `events` by outcome: what became of each delivery, and changes of what had become of earlier ones.",
    ["outcome"],
    registry=REGISTRY,
)
STAGE_SECONDS = Histogram(
    "chitieu_scoring_stage_seconds",
    "Seconds a block spends in a stage: fold, write, announce, store.",
    ["stage"],
    buckets=_STAGE_BUCKETS,
    registry=REGISTRY,
)
INSERT_SECONDS = Histogram(
    "chitieu_scoring_insert_seconds", "Seconds of one insert.", ["table"], buckets=_STAGE_BUCKETS, registry=REGISTRY
)
LAG = Gauge(
    "chitieu_scoring_lag_records", "Records of the log not yet processed, by partition.", ["partition"],
    registry=REGISTRY,
)  # fmt: skip
WAITING_BYTES = Gauge(
    "chitieu_scoring_waiting_bytes", "Envelope bytes in memory that wait for their block, by partition.", ["partition"],
    registry=REGISTRY,
)  # fmt: skip
WATERMARK_AGE = Gauge(
    "chitieu_scoring_watermark_age_seconds",
    "Age of the oldest record that waits, by partition; 0 when none waits.",
    ["partition"],
    registry=REGISTRY,
)
DEAD_LETTERS = Counter(
    "chitieu_scoring_dead_letters", "Records sent to the dead-letter topic, by reason.", ["reason"], registry=REGISTRY
)
UNKNOWN_OUTCOMES = Counter(
    "chitieu_scoring_unknown_outcomes", "Inserts whose outcome had to be found out.", registry=REGISTRY
)
DISPLACED_EVENTS = Counter(
    "chitieu_scoring_displaced", "Events taken out because another subject had their id first.", registry=REGISTRY
)
FENCED = Counter("chitieu_scoring_fenced", "Blocks refused because another worker owns it.", registry=REGISTRY)
RESTORED = Counter(
    "chitieu_scoring_restored_records", "Records read again to refill a store.", ["partition"], registry=REGISTRY
)
ASSIGNED = Gauge("chitieu_scoring_assigned_partitions", "Partitions this worker owns.", registry=REGISTRY)
