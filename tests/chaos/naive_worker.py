"""A scoring worker as it is usually written: an insert without an answer is sent again. Only to prove the check."""

from collections.abc import Sequence

from clickhouse_connect.driver.exceptions import DatabaseError

from services.scoring.sink import Sink
from services.scoring.tables import Row
from shared.clickhouse import is_fenced
from shared.errors import FencedError


def insert_until_answered(self: Sink, table: str, columns: Sequence[str], rows: list[Row], last_offset: int) -> None:
    """Stands in for `Sink._insert_once`."""
    while not self._stopped.is_set():
        try:
            self._insert(getattr(self._tables, table), columns, rows)
        except DatabaseError as error:
            if is_fenced(error):
                raise FencedError("another owner") from error
        else:
            setattr(self.marks, table, last_offset)
            return


Sink._insert_once = insert_until_answered  # type: ignore[method-assign]

if __name__ == "__main__":
    import services.scoring.__main__  # noqa: F401 - importing it runs the worker
