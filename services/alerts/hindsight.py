"""Whether an alert would have fired, by what is known now: the question that tells withdrawn from resolved. Blocks."""

from dataclasses import dataclass
from datetime import datetime

from clickhouse_connect.driver.client import Client

from services.alerts.finding import Scope
from services.alerts.kinds import CELL_RULES, EVENT_RULES, held_at, held_then
from services.alerts.look import read_cell_known_now, read_events_known_now
from services.alerts.policy import Policies, Policy
from shared.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class Hindsight:
    """Asked of one alert at a time, when it is about to end."""

    client: Client
    catalogue: Catalogue
    policies: Policies

    def held(self, scope: Scope, instant: datetime, policy: Policy) -> bool:
        """Whether the condition was true at the instant. That a source was silent, or sent faults, stays true."""
        if scope.rule in CELL_RULES:
            return held_then(scope, read_cell_known_now(self.client, scope, instant), policy)
        if scope.rule in EVENT_RULES:
            return held_at(scope, read_events_known_now(self.client, instant, self.catalogue), self.policies)
        return True
