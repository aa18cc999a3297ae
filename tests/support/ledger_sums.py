"""What the ledger's entries say on a day: flows over their days, stocks up to the day."""

from collections import defaultdict
from collections.abc import Iterable

from services.scoring.sheet import Amounts

STOCKS = {
    "network_coverage",
    "procedure_standardised",
    "procedure_full_online",
    "portal_information_complete",
    "open_data_published",
    "system_security_dossier",
    "system_monitored",
    "ehealth_record",
}

Entry = tuple[str, str, int, str, Amounts]
"""(reading, unit, day, reason, amounts)"""

Cells = dict[tuple[str, str, str], Amounts]
"""(reading, unit, reason) → amounts, without zeros."""


def cells_on(entries: Iterable[Entry], first: int, last: int) -> Cells:
    """Sums of flows from `first` to `last`, and of stocks up to `last`."""
    cells: defaultdict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for reading, unit, day, reason, amounts in entries:
        if day <= last and (reading in STOCKS or day >= first):
            for place, amount in enumerate(amounts):
                cells[reading, unit, reason][place] += amount
    return {key: (a[0], a[1], a[2]) for key, a in cells.items() if any(a)}
