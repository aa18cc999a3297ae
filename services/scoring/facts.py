"""The slice of the catalogue that readings see. Targets, leads and names are not in it: they never enter the ledger."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from hashlib import blake2b

import msgspec


@dataclass(frozen=True)
class Tenure:
    """A register's entity: the unit that answers for it, and its local days in the register (`until` included)."""

    unit: str
    since: int
    until: int | None = None


@dataclass(frozen=True)
class SystemFact:
    """An information system of the catalogue and where it stood at the plan's start."""

    unit: str
    lifecycle: str
    since: int


@dataclass(frozen=True)
class Facts:
    """Days are local days since 1970; `periods` holds code → (first, last) day, both included."""

    province: str
    checklist_version: str
    state_agencies: Mapping[str, Tenure] = field(default_factory=dict)
    portals: Mapping[str, Tenure] = field(default_factory=dict)
    systems: Mapping[str, SystemFact] = field(default_factory=dict)
    report_codes: frozenset[str] = frozenset()
    periods: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @cached_property
    def hash(self) -> str:
        """Changes with any fact that enters contributions; a projection filled under another hash must be rebuilt."""
        content = asdict(self) | {"report_codes": sorted(self.report_codes)}
        return blake2b(msgspec.json.encode(content, order="deterministic"), digest_size=16).hexdigest()

    @cached_property
    def register(self) -> tuple[str, ...]:
        """Subjects that are in a denominator before any event."""
        return (
            *(f"network/{unit}" for unit in self.state_agencies),
            *(f"portal/{code}" for code in self.portals),
            *(f"system/{code}" for code, system in self.systems.items() if system.lifecycle == "in_use"),
        )
