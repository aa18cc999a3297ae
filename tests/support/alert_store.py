"""In-memory twin of the alert store, held to the same contract suite as the real one."""

from collections.abc import Sequence

from services.alerts.machine import AlertState, Transition
from services.alerts.store import AT_ONCE, DeliveryStep, Notification, notification
from shared.errors import FencedError

DONE = {"delivered", "given_up"}


class MemoryAlerts:
    """What the tables hold: shared by stores that stand for several processes."""

    def __init__(self) -> None:
        self.token = 0
        self.notifications: list[Notification] = []
        self.steps: list[DeliveryStep] = []


class MemoryAlertStore:
    """`AlertStore` over lists; a stale token is refused as the tables refuse it."""

    def __init__(self, tables: MemoryAlerts) -> None:
        self._tables = tables
        self._token = 0

    @property
    def steps(self) -> list[DeliveryStep]:
        """Every step that was logged, in order."""
        return self._tables.steps

    def take_over(self, token: int) -> dict[str, AlertState]:
        self._token = self._tables.token = token
        newest = sorted(self._tables.notifications, key=lambda n: n.number)
        return {n.alert_id: AlertState(n.state, n.number) for n in newest}  # type: ignore[arg-type]

    def record(self, transitions: Sequence[tuple[Transition, str]], policy_version: str) -> list[Notification]:
        self._check()
        recorded = [notification(transition, severity, policy_version) for transition, severity in transitions]
        self._tables.notifications.extend(recorded)
        return recorded

    def undelivered(self, receiver: str, at_most: int = AT_ONCE) -> list[Notification]:
        done = {step.notification.id for step in self._tables.steps if step.receiver == receiver and step.state in DONE}
        waiting = [n for n in self._tables.notifications if n.id not in done]
        return sorted(waiting, key=lambda n: (n.at, n.alert_id, n.number))[:at_most]

    def log_delivery(self, step: DeliveryStep) -> None:
        self._check()
        self._tables.steps.append(step)

    def _check(self) -> None:
        if self._token != self._tables.token:
            raise FencedError("stale token")
