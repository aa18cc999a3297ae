"""What the elected process does for as long as it owns the alerts: evaluate, obey, hand over, beat."""

import asyncio
from collections.abc import Callable, Sequence

from services.alerts.evaluator import Decided, Evaluator
from services.alerts.hints import Hints
from services.alerts.metrics import EVALUATIONS
from services.alerts.settings import AlertsSettings
from services.alerts.store import Notification
from shared.contracts.commands import Command

BEHIND_SECONDS = 0.1
"""Pause before the tables are read again because their snapshot was older than the hint."""


LOOKS_AHEAD = 4
"""With changes that wait to be told. Telling takes as long as two looks."""


class Owner:
    """Looks go on while what they decided is told; a command is acted on while neither moves the states."""

    def __init__(self, evaluator: Evaluator, hand_over: Callable[[Sequence[Notification]], None]) -> None:
        """`hand_over`: to the queues of those who are told; must not block."""
        self._evaluator = evaluator
        self._hand_over = hand_over
        self._turn = asyncio.Lock()
        self._decided: asyncio.Queue[Decided] = asyncio.Queue(LOOKS_AHEAD)
        self.evaluated = asyncio.Event()
        """Set by every evaluation that came to its end; who waits for it clears it."""

    async def evaluate_for_ever(self, settings: AlertsSettings, hints: Hints) -> None:
        """Look at once, then whenever something moved, and at least every `evaluate_every`."""
        while True:
            async with self._turn:
                decided = await asyncio.to_thread(self._evaluator.look, dict(hints.announced))
                if decided is not None and decided.likely.changes:
                    await self._decided.put(decided)
            EVALUATIONS.labels("behind" if decided is None else "decided").inc()
            if decided is None:
                await hints.wait(0, BEHIND_SECONDS)
            elif decided.likely.waits:
                await self._decided.join()
            else:
                if not self._evaluator.under_way:
                    self._end(decided)
                at_most = min(settings.evaluate_every, self._evaluator.again_within or settings.evaluate_every)
                await hints.wait(settings.coalesce.total_seconds(), at_most.total_seconds())

    async def tell_for_ever(self) -> None:
        """One look's changes after the other's. Ends with the error of what is away; then all is read anew."""
        while True:
            decided = await self._decided.get()
            self._hand_over(await asyncio.to_thread(self._evaluator.tell, decided))
            self._end(decided)
            self._decided.task_done()

    def _end(self, decided: Decided) -> None:
        """All that was decided so far is recorded and handed over: a sign of life."""
        self._evaluator.measure(decided)
        self.evaluated.set()

    async def obey(self, command: Command) -> str:
        """What became of it, as one token."""
        async with self._turn:
            await self._decided.join()
            obeyed = await asyncio.to_thread(self._evaluator.obey, command)
        self._hand_over(obeyed.notifications)
        return obeyed.outcome
