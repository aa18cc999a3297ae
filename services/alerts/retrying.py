"""When a delivery that failed is tried again, and when no more (pure)."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

RETRY_SECONDS = (1, 2, 5, 15, 30, 60, 120, 300, 600)
"""Longest waits after the first, second … failure in a row, the last one repeated; the true one is between 0 and it."""

RETRY_AFTER_MAX = timedelta(hours=1)
"""A receiver that asks for more is tried after an hour all the same: nobody is kept in the dark for a day by a typo."""

GIVE_UP_AFTER = timedelta(days=3)
"""After the first attempt: longer than a weekend during which nobody repairs the receiver."""

REFUSALS = 3
"""So often is tried what the receiver will never take (HTTP 400, 401, 404 …): a deployment may be half-way through."""

RETRYABLE = frozenset({408, 425, 429})
"""HTTP statuses below 500 that mean "later"."""

GONE = 410
"""The receiver asks never to be called again."""


def is_refusal(status: int) -> bool:
    """Whether a status means that the same request will be refused for ever; a redirect is one, it is not followed."""
    return 300 <= status < 500 and status not in RETRYABLE


def longest_wait_seconds(failures: int) -> float:
    """After that many failures in a row (1 is the first); the wait is drawn between 0 and this (full jitter)."""
    return float(RETRY_SECONDS[min(failures, len(RETRY_SECONDS)) - 1])


def retry_after(header: str | None, now: datetime) -> timedelta | None:
    """`Retry-After` as seconds or as an HTTP date, never negative and capped; nonsense counts as none."""
    if not header:
        return None
    if header.strip().isdecimal():
        # Nine digits: more would overflow, and the cap is far below.
        return min(timedelta(seconds=int(header.strip()[:9])), RETRY_AFTER_MAX)
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max(moment - now, timedelta(0)), RETRY_AFTER_MAX)


def is_given_up(refused: bool, attempts: int, tried: datetime, now: datetime) -> bool:
    """Whether the attempt that has just failed, the `attempts`-th since `tried`, was the last."""
    return now - tried >= GIVE_UP_AFTER or (refused and attempts >= REFUSALS)
