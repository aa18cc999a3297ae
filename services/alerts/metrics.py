"""All metrics of the alerts service, each with its meaning."""

from prometheus_client import Counter, Gauge, Histogram

EVALUATIONS = Counter("chitieu_alerts_evaluations_total", "Looks at the board, by outcome.", ["outcome"])
EVALUATION_SECONDS = Histogram("chitieu_alerts_evaluation_seconds", "Time to read the board and decide on all cells.")
TRANSITIONS = Counter("chitieu_alerts_transitions_total", "Recorded transitions, by new state.", ["state"])
DELIVERIES = Counter(
    "chitieu_alerts_deliveries_total", "Delivery attempts, by receiver and outcome.", ["receiver", "outcome"]
)
WAITING = Gauge("chitieu_alerts_waiting_deliveries", "Notifications in memory, by receiver.", ["receiver"])
OWNER = Gauge("chitieu_alerts_owner", "1 while this process is the active evaluator, else 0.")
FIRING = Gauge("chitieu_alerts_firing", "Alerts that are firing now.")
LAST_EVALUATION = Gauge("chitieu_alerts_last_evaluation_timestamp_seconds", "When the board was last decided on.")
