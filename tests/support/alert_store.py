"""In-memory twin of the alert store, held to the same contract suite as the real one."""

from collections.abc import Sequence

from services.alerts.gravity import gravest_first
from services.alerts.silences import Silence
from services.alerts.state import OPEN
from services.alerts.store import AT_ONCE, DeliveryStep, Notification, Recorded, Standing, notification
from shared.errors import FencedError

DONE = {"delivered", "given_up"}


class MemoryAlerts:
    """What the tables hold: shared by stores that stand for several processes."""

    def __init__(self) -> None:
        self.token = 0
        self.changes: list[Recorded] = []
        self.notifications: list[Notification] = []
        self.silences: dict[str, Silence] = {}
        self.silence_commands: set[str] = set()
        self.steps: list[DeliveryStep] = []


class MemoryAlertStore:
    """`OwnerStore` over lists; a stale token is refused as the tables refuse it."""

    def __init__(self, tables: MemoryAlerts | None = None) -> None:
        self.tables = tables or MemoryAlerts()
        self._token = 0

    @property
    def notifications(self) -> list[Notification]:
        """Everything that was to be told, in order."""
        return self.tables.notifications

    @property
    def steps(self) -> list[DeliveryStep]:
        """Every step that was logged, in order."""
        return self.tables.steps

    def take_over(self, token: int) -> Standing:
        self._token = self.tables.token = token
        changes = sorted((one.change for one in self.tables.changes), key=lambda change: change.state.number)
        return Standing(
            {change.scope.alert_id: (change.scope, change.state) for change in changes},
            list(self.tables.silences.values()),
            {change.command_id for change in changes if change.command_id} | self.tables.silence_commands,
        )

    def record(self, changes: Sequence[Recorded], policies_version: str) -> list[Notification]:
        self._check()
        told = [notification(one, policies_version) for one in changes if one.change.tell]
        self.tables.changes.extend(changes)
        self.tables.notifications.extend(told)
        return told

    def record_silence(self, silence: Silence, command_id: str) -> None:
        self._check()
        self.tables.silences[silence.id] = silence
        self.tables.silence_commands.add(command_id)

    def undelivered(self, receiver: str, at_most: int = AT_ONCE) -> list[Notification]:
        done = {step.notification.id for step in self.tables.steps if step.receiver == receiver and step.state in DONE}
        waiting = [n for n in self.tables.notifications if receiver in n.receivers and n.id not in done]
        return gravest_first(waiting)[:at_most]

    def told_open(self) -> list[Notification]:
        told = [n for n in sorted(self.notifications, key=lambda n: n.number) if n.receivers]
        newest, states = {(n.alert_id, r): n for n in told for r in n.receivers}, {n.alert_id: n.state for n in told}
        standing = {n.id: n for n in newest.values() if states[n.alert_id] in OPEN}
        return sorted(standing.values(), key=lambda n: (n.at, n.alert_id, n.number))

    def log_delivery(self, steps: Sequence[DeliveryStep]) -> None:
        self._check()
        self.tables.steps.extend(steps)

    def _check(self) -> None:
        if self._token != self.tables.token:
            raise FencedError("stale token")
