"""Who stands by stays electable however long nothing happens, and so does an owner whose engine is away for long."""

import asyncio
from contextlib import AsyncExitStack

from services.alerts.hints import Hints, changes_consumer
from services.alerts.settings import AlertsSettings
from shared.topics.setup import create_topics
from tests.support.kafka import LocalKafka
from tests.support.waiting import eventually

IDLE_MS = 1_500
"""The library puts a member that asked for nothing for so long out of the group until it asks again."""
TURN_SECONDS = 0.1
TURNS = 3 * IDLE_MS // 100
DEADLINE_SECONDS = 60


class Member:
    """One replica: stands by until it is elected, then asks for hints for as long as it is."""

    def __init__(self, hints: Hints) -> None:
        self.hints = hints
        self.turns = 0

    @property
    def owns(self) -> bool:
        return self.hints.ownership.held.is_set()

    async def live(self) -> None:
        while True:
            await self.hints.stand_by()
            while self.owns:
                await self.hints.wait(0, TURN_SECONDS)
                self.turns += 1


async def until(condition: bool) -> bool:
    return condition


async def test_one_who_stood_by_for_long_is_elected_when_the_owner_leaves(kafka: LocalKafka, unique: str) -> None:
    settings = AlertsSettings(kafka_bootstrap=kafka.bootstrap, topic_prefix=f"{unique}-")
    await create_topics(settings)
    async with AsyncExitStack() as first, AsyncExitStack() as second:
        stacks = (first, second)
        members = [Member(await stack.enter_async_context(changes_consumer(settings, IDLE_MS))) for stack in stacks]
        lives = [asyncio.create_task(member.live()) for member in members]
        # Long after both have joined, so that one of them has only stood by.
        await eventually(
            lambda: until(
                sorted(one.owns for one in members) == [False, True] and max(m.turns for m in members) > TURNS
            ),
            deadline_seconds=DEADLINE_SECONDS,
            what="an owner at work",
        )
        owner = next(number for number, one in enumerate(members) if one.owns)
        lives[owner].cancel()
        await asyncio.gather(lives[owner], return_exceptions=True)
        await stacks[owner].aclose()
        other = members[1 - owner]
        await eventually(lambda: until(other.owns), deadline_seconds=DEADLINE_SECONDS, what="a successor")
        lives[1 - owner].cancel()
        await asyncio.gather(*lives, return_exceptions=True)
