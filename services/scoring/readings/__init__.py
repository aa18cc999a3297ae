"""Which readings a subject has, by the first word of its name."""

from collections.abc import Callable, Mapping, Sequence

from services.scoring.facts import Facts
from services.scoring.readings.counts import count
from services.scoring.readings.datasets import dataset
from services.scoring.readings.documents import casefile, document
from services.scoring.readings.duties import inspection, report
from services.scoring.readings.filings import filing
from services.scoring.readings.network import network
from services.scoring.readings.portals import auth, portal
from services.scoring.readings.procedures import procedure
from services.scoring.readings.systems import system
from services.scoring.records import Kept, Record
from services.scoring.sheet import Sheet

Family = Callable[[Facts, Record, Sequence[Kept], Sheet], None]
"""Writes on the sheet what the effective events of a record contribute; sees nothing else."""

FAMILIES: Mapping[str, Family] = {
    "auth": auth,
    "casefile": casefile,
    "count": count,
    "dataset": dataset,
    "document": document,
    "filing": filing,
    "inspection": inspection,
    "network": network,
    "portal": portal,
    "procedure": procedure,
    "report": report,
    "system": system,
}
"""Petitions and security alerts move no figure yet: their events are noted."""
