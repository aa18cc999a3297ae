"""What moves slowly is not read at every look, and a look that left it out is soon followed by one that does not."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from services.alerts.evaluator import Evaluator, Seen, Senses
from services.alerts.hints import Hints
from services.alerts.owner import Owner
from services.alerts.senses import Lately
from services.alerts.settings import AlertsSettings
from tests.support.alert_store import MemoryAlerts, MemoryAlertStore
from tests.support.alerts import NOW, all_held, minutes, policies


def test_it_is_read_anew_once_it_is_too_old_or_the_clock_was_set_back() -> None:
    readings = iter(range(10))
    lately = Lately(lambda _: next(readings), minutes(2))
    moments = [0, 1, 1.9, 2, 3, -5]
    assert [lately.at(NOW + minutes(moment)) for moment in moments] == [0, 0, 0, 1, 1, 2]


@dataclass
class OneWait(Hints):
    """Notes how long is waited for a hint, and ends."""

    announced: dict[int, int] = field(default_factory=dict)
    at_most: float = 0.0

    async def wait(self, coalesce_seconds: float, at_most_seconds: float) -> None:
        del coalesce_seconds
        self.at_most = at_most_seconds
        raise asyncio.CancelledError


@pytest.mark.parametrize(("again_within", "waited"), [(None, 30.0), (timedelta(seconds=2), 2.0)])
async def test_a_look_that_left_something_out_is_followed_by_another(
    again_within: timedelta | None, waited: float
) -> None:
    store = MemoryAlertStore(MemoryAlerts())
    senses = Senses(lambda _: Seen([], [], again_within), all_held)
    evaluator = Evaluator(senses, store, policies(), lambda *_: (), lambda: NOW, store.take_over(1))
    hints = OneWait()
    with pytest.raises(asyncio.CancelledError):
        await Owner(evaluator, lambda _: None).evaluate_for_ever(AlertsSettings(), hints)
    assert hints.at_most == waited
