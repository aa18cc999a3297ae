"""The answers: one result per event in order, or a problem document. Pure."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import msgspec

from services.ingest.problems import PROBLEM_JSON, RETRY_AFTER_SECONDS, STATUS, Problem, document
from services.ingest.reasons import EXPLANATIONS, Rejected
from shared.contracts.event import Event

JSON = "application/json"
Outcome = Event | Rejected


class Answer(NamedTuple):
    """What goes back to the caller."""

    status: int
    media_type: str
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()


class AcceptedResult(msgspec.Struct, gc=False):
    """The event is durable; its receipt can be asked for by source and id."""

    id: str
    status: Literal["accepted"] = "accepted"


class RejectedResult(msgspec.Struct, gc=False, omit_defaults=True):
    """`pointer` names the declared field the reason is about; `id` is left out when it must not be repeated."""

    reason: str
    pointer: str
    status: str
    id: str = ""


_encode = msgspec.json.Encoder().encode


def answer(outcomes: Sequence[Outcome], *, single: bool, dry_run: bool) -> Answer:
    """202 when at least one event is accepted, else 422 with the same list; a single refused event is a problem."""
    rejected = sum(isinstance(outcome, Rejected) for outcome in outcomes)
    if single and isinstance(outcomes[0], Rejected):
        return _single_rejected(outcomes[0])
    lists = {
        "dry_run": dry_run,
        "accepted": len(outcomes) - rejected,
        "rejected": rejected,
        "results": [_result(outcome) for outcome in outcomes],
    }
    if rejected == len(outcomes):
        status = STATUS[Problem.EVENTS_REJECTED].value
        return Answer(status, PROBLEM_JSON, _encode(document(Problem.EVENTS_REJECTED, **lists)))
    return Answer(202, JSON, _encode(lists))


def refusal(problem: Problem) -> Answer:
    """The answer to a request that is refused as a whole."""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    if seconds := RETRY_AFTER_SECONDS.get(problem):
        headers = ((b"retry-after", str(seconds).encode()),)
    if problem is Problem.UNAUTHORIZED:
        headers = ((b"www-authenticate", b'Bearer realm="chitieu"'),)
    return Answer(STATUS[problem].value, PROBLEM_JSON, _encode(document(problem)), headers)


def _result(outcome: Outcome) -> AcceptedResult | RejectedResult:
    if isinstance(outcome, Rejected):
        return RejectedResult(outcome.reason.value, outcome.pointer, "rejected", outcome.id)
    return AcceptedResult(outcome.id)


def _single_rejected(rejected: Rejected) -> Answer:
    members: dict[str, object] = {
        "reason": rejected.reason.value,
        "detail": EXPLANATIONS[rejected.reason],
        "pointer": rejected.pointer,
    }
    if rejected.id:
        members["id"] = rejected.id
    status = STATUS[Problem.EVENTS_REJECTED].value
    return Answer(status, PROBLEM_JSON, _encode(document(Problem.EVENTS_REJECTED) | members))
