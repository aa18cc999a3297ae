"""The typed environment of the api."""

from datetime import timedelta
from typing import Annotated

from pydantic import AwareDatetime, Field

from shared.settings import Port, SharedSettings

FrameAncestors = Annotated[
    str, Field(pattern=r"^('none'|'self'|https?://[A-Za-z0-9.:-]+)( https?://[A-Za-z0-9.:-]+)*$")
]


class ApiSettings(SharedSettings):
    """Environment variables `CHITIEU_<FIELD>`."""

    api_port: Port = Field(8080, description="Port of the api and the wallboard.")
    api_open_board: bool = Field(
        False, description="True: pages and boards without filings need no key. Filings and receipts always do."
    )
    api_frame_ancestors: FrameAncestors = Field(
        "'none'", description="Who may show the wallboard in a frame (CSP frame-ancestors), e.g. an IOC portal."
    )
    api_session: timedelta = Field(
        timedelta(hours=12), description="How long a login lasts; a wallboard without a keyboard may need longer."
    )
    api_stream_clients: int = Field(
        200,
        ge=1,
        le=10_000,
        description="Open live streams; one more gets 503, so that screens cannot starve it.",
    )
    api_requests: int = Field(
        128,
        ge=1,
        le=10_000,
        description="Requests at the same time, streams left out; one more gets 503. A wallboard asks for 8 at once.",
    )
    clock_offset: timedelta = Field(timedelta(0), description="Added to the clock: a demonstration or a test of 2027.")
    now: AwareDatetime | None = Field(
        None, description="The clock stands still at this instant: for tests and reports."
    )
