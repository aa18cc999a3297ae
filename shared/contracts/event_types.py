"""Every event type's `data`, as a msgspec structure whose fields are documented where they are declared."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from shared.contracts.fields import (
    Channel,
    Count,
    Day,
    EventId,
    FeeCode,
    Instant,
    LegalBasis,
    PeriodCode,
    ProcedureCode,
    Rating,
    Revision,
    Severity,
    UnitCode,
    Version,
)


class Data(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """Event data: a field that is not declared is refused, so nothing undeclared can be stored."""


def said(text: str) -> Meta:
    """The documented meaning of a field."""
    return Meta(description=text)


class FilingReceived(Data, frozen=True):
    """A filing of an administrative procedure was received (NĐ 118/2025)."""

    procedure: ProcedureCode
    receiving_unit: Annotated[UnitCode, said("unit whose counter or portal received it; may differ from the resolver")]
    channel: Annotated[Channel, said("how it came in; unknown is shown as unknown, never guessed")]
    full_online_offered: Annotated[bool, said("the procedure was offered as a full-process online service at receipt")]
    result_is_document: Annotated[bool, said("the procedure's result is a document")]
    applicant_kind: Annotated[Literal["citizen", "enterprise", "household_business"], said("category only, never who")]
    due_at: Annotated[Instant | None, said("promised date of the result, fixed at receipt")] = None


class FilingStatusChanged(Data, frozen=True):
    """A filing moved to another status of the national code list (1 new … 3 refused … 10 result returned)."""

    status: Annotated[int, Meta(ge=1, le=10, description="status code of the national portal")]
    due_at: Annotated[Instant | None, said("the new promised date when the change moved it")] = None


class FilingDigitised(Data, frozen=True):
    """A part of a filing was digitised."""

    part: Annotated[Literal["components", "result"], said("the papers handed in, or the result")]
    complete: Annotated[bool, said("every paper of the part is digitised")]


class FilingResultIssued(Data, frozen=True):
    """The result of a filing was issued."""

    electronic: Annotated[bool, said("an electronic original, not a scan")]
    signed: Annotated[bool, said("digitally signed with legal value")]
    delivery: Annotated[Literal["online", "postal", "direct"], said("how the applicant gets it")]


class FilingFeeDue(Data, frozen=True):
    """A fee became due for a filing."""

    fee: Annotated[FeeCode, said("opaque name of this fee within the filing")]


class FilingFeePaid(Data, frozen=True):
    """A fee was paid."""

    fee: Annotated[FeeCode, said("opaque name of this fee within the filing")]
    via: Annotated[
        Literal["national", "provincial", "cash", "other"],
        said("national or provincial payment platform, cash, or another way"),
    ]


class FilingFeeWaived(Data, frozen=True):
    """A fee was waived; the filing then owes it no longer."""

    fee: Annotated[FeeCode, said("opaque name of this fee within the filing")]


class FilingRated(Data, frozen=True):
    """The applicant rated how the filing was handled."""

    rating: Annotated[Rating, said("without comment text")]


class PetitionReceived(Data, frozen=True):
    """A petition (phản ánh, kiến nghị) came in."""

    about: Annotated[Literal["filing", "conduct", "procedure", "other"], said("what it is about, as a category")]
    due_at: Annotated[Instant | None, said("date by which it must be answered")] = None


class PetitionClosed(Data, frozen=True):
    """A petition was answered and closed."""

    satisfied: Annotated[bool | None, said("the petitioner's answer; null when not asked")] = None


class AuthCounted(Data, frozen=True):
    """Uses of online public services in a window, counted by the identification service; never per user."""

    window_start: Annotated[Instant, said("first instant of the window; equals the subject's")]
    window_end: Annotated[Instant, said("end of the window, exclusive; within the same local day")]
    total: Annotated[Count, said("authenticated uses in the window")]
    vneid: Annotated[Count, said("of these, identified through VNeID")]
    revision: Annotated[Revision, said("raised when the same window is counted again")] = 0


class DocumentSent(Data, frozen=True):
    """An electronic document was sent to one recipient; one event per sending."""

    to_unit: Annotated[UnitCode, said("recipient")]
    person_signed: Annotated[bool, said("signed by the competent person (NĐ 30/2020)")]
    agency_signed: Annotated[bool, said("signed by the agency (NĐ 30/2020)")]
    signature_valid: Annotated[bool, said("every signature verified as valid at sending")]
    urgency: Annotated[Literal["normal", "khan", "thuong-khan", "hoa-toc"], said("urgency mark")] = "normal"


class DocumentProcessed(Data, frozen=True):
    """The handling of an incoming document was completed."""

    end_to_end: Annotated[bool, said("every step was electronic")]


class CasefileClosed(Data, frozen=True):
    """A work file was closed."""

    online: Annotated[bool, said("handled on the network")]
    end_to_end: Annotated[bool, said("every step was electronic")]


class ReportDue(Data, frozen=True):
    """A required report is owed for a period."""

    due_at: Annotated[Instant, said("when it is due")]


class ReportSubmitted(Data, frozen=True):
    """A report was submitted."""

    on_system: Annotated[bool, said("created and kept on the provincial reporting system")]


class InspectionCompleted(Data, frozen=True):
    """A supervision or inspection round was completed."""

    mode: Annotated[
        Literal["online_report", "online_system", "on_site", "mixed"],
        said("by report or on shared systems count as online; mixed and on site do not"),
    ]


class ProcedureCatalogued(Data, frozen=True):
    """The state of an administrative procedure in the catalogue; a full snapshot."""

    owner: Annotated[UnitCode, said("department that owns the procedure")]
    level: Annotated[Literal["province", "commune"], said("level that resolves it")]
    standardised: Annotated[bool, said("its process is standardised")]
    simplified: Annotated[bool, said("its process is simplified")]
    national_sync: Annotated[bool, said("in sync with the national portal's catalogue")]
    online_eligible: Annotated[bool, said("fit to be offered as a full-process online service")]
    online_level: Annotated[Literal["none", "partial", "full"], said("how it is offered online (NĐ 42/2022)")]
    withdrawn: Annotated[bool, said("no longer in force")] = False


class PortalAssessed(Data, frozen=True):
    """A portal was assessed against the checklist of NĐ 42/2022; a full snapshot."""

    items_total: Annotated[int, Meta(ge=1, le=10_000, description="items of the checklist")]
    items_met: Annotated[int, Meta(ge=0, le=10_000, description="items met, at most items_total")]
    checklist_version: Annotated[Version, said("version of the checklist")]


class DatasetPlanned(Data, frozen=True):
    """An open dataset is in the issued plan."""

    due_at: Annotated[Instant, said("when it must be published")]


class DatasetPublished(Data, frozen=True):
    """An open dataset was published."""


class DatasetWithdrawn(Data, frozen=True):
    """An open dataset was taken back."""


class SystemChanged(Data, frozen=True):
    """The state of an information system; a full snapshot."""

    lifecycle: Annotated[Literal["planned", "building", "in_use", "retired"], said("where the system stands")]
    dossier: Annotated[Literal["none", "submitted", "approved"], said("security-level dossier")]
    plan: Annotated[Literal["none", "partial", "implemented"], said("protection plan of its level")]
    level: Annotated[int, Meta(ge=1, le=5, description="security level (NĐ 85/2016); null when not set")] | None = None
    legal_basis: Annotated[LegalBasis, said("law that the dossier rests on")] = "nd-85-2016"


class SystemMonitoringChanged(Data, frozen=True):
    """The SOC began or stopped monitoring a system; a full snapshot, only from the SOC's source."""

    monitored: Annotated[bool, said("under the SOC's monitoring")]


