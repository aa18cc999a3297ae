"""What the evaluator sees of one cell: one row of the board, read in one snapshot with its watermark."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Watermark:
    """Highest processed offset of a partition of `events` and when its record was received (ISO 8601, UTC)."""

    partition: int
    offset: int
    received: str


@dataclass(frozen=True, slots=True)
class Observation:
    """One cell of the board: integers and the target decide; `percent` is for people only.

    `target` is in percent, −1 when none is in force; `status` is the view's word for (num, den, target);
    `no_data` counts what is in `den` only because nothing was ever heard of it.
    """

    indicator: str
    figure: str
    code: str
    figure_vi: str
    unit: str
    unit_vi: str
    period: str
    num: int
    den: int
    no_data: int
    target: int
    comparator: str
    legal_row: str
    status: str
    percent: float | None
    flags: tuple[str, ...]
    as_of: date
    watermark: tuple[Watermark, ...]
    catalogue_version: str

    @property
    def alert_id(self) -> str:
        """Deterministic: the same rule on the same cell and period is the same alert, on every replica."""
        return f"below_target:{self.figure}:{self.unit}:{self.period}"
