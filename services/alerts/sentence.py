"""One Vietnamese sentence that says why an alert fired or ended, and the evidence frozen with it."""

from typing import Any

from services.alerts.machine import Transition
from services.alerts.observation import Observation


def sentence_vi(transition: Transition) -> str:
    """What an officer reads first: unit, figure, rate with its integers, and the target it is held against."""
    seen = transition.observation
    rate = f"{seen.figure_vi} đạt {percent_vi(seen.percent)} ({number_vi(seen.num)}/{number_vi(seen.den)})"
    target = f"{_comparison_vi(seen)} {seen.target}% của kỳ {seen.period}".strip()
    if transition.to_state == "firing":
        return f"{seen.unit_vi}: {rate}, chưa đạt chỉ tiêu {target}."
    return f"{seen.unit_vi}: {rate}, đã đạt lại chỉ tiêu {target}."


def evidence(transition: Transition, policy_version: str) -> dict[str, Any]:
    """The figures as they were when the transition was decided; JSON types only."""
    seen = transition.observation
    return {
        "numerator": seen.num,
        "denominator": seen.den,
        "percent": seen.percent,
        "target": seen.target,
        "comparator": seen.comparator,
        "legal_row": seen.legal_row,
        "window": {"period": seen.period, "as_of": seen.as_of.isoformat()},
        "flags": list(seen.flags),
        "watermark": [{"partition": w.partition, "offset": w.offset, "received": w.received} for w in seen.watermark],
        "catalogue_version": seen.catalogue_version,
        "policy_version": policy_version,
        "previous_state": transition.from_state,
        "cell": f"/cells/{seen.indicator}/{seen.unit}",
    }


def percent_vi(percent: float | None) -> str:
    """71.4 → "71,4%"; no denominator → "không phát sinh"."""
    return "không phát sinh" if percent is None else f"{percent:.1f}%".replace(".", ",")


def number_vi(number: int) -> str:
    """1234 → "1.234"."""
    return f"{number:,}".replace(",", ".")


def _comparison_vi(seen: Observation) -> str:
    return {">": "trên", ">=": "từ"}.get(seen.comparator, "")
