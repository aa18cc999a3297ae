"""Whether the evaluator is still at work, as somebody outside of it sees it (pure)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

METRIC = "chitieu_alerts_last_evaluation_timestamp_seconds"

Word = Literal["stopped", "running"]


@dataclass(frozen=True, slots=True)
class Watch:
    """`alive`: the last evaluation that was seen, at first the moment the watch began. `told`: what people believe."""

    alive: datetime
    told: Word = "running"


@dataclass(frozen=True, slots=True)
class News:
    """What people must be told. `id` stays the same until they have been."""

    word: Word
    alive: datetime

    @property
    def id(self) -> str:
        """Of this stop, or of this return."""
        return f"evaluator-{self.word}:{self.alive.isoformat()}"

    def sentence_vi(self, now: datetime) -> str:
        """What whoever is on duty reads."""
        if self.word == "running":
            return "Bộ đánh giá cảnh báo đã hoạt động trở lại."
        return (
            f"Bộ đánh giá cảnh báo đã ngừng: lần đánh giá cuối lúc {self.alive.isoformat(timespec='seconds')}, "
            f"cách đây {(now - self.alive) // timedelta(seconds=1)} giây. Không có cảnh báo nào được gửi trong lúc này."
        )


def last_evaluation(metrics: Iterable[str]) -> float:
    """Seconds since 1970 of the newest evaluation that several services' metrics name; 0 when none does."""
    lines = (line.split() for text in metrics for line in text.splitlines() if line.startswith(METRIC + " "))
    return max((float(value) for _, value, *_ in lines), default=0.0)


def look(watch: Watch, evaluated: datetime | None, now: datetime, limit: timedelta) -> tuple[Watch, News | None]:
    """What was seen (None: nobody answers), and the news. It is told once, and once more when it is over."""
    watch = replace(watch, alive=max(watch.alive, evaluated or watch.alive))
    word: Word = "stopped" if now - watch.alive >= limit else "running"
    return watch, News(word, watch.alive) if word != watch.told else None


def told(watch: Watch, news: News) -> Watch:
    """After it was delivered."""
    return replace(watch, told=news.word)
