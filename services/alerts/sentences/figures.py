"""Sentences of the rules about a unit's figure: below target, early warning, pace."""

from typing import Any

from services.alerts.sentences.frame import Facts, Words
from services.alerts.vietnamese import moment_vi, number_vi, percent_vi, share_vi, short_day_vi, target_vi
from shared.contracts.alerts import Rule


def _rate(facts: Facts) -> str:
    amounts = share_vi(facts["numerator"], facts["denominator"])
    return f"{facts['unit_vi']}: {facts['figure_vi']} đạt {percent_vi(facts['percent'])} ({amounts})"


def _target(facts: Facts) -> str:
    return f"chỉ tiêu {target_vi(facts['target'], facts['comparator'])} của kỳ {facts['window']['period']}"


def _below(facts: Facts) -> str:
    return f"{_rate(facts)}, chưa đạt {_target(facts)}{_late(facts)}"


def _met(facts: Facts) -> str:
    """Within a tolerated margin the target itself is still missed, and the sentence says so."""
    if _reached(facts):
        return f"{_rate(facts)}, đã đạt lại {_target(facts)}"
    return f"{_rate(facts)}, đã trở lại trên mức cảnh báo {facts['alert_level']}%, còn thiếu so với {_target(facts)}"


def _reached(facts: Facts) -> bool:
    got, wanted = facts["numerator"] * 100, facts["target"] * facts["denominator"]
    return bool(got > wanted if facts["comparator"] == ">" else got >= wanted)


def _late(facts: Facts) -> str:
    """What tipped it happened before today: it became known late."""
    late = [event for event in facts.get("events", ()) if event["late"]]
    return f"; do sự kiện lúc {moment_vi(late[0]['time'])} đến muộn" if late else ""


def _corrected(facts: Facts) -> str:
    """`then`: the figures of the moment it fired, as they are known now."""
    then: dict[str, Any] | None = facts.get("then")
    said = "theo dữ liệu hiện nay, lúc phát cảnh báo số liệu không chạm mức cảnh báo"
    if then and then["denominator"]:
        amounts = share_vi(then["numerator"], then["denominator"])
        said = f"lúc phát cảnh báo số đúng là {percent_vi(then['percent'])} ({amounts})"
    return f"{facts['unit_vi']}: cảnh báo về {facts['figure_vi']} đã rút: dữ liệu được đính chính, {said}"


def _recent(facts: Facts) -> str:
    amounts = share_vi(facts["recent_numerator"], facts["recent_denominator"])
    return f"{facts['unit_vi']}: {facts['figure_vi']} 30 ngày qua đạt {percent_vi(facts['recent_percent'])} ({amounts})"


def _recent_below(facts: Facts) -> str:
    whole = f"cả kỳ đến nay {percent_vi(facts['percent'])}"
    return f"{_recent(facts)}, {whole}; cảnh báo sớm so với {_target(facts)}{_late(facts)}"


def _recent_met(facts: Facts) -> str:
    return f"{_recent(facts)}, hết cảnh báo sớm so với {_target(facts)}"


def _pace(facts: Facts) -> str:
    """The level is the target, or where the policy's margin puts it.

    Without recent events there is no forecast, and while nothing can be said there is no required rate either.
    """
    if "required_percent" not in facts:
        return f"{_rate(facts)}, dự báo không đạt {_target(facts)}"
    end, counted = short_day_vi(facts["window"]["end"]), facts["counted_vi"]
    need = f"{percent_vi(facts['required_percent'])} của {number_vi(facts['expected'])} {counted} tiếp theo phải đạt"
    said = f", dự báo chỉ đạt {_forecast(facts)}" if "forecast_percent" in facts else ""
    return f"{_rate(facts)}; để đạt {_level(facts)} đến {end}, {need}{said}"


def _forecast(facts: Facts) -> str:
    low, high = percent_vi(facts["forecast_low_percent"]), percent_vi(facts["forecast_high_percent"])
    return f"{percent_vi(facts['forecast_percent'])} (khoảng {low} đến {high})"


def _level(facts: Facts) -> str:
    if facts["alert_level"] == facts["target"]:
        return target_vi(facts["target"], facts["comparator"])
    return f"mức {facts['alert_level']}% (chỉ tiêu {target_vi(facts['target'], facts['comparator'])})"


def _on_pace(facts: Facts) -> str:
    if "forecast_percent" not in facts:
        return f"{_rate(facts)}, không còn dự báo hụt {_target(facts)}"
    return f"{_rate(facts)}, dự báo cuối kỳ đạt {_forecast(facts)}, không còn dự báo hụt {_target(facts)}"


def _lost(facts: Facts) -> str:
    """Even if all that is still expected counted; what is expected is not known at every look."""
    year, rest = facts["window"]["period"], ""
    if "expected" in facts:
        rest = f" kể cả khi toàn bộ {number_vi(facts['expected'])} {facts['counted_vi']} dự kiến còn lại đều đạt"
    return f"{_rate(facts)}, không thể đạt {_level(facts)} trong kỳ {year}{rest}"


def _still_below(facts: Facts) -> str:
    return _below(facts)


WORDS: dict[Rule, Words] = {
    "below_target": Words("chưa đạt chỉ tiêu", _below, _met, _corrected, _still_below),
    "below_recent": Words("sớm về 30 ngày qua", _recent_below, _recent_met, _corrected, _recent_below),
    "pace": Words("dự báo không đạt chỉ tiêu", _pace, _on_pace, _corrected, _lost),
}
