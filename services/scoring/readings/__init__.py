"""Which readings a subject has, by the first word of its name."""

from collections.abc import Callable, Mapping, Sequence

from services.scoring.facts import Facts
from services.scoring.readings.filings import filing
from services.scoring.records import Kept, Record
from services.scoring.sheet import Sheet

Family = Callable[[Facts, Record, Sequence[Kept], Sheet], None]
"""Writes on the sheet what the effective events of a record contribute; sees nothing else."""

FAMILIES: Mapping[str, Family] = {
    "filing": filing,
}
