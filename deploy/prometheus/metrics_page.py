"""docs/metrics.md, made from the metrics that the services' code declares."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from prometheus_client.metrics import MetricWrapperBase

import services.alerts.metrics
import services.scoring.metrics
from services.api.metrics import ApiMetrics
from services.ingest.metrics import IngestMetrics

PAGE = Path(__file__).resolve().parents[2] / "docs" / "metrics.md"

HEAD = """# Metrics

Made by `python -m deploy.prometheus` from the code; a test fails when it is not up to date. Each service serves its own
at `/metrics`, without a key: ports 8081 (ingest), 8082 (scoring), 8083 (alerts), 8080 (api), 8084 (deadman). Names are
`chitieu_<service>_<what>_<unit>`, with `_total` for what only grows; labels are tokens of ours, never values of events.
Beside them are the client library's own of the process and of Python (`process_*`, `python_*`), of the alerts service.

A histogram `x` is read as `x_bucket`, `x_sum` and `x_count`. Rules that rest on these are in
`deploy/prometheus/alerts.yaml`; what to do when one fires is in [operations.md](operations.md).
"""


class Described(NamedTuple):
    """A metric by the name under which it is read."""

    name: str
    kind: str
    labels: tuple[str, ...]
    meaning: str


def metrics() -> dict[str, list[Described]]:
    """Service → its metrics, by name."""
    # The watch over the evaluator is a process of its own and part of the same service.
    alerts = _of(vars(services.alerts.metrics).values())
    watch = [one for one in alerts if one.name.startswith("chitieu_deadman_")]
    return {
        "ingest": _of(vars(IngestMetrics()).values()),
        "scoring": _of(vars(services.scoring.metrics).values()),
        "alerts": [one for one in alerts if one not in watch],
        "deadman": watch,
        "api": _of(vars(ApiMetrics()).values()),
    }


def series_names() -> set[str]:
    """Every name that a rule or a panel may ask for."""
    return {name for described in metrics().values() for one in described for name in _series(one)}


def page() -> str:
    """The whole page."""
    return HEAD + "".join(_section(service, described) for service, described in metrics().items())


def _section(service: str, described: Iterable[Described]) -> str:
    rows = "".join(
        f"| `{one.name}` | {one.kind} | {', '.join(f'`{label}`' for label in one.labels)} | {one.meaning} |\n"
        for one in described
    )
    return f"\n## {service}\n\n| name | kind | labels | meaning |\n|---|---|---|---|\n{rows}"


def _of(objects: Iterable[object]) -> list[Described]:
    return sorted(_described(one) for one in objects if isinstance(one, MetricWrapperBase))


def _described(metric: MetricWrapperBase) -> Described:
    family = next(iter(metric.describe()))
    name = f"{family.name}_total" if family.type == "counter" else family.name
    # The client library has no public way to the names of the labels.
    labels = tuple(metric._labelnames)  # noqa: SLF001
    return Described(name, family.type, labels, family.documentation)


def _series(one: Described) -> Iterator[str]:
    if one.kind == "histogram":
        yield from (f"{one.name}_{part}" for part in ("bucket", "sum", "count"))
    else:
        yield one.name
