"""Delivers what is recorded, one queue per receiver, so that a failing receiver never delays another.

A queue is bounded: what finds no place in it is in the table, and is read from there, the gravest first.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import SystemRandom

from services.alerts.backlog import Backlog
from services.alerts.channels import Channel, DeliveryError
from services.alerts.delivery_log import DeliveryLog
from services.alerts.grouping import RATE_WINDOW, Message, Pace, Plan, Waiting, is_critical, plan
from services.alerts.metrics import DELIVERIES, DISABLED, OLDEST_WAITING_SECONDS, WAITING
from services.alerts.retrying import is_given_up, longest_wait_seconds
from services.alerts.store import AT_ONCE, DeliveryStep, Notification, StepState
from shared.logs import get_logger

LOOK_AGAIN_SECONDS = 30.0
"""Longest sleep of a queue: a clock that is set while it sleeps is noticed."""

log = get_logger(__name__)


def full_jitter(longest_seconds: float) -> float:
    """Anything from 0: receivers that all lost the same network do not come back in step."""
    return SystemRandom().uniform(0, longest_seconds)


@dataclass(frozen=True, slots=True)
class Timing:
    """The clock, and what is drawn from it. `not_before`: when a notification that arrives now may be told."""

    clock: Callable[[], datetime]
    not_before: Callable[[Notification, datetime], datetime] = lambda _, now: now
    jitter: Callable[[float], float] = full_jitter


class DeliveryQueue:
    """Groups, delivers and logs the notifications of one receiver."""

    def __init__(
        self, channel: Channel, pace: Pace, steps: DeliveryLog, timing: Timing, at_most: int = AT_ONCE
    ) -> None:
        self.channel = channel
        self._pace = pace
        self._steps = steps
        self._timing = timing
        self._backlog = Backlog(at_most)
        self._moved = asyncio.Event()
        self._sent: list[datetime] = []
        self._failures = 0
        self._retry_at: datetime | None = None
        self._disabled = ""
        self._publish()

    async def refill(self) -> None:
        """Take up the gravest that are recorded and not delivered, be it by an earlier owner."""
        began = self._backlog.begin_reading()
        found = await self._steps.undelivered(self.channel.name, self._backlog.at_most)
        self._backlog.replace(self._due(found), began)
        self._moved.set()

    def put(self, notifications: Sequence[Notification]) -> None:
        """Queue those of the recorded notifications that go to this receiver."""
        self._backlog.put(self._due([one for one in notifications if self.channel.name in one.receivers]))
        self._moved.set()

    async def run(self) -> None:
        """Deliver for ever; cancelled when ownership is lost. Leaves with the store's error when it reads."""
        while True:
            self._moved.clear()
            WAITING.labels(self.channel.name).set(len(self._backlog.held))
            if self._disabled:
                await self._log(list(self._backlog.held.values()), "given_up", self._disabled, "")
            planned = self._plan()
            if self._backlog.wants_reading(idle=not planned.send):
                await self.refill()
            elif planned.send:
                await self._deliver(planned.send)
            else:
                await self._sleep(planned.wake)

    def oldest_waiting_seconds(self) -> float:
        """Age of the oldest in memory that may be told."""
        now, held = self._timing.clock(), self._backlog.held.values()
        return max((max(now - one.due, timedelta(0)).total_seconds() for one in held), default=0.0)

    def _due(self, notifications: Sequence[Notification]) -> list[Waiting]:
        now = self._timing.clock()
        return [Waiting(one, self._timing.not_before(one, now)) for one in notifications]

    def _publish(self) -> None:
        """A successor in this process takes the gauges over."""
        DISABLED.labels(self.channel.name).set(0)
        OLDEST_WAITING_SECONDS.labels(self.channel.name).set_function(self.oldest_waiting_seconds)

    def _plan(self) -> Plan:
        now = self._timing.clock()
        if self._retry_at and now < self._retry_at:
            return Plan(wake=self._retry_at)
        self._sent = [moment for moment in self._sent if now - moment < RATE_WINDOW]
        return plan(list(self._backlog.held.values()), self._pace, self._sent, now)

    async def _sleep(self, wake: datetime | None) -> None:
        """Until `wake`, or earlier when something arrives."""
        seconds = (wake - self._timing.clock()).total_seconds() if wake else LOOK_AGAIN_SECONDS
        # Not `wait_for`: before Python 3.12 it swallows a cancellation that comes together with the event.
        with suppress(TimeoutError):
            async with asyncio.timeout(min(max(seconds, 0), LOOK_AGAIN_SECONDS)):
                await self._moved.wait()

    async def _deliver(self, batch: Sequence[Waiting]) -> None:
        message = Message(tuple(one.notification for one in batch))
        tried = [_tried(one, self._timing.clock()) for one in batch]
        try:
            remark = await self.channel.deliver(message, self._timing.clock())
        except DeliveryError as error:
            await self._failed(tried, message, error)
            return
        self._failures, self._retry_at = 0, None
        if not is_critical(batch):
            self._sent.append(self._timing.clock())
        await self._log(tried, "delivered", remark, message.id)

    async def _failed(self, tried: Sequence[Waiting], message: Message, error: DeliveryError) -> None:
        if error.gone:
            self._disabled = error.detail
            DISABLED.labels(self.channel.name).set(1)
            log.error("receiver_disabled", receiver=self.channel.name, detail=error.detail)
            await self._log(tried, "given_up", error.detail, message.id)
            return
        now = self._timing.clock()
        self._failures += 1
        drawn = timedelta(seconds=self._timing.jitter(longest_wait_seconds(self._failures)))
        self._retry_at = now + max(drawn, error.retry_after or timedelta(0))
        last = [one for one in tried if is_given_up(error.refused, one.attempts, one.tried or now, now)]
        again = [one for one in tried if one not in last]
        await self._log(last, "given_up", error.detail, message.id)
        await self._log(again, "failed", error.detail, message.id)

    async def _log(self, tried: Sequence[Waiting], state: StepState, detail: str, message_id: str) -> None:
        """What is told is no longer waiting here; a restart before it is written tells it again."""
        if not tried:
            return
        name, now = self.channel.name, self._timing.clock()
        steps = [DeliveryStep(one.notification, name, state, one.attempts, now, detail, message_id) for one in tried]
        await self._steps.add(steps)
        for one in tried:
            if state == "failed":
                self._backlog.held[one.notification.id] = one
            else:
                self._backlog.held.pop(one.notification.id, None)
        DELIVERIES.labels(name, state).inc(len(tried))
        ids = [one.notification.id for one in tried]
        log.info("delivery", receiver=name, state=state, message=message_id, ids=ids, detail=detail)


def _tried(one: Waiting, now: datetime) -> Waiting:
    return replace(one, attempts=one.attempts + 1, tried=one.tried or now)
