"""Errors named by the next action: retry, dead-letter, reject, or stop."""


class ChitieuError(Exception):
    """Root of our own errors."""


class RetryableError(ChitieuError):
    """The same call may succeed later: a broker or an engine is away."""


class DeadLetterError(ChitieuError):
    """A record can never be processed: it goes to the dead-letter topic with its position and reason."""


class RejectedError(ChitieuError):
    """The caller sent something that will never be accepted; `reason` is the one token for answer, log and metric."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class StartError(ChitieuError):
    """A dependency that start-up proves is missing; the message is the one line that the operator reads."""


class FencedError(ChitieuError):
    """Another process owns what this one writes: drop the state and exit."""
