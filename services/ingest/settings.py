"""Environment of ingest: `CHITIEU_INGEST_<FIELD>` beside the shared `CHITIEU_<FIELD>`."""

from pydantic import AliasChoices, Field

from shared.settings import Port, SharedSettings

MEGABYTE = 1_000_000


class IngestSettings(SharedSettings):
    """Where ingest listens and how much it takes in."""

    port: Port = Field(8081, validation_alias=AliasChoices("CHITIEU_INGEST_PORT", "port"))
    max_body_bytes: int = Field(
        5 * MEGABYTE,
        ge=1_000,
        validation_alias=AliasChoices("CHITIEU_INGEST_MAX_BODY_BYTES", "max_body_bytes"),
        description="Body as it is sent, compressed or not; a full batch is about 0.5 MB.",
    )
    max_inflated_bytes: int = Field(
        20 * MEGABYTE,
        ge=1_000,
        validation_alias=AliasChoices("CHITIEU_INGEST_MAX_INFLATED_BYTES", "max_inflated_bytes"),
        description="Body after decompression; decompression stops here.",
    )
    max_batch_events: int = Field(
        1_000, ge=1, validation_alias=AliasChoices("CHITIEU_INGEST_MAX_BATCH_EVENTS", "max_batch_events")
    )
    max_in_flight_bytes: int = Field(
        32 * MEGABYTE,
        ge=1_000,
        validation_alias=AliasChoices("CHITIEU_INGEST_MAX_IN_FLIGHT_BYTES", "max_in_flight_bytes"),
        description="Bodies held at the same time by all callers; above it new requests are sent away with 503.",
    )
    max_in_flight_requests: int = Field(
        64,
        ge=1,
        validation_alias=AliasChoices("CHITIEU_INGEST_MAX_IN_FLIGHT_REQUESTS", "max_in_flight_requests"),
        description="Requests of all callers at the same time; above it they are sent away with 503. Decoded, a full "
        "batch takes 1 MB.",
    )
    max_wait_seconds: float = Field(
        2.0,
        gt=0,
        validation_alias=AliasChoices("CHITIEU_INGEST_MAX_WAIT_SECONDS", "max_wait_seconds"),
        description="As long as a request has waited for longer than this, new ones are sent away with 503: whoever "
        "queued would only be told after the ack deadline that the log is slow, and its events be written nonetheless.",
    )
    max_key_requests: int = Field(
        32,
        ge=1,
        validation_alias=AliasChoices("CHITIEU_INGEST_MAX_KEY_REQUESTS", "max_key_requests"),
        description="Requests of one key at the same time; above it they are sent away with 429.",
    )
    ack_deadline_seconds: float = Field(
        5.0,
        gt=0,
        validation_alias=AliasChoices("CHITIEU_INGEST_ACK_DEADLINE_SECONDS", "ack_deadline_seconds"),
        description="A broker that has not acknowledged by then makes the answer 503.",
    )
    turn_deadline_seconds: float = Field(
        5.0,
        gt=0,
        validation_alias=AliasChoices("CHITIEU_INGEST_TURN_DEADLINE_SECONDS", "turn_deadline_seconds"),
        description="A body that is whole and whose turn to be checked has not come by then is sent away with 503.",
    )
    body_deadline_seconds: float = Field(
        30.0,
        gt=0,
        validation_alias=AliasChoices("CHITIEU_INGEST_BODY_DEADLINE_SECONDS", "body_deadline_seconds"),
        description="A caller that has not sent its body by then is sent away with 408.",
    )
