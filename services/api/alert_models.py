"""The answers about alerts, and what a person may ask of them; every field has its limit."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.api.models import Answer
from shared.contracts.alerts import Rule
from shared.contracts.commands import MAX_NOTE_CHARACTERS, MAX_SILENCE_DAYS

ALERT_ID = r"^[A-Za-z0-9_][A-Za-z0-9_.:/@+~-]{0,199}$"
"""A rule, a colon and what the alert is about: a cell, a source, a subject, a duty."""


class Acknowledged(Answer):
    """Who has taken it on; `by` is the owner of a key, and empty for a guest."""

    by: str
    at: datetime
    until: datetime | None


class Alert(Answer):
    """An alert as it stands."""

    alert_id: str
    number: int
    rule: str
    thing: str
    indicator: str = Field(description="Empty for alerts about sources, systems, lines and security events.")
    figure: str
    unit: str
    period: str
    from_state: str
    state: str
    reason: str
    severity: str
    since: datetime
    changed: datetime
    sentence_vi: str
    evidence: Annotated[
        dict[str, Any], Field(description="The figures as they were at the transition; in a list without the events.")
    ]
    acknowledgement: Acknowledged | None
    escalation: int = Field(description="How many steps it has been passed on.")
    flapping: bool
    silenced_until: datetime | None = Field(description="While a silence or maintenance keeps it from being told.")


class Alerts(Answer):
    """In the asked order."""

    alerts: list[Alert]
    open: int = Field(description="How many are firing or lost in all.")


class AlertChange(Answer):
    """One recorded change; a change of the state, or of what stands beside it."""

    number: int
    change: str
    from_state: str
    state: str
    reason: str
    severity: str
    at: datetime
    by: str
    note: str
    sentence_vi: str
    quiet_because: str = Field(description="What kept it from receivers: a silence, a graver alert, flapping.")
    receivers: list[str]
    command_id: str


class Delivery(Answer):
    """How far the delivery of one change to one receiver is."""

    number: int
    receiver: str
    state: Literal["waiting", "failed", "delivered", "given_up"]
    attempts: int
    at: datetime | None
    detail: str
    message_id: str


class Silence(Answer):
    """Keeps alerts from being told; it changes no state and no rate. Empty fields match all."""

    silence_id: str
    alert_id: str
    rule: str
    indicator: str
    unit: str
    begins: datetime
    ends: datetime
    by: str
    note: str
    at: datetime


class AlertDetail(Alert):
    """With everything that happened to it."""

    history: list[AlertChange] = Field(description="Oldest first.")
    deliveries: list[Delivery] = Field(description="Newest change first; of guests nobody sees them.")
    silences: list[Silence] = Field(description="Those that fit it, now or later.")


class Silences(Answer):
    """Those that hold or will hold, the first to end first."""

    silences: list[Silence]


class Standing(Answer):
    """An alert that is open for more than a day."""

    alert_id: str
    rule: str
    unit: str
    severity: str
    sentence_vi: str
    since: datetime
    acknowledged: bool


class Offender(Answer):
    """How often an alert changed its state."""

    alert_id: str
    rule: str
    unit: str
    changes: int
    percent: float = Field(description="Of all changes of state in that time.")


class AlertDay(Answer):
    """A local day."""

    day: date
    opened: int
    ended: int
    told: int = Field(description="Changes that somebody was told of.")


class Statistics(Answer):
    """What ISA-18.2 asks of an alarm system."""

    open: int
    unacknowledged: int
    standing: list[Standing] = Field(description="Open for more than 24 hours, longest first; at most 100.")
    flapping: list[Offender] = Field(description="Those that flap now; `changes` of the last 7 days.")
    top_offenders: list[Offender] = Field(description="Most changes of state in the last 7 days.")
    openings: int = Field(description="In the last 30 days.")
    acknowledged: int = Field(description="Of those, how many somebody acknowledged.")
    median_seconds_to_acknowledge: float | None
    days: list[AlertDay] = Field(description="The last 30 local days on which anything happened.")


class Asked(BaseModel):
    """Strict: a misspelt field is refused."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


NoteText = Annotated[
    str,
    Field(
        max_length=MAX_NOTE_CHARACTERS,
        pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]*$",
        description="Free text, without personal data.",
    ),
]
Until = Annotated[AwareDatetime, Field(description=f"In the future, at most {MAX_SILENCE_DAYS} days ahead.")]


class Acknowledge(Asked):
    """Without `until` it lasts until the alert ends."""

    until: Until | None = None
    note: NoteText = ""


class Note(Asked):
    """A remark for whoever looks next."""

    note: Annotated[NoteText, Field(min_length=1)]


class Escalate(Asked):
    """To the receivers of the policy's next step."""

    note: NoteText = ""


class SilenceOne(Asked):
    """This alert alone, from now on."""

    until: Until
    note: NoteText = ""


class SilenceMany(Asked):
    """A silence over everything that fits; with `begins` maintenance that is planned. One of the four is given."""

    alert_id: Annotated[str, Field(pattern=f"{ALERT_ID}|^$")] = ""
    rule: Rule | Literal[""] = ""
    indicator: Annotated[str, Field(pattern=r"^([a-z][a-z0-9_]{0,39})?$")] = ""
    unit: Annotated[str, Field(pattern=r"^([a-z0-9][a-z0-9.-]{0,39})?$")] = ""
    begins: AwareDatetime | None = None
    until: Until
    note: NoteText = ""


class Accepted(Answer):
    """The command is in the log; its effect shows in the alert's history under this id, within a second or two."""

    command_id: str
