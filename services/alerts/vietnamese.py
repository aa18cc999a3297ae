"""Numbers, days and levels as Vietnamese officers write them (pure)."""

from datetime import date, datetime
from typing import Any

from shared.local_time import LOCAL


def number_vi(number: int) -> str:
    """1234 → "1.234"."""
    return f"{number:,}".replace(",", ".")


def percent_vi(percent: float | None) -> str:
    """71.4 → "71,4%", 60.0 → "60%"; no denominator → "không phát sinh"."""
    if percent is None:
        return "không phát sinh"
    tenths = round(percent * 10)
    whole, tenth = divmod(tenths, 10)
    return f"{number_vi(whole)},{tenth}%" if tenth else f"{number_vi(whole)}%"


def share_vi(numerator: int, denominator: int) -> str:
    """(5, 200) → "5/200"."""
    return f"{number_vi(numerator)}/{number_vi(denominator)}"


def target_vi(target: int, comparator: str) -> str:
    """A level with its own comparator: a strict one is never called "from"."""
    words = {">": f"trên {target}%", ">=": f"từ {target}% trở lên"}
    return words.get(comparator, f"{target}%")


def day_vi(iso: str) -> str:
    """2026-11-14 → "14/11/2026"."""
    return date.fromisoformat(iso).strftime("%d/%m/%Y")


def short_day_vi(iso: str) -> str:
    """2026-12-31 → "31/12"."""
    return date.fromisoformat(iso).strftime("%d/%m")


def moment_vi(instant: datetime | str) -> str:
    """Local time: "08:05 ngày 14/11/2026"."""
    moment = datetime.fromisoformat(instant) if isinstance(instant, str) else instant
    return moment.astimezone(LOCAL).strftime("%H:%M ngày %d/%m/%Y")


def span_vi(minutes: int) -> str:
    """15 → "15 phút", 120 → "2 giờ"."""
    return f"{minutes // 60} giờ" if minutes % 60 == 0 else f"{minutes} phút"


def listed_vi(things: list[Any], most: int = 3) -> str:
    """The first few, and how many more there are."""
    shown = ", ".join(str(thing) for thing in things[:most])
    return f"{shown} và {len(things) - most} mục khác" if len(things) > most else shown
