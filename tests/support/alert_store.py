"""In-memory twin of the alert store, as far as delivery asks it."""

from collections.abc import Sequence

from services.alerts.store import DeliveryStep, Notification

DONE = {"delivered", "given_up"}


class MemoryAlertStore:
    """`AlertStore` over lists: what was recorded, and every step that was logged."""

    def __init__(self) -> None:
        self.notifications: list[Notification] = []
        self.steps: list[DeliveryStep] = []

    def undelivered(self, receiver: str) -> list[Notification]:
        done = {step.notification.id for step in self.steps if step.receiver == receiver and step.state in DONE}
        waiting = [one for one in self.notifications if receiver in one.receivers and one.id not in done]
        return sorted(waiting, key=lambda one: (one.at, one.alert_id))

    def log_delivery(self, steps: Sequence[DeliveryStep]) -> None:
        self.steps.extend(steps)
