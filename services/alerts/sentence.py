"""One Vietnamese sentence that says what changed, and the evidence frozen with it."""

from typing import Any

from services.alerts.state import Change


def sentence_vi(change: Change) -> str:
    """What an officer reads first."""
    return f"{change.scope.alert_id}: {change.state.name} ({change.reason})."


def evidence(change: Change, policies_version: str) -> dict[str, Any]:
    """The facts as they were when the change was decided; JSON types only."""
    return {**change.facts, "policy_version": policies_version, "previous_state": change.from_state}
