"""The usual Faust program: one event per record, an agent, a table of records by subject and one of sums by cell.

It calls the same readings and finds the same duplicates; it writes nothing to a database, which ours does. In-memory
tables with their changelog topics are Faust's own defaults. What a person who knows Faust would do for speed is done:

- only cells that an event moves are set: every set is one message to the changelog (1.5 per event instead of 5);
- values are `bytes`, encoded by msgspec: JSON costs 4 % of the time;
- the producer lingers and fills batches of 1 MB (by default it waits for nothing and sends 16 KB);
- the changelog's buffer holds 10,000 messages: at 100 the stream stops for it in every tenth of a second;
- `--loglevel info`: at `warn` and above Faust shows a spinner, for which every debug message of every library is
  formatted (13 % of the time);
- uvloop, and nothing that start-up allocated is collected again.

`Stream.take` would set each cell once per batch, but a table's change goes to the partition of the batch's last event
(`Collection.partition_for_key`), so that another worker would restore wrong tables: not used. Nor is
`producer_threaded`: it costs more than it saves.
"""

import argparse
import gc
import sys
from pathlib import Path
from typing import Any

import faust
import mode.loop
import msgspec
from faust.transport.producer import ProducerBuffer

from services.scoring.evaluation import NOTHING, evaluate
from services.scoring.facts import Facts
from services.scoring.records import Delivery, admit, decode_record, encode_record
from shared.catalogue import load_catalogue
from shared.contracts.event import Event

TELL_EVERY = 500
LINGER_SECONDS = 0.05
BATCH_BYTES = 1 << 20
BUFFERED_MESSAGES = 10_000
PARTITIONS = 4
TABLES = ("records", "sums")


def changelogs(name: str) -> list[str]:
    """Topics that the application `name` keeps its tables in. Made beforehand: an agent that is faster than the
    broker's news of a new topic stops for good (`PartitionsMismatch`)."""
    return [f"{name}-{table}-changelog" for table in TABLES]


def build_app(bootstrap: str, topic_name: str, name: str, told: Path, data: Path) -> Any:
    """The Faust application; it writes how many events it has processed into `told`."""
    facts = Facts.from_catalogue(load_catalogue())
    app = _app(bootstrap, name, data)
    topic = app.topic(topic_name, value_type=bytes, value_serializer="raw", key_serializer="raw")
    records, sums = (app.Table(table, schema=_raw()) for table in TABLES)
    decode = msgspec.msgpack.Decoder(Event).decode
    done = 0

    @app.agent(topic)  # type: ignore[untyped-decorator]
    async def score(stream: Any) -> None:
        nonlocal done
        gc.collect()
        gc.freeze()
        async for value in stream:
            event = decode(value)
            key = event.subject.encode()
            stored = records.get(key)
            old = decode_record(stored) if stored is not None else None
            record, _, moved = admit(old, [Delivery(event, 0, 0, 0, 0)])
            if record is not old:
                records[key] = encode_record(record)
            if moved:
                before = evaluate(facts, old).entries if old is not None else NOTHING.entries
                _move(sums, before, evaluate(facts, record).entries)
            done += 1
            if done % TELL_EVERY == 0:
                told.write_text(str(done))  # noqa: ASYNC240 - 20 µs once in 500 events

    return app


def _app(bootstrap: str, name: str, data: Path) -> Any:
    ProducerBuffer.max_messages = BUFFERED_MESSAGES
    return faust.App(
        name,
        broker=f"kafka://{bootstrap}",
        datadir=str(data),
        web_enabled=False,
        store="memory://",
        topic_partitions=PARTITIONS,
        producer_linger=LINGER_SECONDS,
        producer_max_batch_size=BATCH_BYTES,
    )


def _raw() -> Any:
    return faust.Schema(key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")


def _move(sums: Any, before: Any, after: Any) -> None:
    """Brings the sums of the cells from the old contributions of a record to the new; sets what differs."""
    changes: dict[tuple[str, str, int, str], list[int]] = {}
    for entries, sign in ((before, -1), (after, 1)):
        for (reading, unit, day, reason, _, _), (num, den, excluded) in entries.items():
            change = changes.setdefault((reading, unit, day, reason), [0, 0, 0])
            change[0] += sign * num
            change[1] += sign * den
            change[2] += sign * excluded
    for (reading, unit, day, reason), (num, den, excluded) in changes.items():
        if num or den or excluded:
            cell = f"{reading}|{unit}|{day}|{reason}".encode()
            stored = sums.get(cell)
            was = msgspec.msgpack.decode(stored) if stored is not None else (0, 0, 0)
            sums[cell] = msgspec.msgpack.encode((was[0] + num, was[1] + den, was[2] + excluded))


def main() -> None:
    """Runs the worker until a signal."""
    parser = argparse.ArgumentParser()
    for name in ("bootstrap", "topic", "name"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("told", "data"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    given = parser.parse_args()
    mode.loop.use("uvloop")
    app = build_app(given.bootstrap, given.topic, given.name, given.told, given.data)
    sys.argv = [sys.argv[0], "worker", "--loglevel", "info", "--without-web"]
    app.main()


if __name__ == "__main__":
    main()
