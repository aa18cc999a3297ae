"""The hash that tells catalogues apart (pure)."""

from hashlib import blake2b
from typing import Any

import msgspec
from pydantic import BaseModel

from shared.catalogue.catalogue import Catalogue

HASH_BYTES = 8
"""64 bits: some thousand versions of one catalogue never collide in practice, and 16 digits can be read aloud."""

FACTS = (
    "units", "groups", "indicators", "systems", "portals", "checklists", "reports", "annex_01", "annex_02",
    "annex_02_points", "annex_03_common", "annex_03", "period_rules", "yearly_holidays", "holidays", "make_up_days",
)  # fmt: skip


def version(catalogue: Catalogue) -> str:
    """16 hex digits that change with any fact, a name or a note included."""
    facts = [_plain(getattr(catalogue, name)) for name in FACTS]
    canonical = msgspec.json.encode(facts, order="deterministic")
    return blake2b(canonical, digest_size=HASH_BYTES).hexdigest()


def _plain(value: Any) -> Any:
    """Rows as builtins that msgspec encodes the same way every time."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
