"""All metrics of the alerts service, each with its meaning."""

from prometheus_client import Counter, Gauge, Histogram

EVALUATIONS = Counter("chitieu_alerts_evaluations_total", "Looks at everything, by outcome.", ["outcome"])
EVALUATION_SECONDS = Histogram("chitieu_alerts_evaluation_seconds", "Time to read everything, decide and record.")
CHANGES = Counter("chitieu_alerts_changes_total", "Recorded changes, by kind and state.", ["change", "state"])
COMMANDS = Counter("chitieu_alerts_commands_total", "Commands taken from the topic, by outcome.", ["outcome"])
BAD_HINTS = Counter("chitieu_alerts_bad_hints_total", "Messages of `changes` that could not be read.")
HEARTBEATS = Counter("chitieu_alerts_heartbeats_total", "Heartbeats to the dead man's switch, by outcome.", ["outcome"])
HINDSIGHT_FAILED = Counter(
    "chitieu_alerts_hindsight_failed_total",
    "Alerts that stayed open because it could not be read whether they were right to fire; asked again at each look.",
)
BACKGROUND_FAILED = Counter(
    "chitieu_alerts_background_failed_total", "Changes that were told without the events and contributors behind them."
)
OWNER = Gauge("chitieu_alerts_owner", "1 while this process is the active evaluator, else 0.")
OPEN_ALERTS = Gauge("chitieu_alerts_open", "Alerts that are firing or lost now.")
LAST_EVALUATION = Gauge(
    "chitieu_alerts_last_evaluation_timestamp_seconds", "When everything was last decided on; 0: never by this process."
)
WATERMARK = Gauge(
    "chitieu_alerts_watermark_timestamp_seconds",
    "When the newest record that the last evaluation saw was received; its age is the evaluator's.",
    ["partition"],
)
EVALUATOR_STOPPED = Gauge("chitieu_deadman_evaluator_stopped", "1 while the watch sees no evaluations, else 0.")
DEAD_MAN_NEWS = Counter(
    "chitieu_deadman_news_total",
    "News of the watch, by word and outcome (delivered, failed, logged).",
    ["word", "outcome"],
)

# Delivery.
DELIVERIES = Counter(
    "chitieu_alerts_deliveries_total",
    "Changes told, by receiver and outcome (delivered, failed, given_up, resend_failed).",
    ["receiver", "outcome"],
)
WAITING = Gauge(
    "chitieu_alerts_waiting",
    "Changes in memory that wait to be told, by receiver; when there are more, they are in the table.",
    ["receiver"],
)
OLDEST_WAITING_SECONDS = Gauge(
    "chitieu_alerts_oldest_waiting_seconds",
    "Since when the oldest of them might have been told; 0 while all wait for working time or nothing waits.",
    ["receiver"],
)
DISABLED = Gauge(
    "chitieu_alerts_receiver_disabled", "1 after the receiver has answered 410, until restart.", ["receiver"]
)
