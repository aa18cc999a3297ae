"""Environment of the scoring worker: `CHITIEU_SCORING_<FIELD>`, besides the shared `CHITIEU_<FIELD>`."""

from typing import Annotated

from pydantic import Field

from shared.settings import Port, SharedSettings

Seconds = Annotated[float, Field(gt=0, le=3600)]


class ScoringSettings(SharedSettings):
    """One worker of one projection version; the names of the fields are the names of the variables."""

    scoring_port: Port = Field(8082, description="Port of /metrics and /-/ health, on `listen_host`.")
    scoring_version: int = Field(
        0, ge=0, le=65535, description="Projection version: tables, group, store folder; 0: the active one."
    )
    scoring_linger_seconds: float = Field(
        0.15, ge=0, le=5, description="How long a block waits for more records; an insert costs two table parts."
    )
    scoring_block_bytes: int = Field(
        1 << 20, ge=1024, le=64 << 20, description="Envelope bytes of one block; 1 MB holds some 4,000 events."
    )
    scoring_block_rows: int = Field(50_000, ge=1, le=1_000_000, description="Rows of one insert, per table.")
    scoring_buffer_bytes: int = Field(
        2 << 20,
        ge=1024,
        description="Envelope bytes waiting per partition; above it nothing more is fetched. Two blocks: the next one "
        "is there when one ends, and a backlog of any length costs no more.",
    )
    scoring_stuck_seconds: Seconds = Field(
        60, description="A partition with unprocessed records and no progress for this long ends the worker."
    )
    scoring_insert_seconds: Seconds = Field(
        20, description="After this an insert's outcome counts as unknown; less than half of `stuck`, to settle it."
    )
    scoring_identity_seconds: Seconds = Field(
        30, description="How often one id on two subjects is looked for; a minute until the second no longer counts."
    )
    scoring_store_bytes: int = Field(256 << 30, ge=1 << 20, description="Upper bound of one store (address space).")
