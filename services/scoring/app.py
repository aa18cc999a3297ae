"""Composition root: log → buffer → fold → events, ledger → changes → store → committed offset."""

import asyncio
import gc
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, suppress
from typing import NoReturn

from services.scoring.announce import Announcer
from services.scoring.blocks import Folder
from services.scoring.connection import inserting_client
from services.scoring.engine import readings_hash
from services.scoring.facts import Facts
from services.scoring.lane import Wiring
from services.scoring.log_reader import LogReader
from services.scoring.pages import serve_pages
from services.scoring.probe import prove_one_part
from services.scoring.restore import Identity, current_boot
from services.scoring.settings import ScoringSettings
from services.scoring.stream import EventStream
from services.scoring.tables import Tables
from services.scoring.two_subjects import checking_two_subjects
from services.scoring.versions import prove_version, resolve_version
from services.scoring.watching import watched
from services.scoring.worker import Worker
from services.scoring.writer import Writer
from shared.kafka import producer
from shared.topics.setup import verify_topics

POLL_SECONDS = 0.5
"""How often it is asked whether a lane or Faust has given up."""

STOP_SECONDS = 10
"""Faust may not return from stopping when the broker is away; what it would commit is only a hint."""


async def serve(settings: ScoringSettings, facts: Facts, leave: Callable[[str], NoReturn]) -> None:
    """Runs until SIGTERM. When the worker must exit instead, `leave` ends the process and is told the reason.

    Unwinding would wait for Faust's threads, and those for a broker. Raises `StartError`, `RetryableError`,
    `ClickHouseError` or `KafkaError` when a dependency is missing at start.
    """
    stop = _stop_signal()
    settings = await asyncio.to_thread(resolve_version, settings)
    async with AsyncExitStack() as stack:
        wiring = await wire(settings, facts, stack)
        stream = EventStream(settings)
        worker = Worker(wiring, stream)
        stream.attach(worker)
        await stack.enter_async_context(serve_pages(settings, worker))
        await stack.enter_async_context(checking_two_subjects(worker, settings))
        async with watched(worker, wiring, leave):
            # What start-up allocated is never garbage; without this every full collection walks it. Before the first
            # record, because collecting takes as long as a thousand events.
            gc.collect()
            gc.freeze()
            await stream.start()
            reason = await _until_end(stop, worker, stream)
        if reason:
            leave(reason)
        await worker.revoked(set(worker.lanes))
        with suppress(TimeoutError):
            await asyncio.wait_for(stream.stop(), STOP_SECONDS)


async def wire(settings: ScoringSettings, facts: Facts, stack: AsyncExitStack) -> Wiring:
    """Proves every dependency, then builds what all lanes share; `stack` closes it."""
    await verify_topics(settings)
    settings.data.mkdir(parents=True, exist_ok=True)
    client = await asyncio.to_thread(inserting_client, settings)
    identity = Identity(readings_hash(), facts.hash, current_boot())
    database, version = settings.clickhouse_database, settings.scoring_version
    await asyncio.to_thread(prove_version, client, database, version, identity.readings_hash, identity.facts_hash)
    await asyncio.to_thread(prove_one_part, client, database)
    publisher, reader = producer(settings), LogReader(settings)
    for part in (publisher, reader):
        await part.start()
        stack.push_async_callback(part.stop)
    processing = stack.enter_context(ThreadPoolExecutor(1, "scoring"))
    return Wiring(
        settings=settings,
        client=client,
        tables=Tables(database, version),
        facts=facts,
        identity=identity,
        writer=Writer(settings.scoring_block_bytes, settings.scoring_block_rows),
        folder=Folder(facts, settings.partitions, settings.scoring_block_rows),
        announcer=Announcer(publisher, settings.topic_prefix, version),
        reader=reader,
        processing=processing,
    )


async def _until_end(stop: asyncio.Event, worker: Worker, stream: EventStream) -> str:
    while not stop.is_set():
        if worker.failure.done():
            return worker.failure.result()
        if reason := stream.crashed():
            return reason
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL_SECONDS):
                await stop.wait()
    return ""


def _stop_signal() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop
