"""What a rule must be able to say of its facts, each without the full stop."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Facts = Mapping[str, Any]
Say = Callable[[Facts], str]


@dataclass(frozen=True, slots=True)
class Words:
    """`name`: of the kind of alert. `wrong`: why it is open. `well`: it is over. `lost`: it cannot be reached any more.

    `withdrawn`: corrected data took its reason away.
    """

    name: str
    wrong: Say
    well: Say
    withdrawn: Say
    lost: Say


def taken_back(subject: Say) -> Say:
    """For rules about events."""
    return lambda facts: (
        f"{subject(facts)}: cảnh báo đã rút: dữ liệu được đính chính, "
        "theo dữ liệu hiện nay lúc phát cảnh báo không có sự việc này"
    )
