"""Information systems: their security dossiers, and whether the SOC really watches them (T21, T22)."""

from deploy.local.simulator.local_time import day_of, midnight
from deploy.local.simulator.scene import Scene
from deploy.local.simulator.timeline import by_day, intervals
from deploy.local.simulator.world import System, SystemState

SEVERITIES = ("low", "low", "low", "medium", "medium", "high", "critical")
CATEGORIES = ("malware", "intrusion", "ddos", "data_leak", "phishing", "misuse", "vulnerability", "other")
HOUR_SECONDS = 3600
ALERTS_PER_DAY = 6


class SystemStory:
    """Tells what the SOC reports; heartbeats day by day, the rest at once."""

    def __init__(self, scene: Scene, since: int) -> None:
        """`since`: the day from which on the register of systems is valid."""
        self._scene, self._emitter, self._since = scene, scene.emitter, since
        self._systems = scene.world.systems
        self._heard: set[tuple[str, int]] = set()
        self._in_use: dict[str, list[tuple[tuple[int, int | None], bool]]] = {}
        self._watched: dict[str, list[tuple[tuple[int, int | None], bool]]] = {}

    def snapshots(self) -> None:
        """Dossiers, plans and monitoring of every system, and their changes."""
        for system in self._systems:
            self._emitter.begin("system", system.code)
            changes: list[tuple[int, tuple[bool, bool]]] = [(midnight(self._since), (system.registered_in_use, False))]
            for day, state in self._states(system):
                at = midnight(day) + 9 * HOUR_SECONDS
                if self._send(system, "system.changed", at, _state_data(state)):
                    changes.append((at, (state.in_use, state.secured)))
            steps = intervals(by_day(changes))
            for days, (in_use, secured) in steps:
                if in_use:
                    self._scene.book.stock("system_security_dossier", system.owner, days, int(secured))
            self._in_use[system.code] = [(days, in_use) for days, (in_use, _) in steps]
            self._monitoring(system)

    def _states(self, system: System) -> list[tuple[int, SystemState]]:
        """The state on the first day of the run, and the changes in it."""
        before = [state for day, state in system.states if day <= self._scene.first]
        later = [(day, state) for day, state in system.states if self._scene.first < day <= self._scene.last]
        return [(self._scene.first, state) for state in before[-1:]] + later

    def _monitoring(self, system: System) -> None:
        changes = [(midnight(self._since), False)]
        if system.monitored is not None and system.monitored <= self._scene.last:
            at = midnight(max(system.monitored, self._scene.first)) + 10 * HOUR_SECONDS
            if self._send(system, "system.monitoring_changed", at, '{"monitored":true}'):
                changes.append((at, True))
        self._watched[system.code] = intervals(by_day(changes))

    def _send(self, system: System, type_: str, at: int, data: str) -> bool:
        source = self._scene.world.sources["soc"]
        return self._emitter.send(source, type_, f"system/{system.code}", at, system.owner, data)

    def heartbeats(self, day: int) -> None:
        """The heartbeats of one day; less than one a day still keeps the rate (it looks at two days)."""
        every = self._scene.scale.heartbeat_hours
        if every > 24 and day % (every // 24) and day < self._scene.last - 1:
            return
        rng = self._emitter.begin("heartbeats", day)
        for system in self._systems:
            silent = day % system.every_days or (system.silent and system.silent[0] <= day < system.silent[1])
            if silent or not (_on(self._in_use[system.code], day) and _on(self._watched[system.code], day)):
                continue
            for hour in range(0, 24, min(every, 24)):
                roll = rng.random()
                state = "up" if roll < 0.985 or every >= 24 else "degraded" if roll < 0.995 else "down"
                at = midnight(day) + hour * HOUR_SECONDS + int(rng.random() * 600)
                self.heartbeat(system, at, state)

    def heartbeat(self, system: System, at: int, state: str = "up") -> None:
        """One heartbeat; down is no sign of monitoring."""
        if self._send(system, "system.heartbeat", at, f'{{"state":"{state}"}}') and state != "down":
            self._heard.add((system.code, day_of(at)))

    def alerts(self, day: int) -> None:
        """Security events of one day, from new to closed; they move no figure."""
        rng = self._emitter.begin("security", day)
        for number in range(round(ALERTS_PER_DAY * min(1.0, self._scene.scale.volume * 4) * rng.uniform(0.5, 1.5))):
            system = self._systems[int(rng.random() * len(self._systems))]
            subject = f"security/{self._scene.key('security', day, number)}"
            severity, category = rng.choice(SEVERITIES), rng.choice(CATEGORIES)
            at = midnight(day) + int(rng.random() * 20 * HOUR_SECONDS)
            for state, delay in (("new", 0), ("acknowledged", 900), ("closed", 4 * HOUR_SECONDS)):
                data = f'{{"severity":"{severity}","category":"{category}","state":"{state}"}}'
                source = self._scene.world.sources["soc"]
                self._emitter.send(source, "security.alert", subject, at + delay, system.owner, data)

    def settle(self) -> None:
        """Books T22, once every heartbeat is sent: in use, monitored, and heard of on that day or the day before."""
        for system in self._systems:
            for day in range(self._scene.first, self._scene.last + 1):
                if _on(self._in_use[system.code], day):
                    heard = {(system.code, day), (system.code, day - 1)} & self._heard
                    watched = bool(heard) and _on(self._watched[system.code], day)
                    self._scene.book.stock("system_monitored", system.owner, (day, day + 1), int(watched))


def _on(steps: list[tuple[tuple[int, int | None], bool]], day: int) -> bool:
    return any(value and first <= day and (end is None or day < end) for (first, end), value in steps)


def _state_data(state: SystemState) -> str:
    level = "null" if state.level is None else str(state.level)
    return f'{{"lifecycle":"{state.lifecycle}","level":{level},"dossier":"{state.dossier}","plan":"{state.plan}"}}'
