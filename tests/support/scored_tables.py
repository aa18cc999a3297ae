"""The tables as scoring fills them, without a broker: events in order → rows of the real engine → one insert each."""

from collections.abc import Iterable

from services.scoring.engine import process, seed
from services.scoring.facts import Facts
from services.scoring.records import Delivery, Record
from services.scoring.tables import EVENT_COLUMNS, LEDGER_COLUMNS, Row, event_mark, ledger_mark
from shared.catalogue import load_catalogue
from shared.contracts.event import Event
from tests.support.schema import OWNER_TOKEN, Schema

FACTS = Facts.from_catalogue(load_catalogue())


class ScoredTables:
    """One partition; every event is a record of its own, received at the given moment. Empties what was there."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self._client = schema.writer()
        self._records: dict[str, Record] = {}
        self._offset = 0
        for table in ("events_1", "ledger_1", "rejections", "alert_transitions"):
            self._client.command(f"TRUNCATE TABLE {table}")
        self._insert([], [*seed(FACTS, 0, 1).ledger, ledger_mark(0, -1, 0)])

    def deliver(self, events: Iterable[tuple[Event, int]]) -> None:
        """Events in the log's order, each with its moment of receipt in microseconds since 1970."""
        event_rows: list[Row] = []
        ledger_rows: list[Row] = []
        for event, received_us in events:
            received = received_us // 1000
            block = process(FACTS, self._records, [Delivery(event, received, 0, self._offset, 0)])
            self._records |= block.records
            event_rows += [*block.events, event_mark(0, self._offset, received)]
            ledger_rows += [*block.ledger, ledger_mark(0, self._offset, received)]
            self._offset += 1
        self._insert(event_rows, ledger_rows)

    def on_time(self, events: Iterable[Event]) -> None:
        """Each received at the moment it tells of, in that order."""
        self.deliver((event, event.time) for event in sorted(events, key=lambda one: one.time))

    def _insert(self, event_rows: list[Row], ledger_rows: list[Row]) -> None:
        for table, rows, columns in (
            ("events_1", event_rows, EVENT_COLUMNS),
            ("ledger_1", ledger_rows, LEDGER_COLUMNS),
        ):
            if rows:
                owned = [[*row, OWNER_TOKEN] for row in rows]
                self._client.insert(table, owned, column_names=[*columns, "token"])
