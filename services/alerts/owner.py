"""What the elected process does for as long as it owns the alerts: evaluate, obey, hand over, beat."""

import asyncio
from collections.abc import Callable, Sequence

from services.alerts.evaluator import Evaluator
from services.alerts.hints import Hints
from services.alerts.metrics import EVALUATIONS
from services.alerts.settings import AlertsSettings
from services.alerts.store import Notification
from shared.contracts.commands import Command

BEHIND_SECONDS = 0.1
"""Pause before the tables are read again because their snapshot was older than the hint."""


class Owner:
    """Evaluations and commands take turns: both move the same states."""

    def __init__(self, evaluator: Evaluator, hand_over: Callable[[Sequence[Notification]], None]) -> None:
        """`hand_over`: to the queues of those who are told; must not block."""
        self._evaluator = evaluator
        self._hand_over = hand_over
        self._turn = asyncio.Lock()
        self.evaluated = asyncio.Event()
        """Set by every evaluation that came to its end; who waits for it clears it."""

    async def evaluate_for_ever(self, settings: AlertsSettings, hints: Hints) -> None:
        """Look at once, then whenever something moved, and at least every `evaluate_every`."""
        while True:
            async with self._turn:
                told = await asyncio.to_thread(self._evaluator.evaluate, dict(hints.announced))
            EVALUATIONS.labels("behind" if told is None else "decided").inc()
            if told is None:
                await hints.wait(0, BEHIND_SECONDS)
                continue
            self._hand_over(told)
            self.evaluated.set()
            at_most = min(settings.evaluate_every, self._evaluator.again_within or settings.evaluate_every)
            await hints.wait(settings.coalesce.total_seconds(), at_most.total_seconds())

    async def obey(self, command: Command) -> str:
        """What became of it, as one token."""
        async with self._turn:
            obeyed = await asyncio.to_thread(self._evaluator.obey, command)
        self._hand_over(obeyed.notifications)
        return obeyed.outcome