class SystemHeartbeat(Data, frozen=True):
    """The SOC sees a system; kept as one bit per system and local day."""

    state: Annotated[Literal["up", "degraded", "down"], said("down is not a sign of monitoring")]


class SecurityAlert(Data, frozen=True):
    """A security event seen by the SOC, as a category without details."""

    severity: Annotated[Severity, said("severity as the SOC rates it")]
    category: Annotated[
        Literal["malware", "intrusion", "ddos", "data_leak", "phishing", "misuse", "vulnerability", "other"],
        said("kind of event"),
    ]
    state: Annotated[Literal["new", "acknowledged", "closed"], said("where its handling stands")]


class LinkChanged(Data, frozen=True):
    """One of a unit's two lines of the dedicated network went up or down."""

    line: Annotated[int, Meta(ge=1, le=2, description="first or second line of the unit")]
    state: Annotated[Literal["up", "down"], said("state from this moment on")]


class CountReported(Data, frozen=True):
    """A figure counted by people or by another authority; its series is named by the subject."""

    period: Annotated[PeriodCode, said("period that the figure is about")]
    numerator: Annotated[Count, said("things that meet the target")]
    denominator: Annotated[Count, said("all things counted")]
    as_of: Annotated[Day, said("local date on which the figure was true")]
    method: Annotated[Literal["register", "survey", "administrative", "estimate"], said("how the figure was made")] = (
        "administrative"
    )
    revision: Annotated[Revision, said("raised when the same period is reported again")] = 0


class EventRetracted(Data, frozen=True):
    """An earlier event of the same source and subject is taken back."""

    id: Annotated[EventId, said("id of the event that is taken back")]
