"""The field types of event data: enums, codes of the catalogue and bounded numbers; never free text."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

CODE_PATTERN = r"^[a-z0-9][a-z0-9.-]{0,39}$"
"""Codes of the catalogue: at most 40 characters, so that no sentence fits in one."""

PROCEDURE_PATTERN = r"\d\.\d{6}(?:\.000\.00\.\d{2})?(?:\.H\d{2}(?:\.\d{2,3})?)?"
"""National code d.dddddd, with its local suffix .000.00.00.H31, .H31 or .H55.02: no room for a name or a number."""

KEY_PATTERN = r"(?=\d*[a-f])[0-9a-f]{64}"
"""Digits alone are a padded number: of 10^13 true keys one has no letter."""

ID_PATTERN = r"[0-9A-Za-z_.:/+=~#-]{1,64}"
"""Event ids: what `corrects` and a retraction must be able to name."""

Instant = Annotated[datetime, Meta(tz=True, description="RFC 3339 with offset; kept as the UTC instant")]
UnitCode = Annotated[str, Meta(pattern=CODE_PATTERN, description="code of a unit of the catalogue")]
ProcedureCode = Annotated[
    str,
    Meta(
        pattern=f"^{PROCEDURE_PATTERN}$",
        description="national procedure code d.dddddd, optionally with its local suffix, e.g. .000.00.00.H31",
    ),
]
OpaqueKey = Annotated[str, Meta(pattern=f"^{KEY_PATTERN}$", description="HMAC-SHA256 key, 64 lower-case hex digits")]
EventId = Annotated[str, Meta(pattern=f"^{ID_PATTERN}$", description="id of an event of the same source")]
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
