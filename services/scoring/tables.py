"""Names and columns of one projection version's tables, as they stand in `shared/schema/010_tables.sql`."""

from collections.abc import Iterable
from dataclasses import dataclass

EVENT_COLUMNS = (
    "kind", "source", "id", "subject", "type", "unit", "time", "received", "outcome", "other_id", "cells",
    "exclusions", "data", "partition", "offset", "seq",
)  # fmt: skip
LEDGER_COLUMNS = (
    "kind", "reading", "unit", "day", "subject", "source", "id", "num", "den", "excluded", "reason", "received",
    "partition", "offset",
)  # fmt: skip

Row = tuple[object, ...]


@dataclass(frozen=True)
class Tables:
    """Qualified table names of a version, and the prefix of its query ids."""

    database: str
    version: int

    @property
    def events(self) -> str:
        """One row per delivery."""
        return f"{self.database}.events_{self.version}"

    @property
    def ledger(self) -> str:
        """Signed entries."""
        return f"{self.database}.ledger_{self.version}"

    @property
    def owners(self) -> str:
        """Who may write a partition."""
        return f"{self.database}.scoring_owners_{self.version}"

    def query_id(self, partitions: Iterable[int], name: str) -> str:
        """Of an insert with rows of these partitions, by which `inserts_of` finds it; `name` makes it unique."""
        return f"{self._query_prefix}{'.'.join(map(str, partitions))}-{name}"

    def inserts_of(self, partition: int) -> str:
        """SQL condition on `query_id`: every insert with rows of this partition, and no other query."""
        partitions = f"splitByChar('-', substring(query_id, {len(self._query_prefix) + 1}))[1]"
        return f"startsWith(query_id, '{self._query_prefix}') AND has(splitByChar('.', {partitions}), '{partition}')"

    @property
    def _query_prefix(self) -> str:
        """The database tells test runs apart."""
        return f"scoring-{self.database}-{self.version}-"


def event_mark(partition: int, offset: int, received: int) -> Row:
    """The row that says: everything up to `offset` is in `events`."""
    return ("mark", "", "", "", "", "", 0, received, "", "", [], [], "", partition, offset, 0)


def ledger_mark(partition: int, offset: int, received: int) -> Row:
    """The row that says: everything up to `offset` is in the ledger."""
    return ("mark", "", "", 0, "", "", "", 0, 0, 0, "", received, partition, offset)
