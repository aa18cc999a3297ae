"""All receivers of the installation together: who has a queue, and when each may be told."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, Self, runtime_checkable

from services.alerts.channels.registry import AnyOptions, open_channel
from services.alerts.delivery import DeliveryQueue, Timing
from services.alerts.delivery_log import DeliveryLog
from services.alerts.finding import Scope
from services.alerts.policy import Policies
from services.alerts.receivers import Receivers
from services.alerts.routing import not_before
from services.alerts.store import AlertStore, Notification
from shared.catalogue.working_days import WorkingCalendar

Clock = Callable[[], datetime]


@runtime_checkable
class Tended(Protocol):
    """A channel that must keep telling what is open."""

    def adopt(self, standing: Sequence[Notification]) -> None: ...
    async def tend(self, clock: Clock) -> None: ...


@dataclass(frozen=True)
class Dispatch:
    """The queues of all receivers, for as long as this process owns the alerts."""

    queues: Sequence[DeliveryQueue]
    steps: DeliveryLog
    clock: Clock

    @classmethod
    def open(
        cls, receivers: Receivers, store: AlertStore, policies: Policies, working_days: WorkingCalendar, clock: Clock
    ) -> Self:
        """Connects to nothing yet. Raises StartError when a receiver's secret cannot be used."""
        queues, steps = [], DeliveryLog(store)
        for name, options in receivers.each.items():
            channel = open_channel(name, options, receivers.public_url)
            timing = Timing(clock, _not_before(options, policies, working_days))
            queues.append(DeliveryQueue(channel, options.pace, steps, timing))
        return cls(queues, steps, clock)

    async def take_over(self, standing: Sequence[Notification]) -> None:
        """Goes on where an earlier owner stopped. `standing`: of each open alert what each receiver was told last."""
        for queue in self.queues:
            await queue.refill()
            if isinstance(queue.channel, Tended):
                queue.channel.adopt(standing)

    def put(self, notifications: Sequence[Notification]) -> None:
        """Hand recorded notifications to the queues of their receivers."""
        for queue in self.queues:
            queue.put(notifications)

    def work(self) -> list[Coroutine[Any, Any, None]]:
        """What runs until ownership is lost: the log, one per receiver, and one more for each that is tended."""
        tended = [queue.channel.tend(self.clock) for queue in self.queues if isinstance(queue.channel, Tended)]
        return [self.steps.run(), *(queue.run() for queue in self.queues), *tended]

    async def close(self) -> None:
        """Ends connections and threads."""
        await asyncio.gather(*(queue.channel.close() for queue in self.queues))


def scope_of(notification: Notification) -> Scope:
    """Which alert it is of, so that its policy can be asked."""
    one = notification
    return Scope(one.rule, one.thing, one.unit, one.indicator, one.figure, one.period)


def _not_before(
    options: AnyOptions, policies: Policies, working_days: WorkingCalendar
) -> Callable[[Notification, datetime], datetime]:
    """A receiver that does not keep working time is told at once, whatever the policy's calendar."""

    def moment(notification: Notification, now: datetime) -> datetime:
        if not options.working_time:
            return now
        calendar = policies.policy_for(scope_of(notification)).calendar
        return not_before(now, calendar, policies.file.working_time, working_days)

    return moment
