"""All metrics of the api, each with its meaning."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class ApiMetrics:
    """Built once per app, so that two apps in one process do not share counts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "chitieu_api_requests_total", "Requests, by route and status.", ["route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "chitieu_api_request_seconds", "Time to answer, by route.", ["route"], registry=self.registry
        )
        self.problems = Counter(
            "chitieu_api_problems_total", "ProblemError answers, by reason token.", ["reason"], registry=self.registry
        )
        self.in_flight = Gauge(
            "chitieu_api_in_flight_requests", "Requests being answered now, streams left out.", registry=self.registry
        )
        self.streams = Gauge("chitieu_api_streams", "Live streams that are open.", registry=self.registry)
        self.polls = Counter(
            "chitieu_api_polls_total", "Looks at the watermark, by outcome.", ["outcome"], registry=self.registry
        )
        self.watermark = Gauge(
            "chitieu_api_watermark_timestamp_seconds",
            "Receive time of the newest record that is on the board.",
            registry=self.registry,
        )
