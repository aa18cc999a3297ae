"""All metrics of the alerts service, each with its meaning."""

from prometheus_client import Counter, Gauge, Histogram

EVALUATIONS = Counter("chitieu_alerts_evaluations_total", "Looks at the board, by outcome.", ["outcome"])
EVALUATION_SECONDS = Histogram("chitieu_alerts_evaluation_seconds", "Time to read the board and decide on all cells.")
TRANSITIONS = Counter("chitieu_alerts_transitions_total", "Recorded transitions, by new state.", ["state"])
OWNER = Gauge("chitieu_alerts_owner", "1 while this process is the active evaluator, else 0.")
FIRING = Gauge("chitieu_alerts_firing", "Alerts that are firing now.")
LAST_EVALUATION = Gauge("chitieu_alerts_last_evaluation_timestamp_seconds", "When the board was last decided on.")

# Delivery.
DELIVERIES = Counter(
    "chitieu_alerts_deliveries_total",
    "Changes told, by receiver and outcome (delivered, failed, given_up, resend_failed).",
    ["receiver", "outcome"],
)
WAITING = Gauge("chitieu_alerts_waiting", "Changes that wait to be told, by receiver.", ["receiver"])
OLDEST_WAITING_SECONDS = Gauge(
    "chitieu_alerts_oldest_waiting_seconds",
    "Since when the oldest of them might have been told; 0 while all wait for working time or nothing waits.",
    ["receiver"],
)
DISABLED = Gauge(
    "chitieu_alerts_receiver_disabled", "1 after the receiver has answered 410, until restart.", ["receiver"]
)
