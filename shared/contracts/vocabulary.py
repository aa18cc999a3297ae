"""The decided vocabulary: which types there are, their data, and the subject each must name."""

import re
from dataclasses import dataclass
from typing import Literal

from shared.contracts import event_types as t
from shared.contracts.fields import KEY_PATTERN, PROCEDURE_PATTERN

KEY = KEY_PATTERN
CODE = r"[a-z0-9][a-z0-9.-]{0,39}"
PROCEDURE = PROCEDURE_PATTERN
PERIOD = r"\d{4}(?:-(?:H[12]|9M|Q[1-4]|0[1-9]|1[0-2]))?(?:-hc)?"
SLUG = r"[a-z0-9_]{1,40}"
MEASURE = r"[a-z_]{1,30}"
WINDOW_START = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z"

Kind = Literal["flow", "latest_state", "state", "flow_and_state", "state_with_expiry", "reported", "retraction"]


@dataclass(frozen=True, slots=True)
class EventType:
    """One type of the vocabulary: its name, data structure, subject pattern (anchored) and kind."""

    name: str
    data: type[t.Data]
    subject: re.Pattern[str]
    kind: Kind
    correctable: bool = True
    """False: neither `corrects` nor a retraction acts on it (heartbeats are kept as bits, not as events)."""


def _event_type(name: str, data: type[t.Data], subject: str, kind: Kind, correctable: bool = True) -> EventType:
    return EventType(name, data, re.compile(subject), kind, correctable)


_FILING = rf"filing/{KEY}"
_PETITION = rf"(?:filing|petition)/{KEY}"

EVENT_TYPES: dict[str, EventType] = {
    e.name: e
    for e in (
        _event_type("filing.received", t.FilingReceived, _FILING, "flow"),
        _event_type("filing.status_changed", t.FilingStatusChanged, _FILING, "flow"),
        _event_type("filing.digitised", t.FilingDigitised, _FILING, "flow"),
        _event_type("filing.result_issued", t.FilingResultIssued, _FILING, "flow"),
        _event_type("filing.fee_due", t.FilingFeeDue, _FILING, "flow"),
        _event_type("filing.fee_paid", t.FilingFeePaid, _FILING, "flow"),
        _event_type("filing.fee_waived", t.FilingFeeWaived, _FILING, "flow"),
        _event_type("filing.rated", t.FilingRated, _FILING, "flow"),
        _event_type("petition.received", t.PetitionReceived, _PETITION, "flow"),
        _event_type("petition.closed", t.PetitionClosed, _PETITION, "flow"),
        _event_type("auth.counted", t.AuthCounted, rf"auth/{CODE}/{WINDOW_START}", "flow"),
        _event_type("document.sent", t.DocumentSent, rf"document/{KEY}", "flow"),
        _event_type("document.processed", t.DocumentProcessed, rf"document/{KEY}", "flow"),
        _event_type("casefile.closed", t.CasefileClosed, rf"casefile/{KEY}", "flow"),
        _event_type("report.due", t.ReportDue, rf"report/{CODE}/{CODE}/{PERIOD}", "flow"),
        _event_type("report.submitted", t.ReportSubmitted, rf"report/{CODE}/{CODE}/{PERIOD}", "flow"),
        _event_type("inspection.completed", t.InspectionCompleted, rf"inspection/{KEY}", "flow"),
        _event_type("procedure.catalogued", t.ProcedureCatalogued, rf"procedure/{PROCEDURE}", "latest_state"),
        _event_type("portal.assessed", t.PortalAssessed, rf"portal/{CODE}", "latest_state"),
        _event_type("dataset.planned", t.DatasetPlanned, rf"dataset/{CODE}", "latest_state"),
        _event_type("dataset.published", t.DatasetPublished, rf"dataset/{CODE}", "latest_state"),
        _event_type("dataset.withdrawn", t.DatasetWithdrawn, rf"dataset/{CODE}", "latest_state"),
        _event_type("system.changed", t.SystemChanged, rf"system/{CODE}", "latest_state"),
        _event_type("system.monitoring_changed", t.SystemMonitoringChanged, rf"system/{CODE}", "latest_state"),
        _event_type("system.heartbeat", t.SystemHeartbeat, rf"system/{CODE}", "state_with_expiry", correctable=False),
        _event_type("security.alert", t.SecurityAlert, rf"security/{KEY}", "flow_and_state"),
        _event_type("link.changed", t.LinkChanged, rf"network/{CODE}", "state"),
        _event_type(
            "count.reported",
            t.CountReported,
            rf"count/[a-z0-9_]{{1,40}}/[a-z_]{{1,30}}/{CODE}/[a-z]{{1,20}}",
            "reported",
        ),
        _event_type("event.retracted", t.EventRetracted, r"[a-z]{1,20}/[0-9A-Za-z_./:-]{1,160}", "retraction"),
    )
}
"""Name → type. 29 types; `event.retracted` may name any subject."""

SOC_SOURCE = "/systems/soc"
SOC_ONLY = frozenset({"system.monitoring_changed", "system.heartbeat"})
"""Types that only the SOC's source may send: nobody certifies their own monitoring."""
STATE_TYPES = frozenset(
    {"system.changed", "system.monitoring_changed", "link.changed", "security.alert", "report.submitted"}
)
"""Types whose newest effective statement says how a thing stands; the view `statements` names the same."""

COUNT_SERIES: dict[tuple[str, str], tuple[str, ...]] = {
    ("cashless_transactions", "transactions"): ("number", "value"),
    ("bank_account_15plus", "people"): ("all",),
    ("ehealth_record", "people"): ("all",),
    ("adult_personal_signature", "people"): ("all",),
    ("staff_trained", "people"): ("all",),
    ("casefile_online", "offline_items"): ("all",),
}
"""(indicator slug, measure) → the bases that a `count.reported` subject may name."""
