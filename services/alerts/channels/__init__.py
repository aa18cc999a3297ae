"""Channels: one file each with its options and its `deliver`, and one line in the registry to name them."""

from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Protocol

from pydantic import Field

from services.alerts.grouping import GroupBy, Message, Pace
from services.alerts.policy import Row, Span


class DeliveryError(Exception):
    """The receiver did not take it.

    `refused`: the same request will be refused again. `gone`: it asks never to be called again. `retry_after`: it asks
    for so much time.
    """

    def __init__(
        self, detail: str, *, refused: bool = False, gone: bool = False, retry_after: timedelta | None = None
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.refused = refused
        self.gone = gone
        self.retry_after = retry_after


class Options(Row):
    """What every receiver may say, whatever its kind; the defaults are those of a machine.

    `group_wait`: so long the first change of a group waits for others. `rate_per_hour`: messages, critical ones not
    counted. `working_time`: whether what a policy's calendar keeps for working hours waits for them. `everything`: it
    gets all that anybody is told, without being named by a policy. `holds_open`: it shows an alert until it hears of
    the end, also of one that is no news to people.
    """

    apart: ClassVar[bool] = True
    holds_open: ClassVar[bool] = False
    group_by: GroupBy = "none"
    group_wait: Span = timedelta(0)
    rate_per_hour: Annotated[int, Field(ge=1, le=3600)] | None = None
    working_time: bool = False
    everything: bool = False
    timeout: Span = timedelta(seconds=10)

    @property
    def pace(self) -> Pace:
        """How the receiver's queue groups and limits."""
        return Pace(self.group_by, self.group_wait, self.rate_per_hour, self.apart)


class PeoplesOptions(Options):
    """People are told less often, and what waits together is told as it is now."""

    apart: ClassVar[bool] = False
    group_wait: Span = timedelta(seconds=10)
    rate_per_hour: Annotated[int, Field(ge=1, le=3600)] | None = 20
    working_time: bool = True


class Channel(Protocol):
    """A way to one receiver. `deliver` returns a remark for the log, mostly empty, or raises `DeliveryError`."""

    name: str

    async def deliver(self, message: Message, now: datetime) -> str: ...
    async def close(self) -> None: ...
