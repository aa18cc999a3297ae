"""The field types of event data: enums, codes of the catalogue and bounded numbers; never free text."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

CODE_PATTERN = r"^[a-z0-9][a-z0-9.-]{0,39}$"
"""Codes of the catalogue: at most 40 characters, so that no sentence fits in one."""

Instant = Annotated[datetime, Meta(tz=True, description="RFC 3339 with offset; kept as the UTC instant")]
UnitCode = Annotated[str, Meta(pattern=CODE_PATTERN, description="code of a unit of the catalogue")]
ProcedureCode = Annotated[
    str,
    Meta(
        pattern=r"^\d\.\d{6}(\.[0-9A-Z]{2,6}){0,5}$",
        description="national procedure code d.dddddd, optionally with its local suffix",
    ),
]
OpaqueKey = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$", description="HMAC-SHA256 key, 64 lower-case hex digits")]
FeeCode = Annotated[
    str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,15}$", description="opaque name of a fee within its filing, e.g. fee-1")
]
Version = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9.-]{0,19}$", description="version name")]
PeriodCode = Annotated[
    str,
    Meta(
        pattern=r"^\d{4}(-(H[12]|9M|Q[1-4]|(0[1-9]|1[0-2])))?(-hc)?$",
        description="2026, 2026-H1, 2026-9M, 2026-Q3, 2026-07; -hc for the administrative calendar",
    ),
]
Day = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$", description="local date, YYYY-MM-DD")]
Count = Annotated[int, Meta(ge=0, le=10**15, description="a whole number of things, never negative")]
Revision = Annotated[int, Meta(ge=0, le=10**6, description="the highest revision of a figure is effective")]
LegalBasis = Literal["nd-85-2016", "luat-116-2025"]

Channel = Literal["online", "direct", "postal", "unknown"]
Rating = Literal["satisfied", "neutral", "dissatisfied"]
Severity = Literal["low", "medium", "high", "critical"]
