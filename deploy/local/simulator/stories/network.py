"""The two lines of each state agency (T01)."""

from collections.abc import Mapping
from random import Random

from deploy.local.simulator.local_time import DAY_SECONDS, midnight
from deploy.local.simulator.scene import Scene
from deploy.local.simulator.timeline import by_day, intervals

FAULTS_PER_DAY = 0.006
"""Per line; a fault is mended within the day."""

HOUR_SECONDS = 3600


def play_network(scene: Scene, outages: Mapping[str, tuple[int, int]], unheard: frozenset[str], since: int) -> None:
    """All lines over the whole run. `outages`: agency → days [first, last) without any line; `unheard`: no event."""
    for agency in scene.world.agencies:
        scene.emitter.begin("network", agency)
        lines = {1: False, 2: False}
        changes = [(midnight(since), False)]
        for at, line, up in [] if agency in unheard else sorted(_switches(scene, agency, outages.get(agency))):
            data = f'{{"line":{line},"state":"{"up" if up else "down"}"}}'
            source = scene.world.sources["network"]
            if scene.emitter.send(source, "link.changed", f"network/{agency}", at, agency, data):
                lines[line] = up
                changes.append((at, any(lines.values())))
        for days, connected in intervals(by_day(changes)):
            scene.book.stock("network_coverage", agency, days, int(connected))


def _switches(scene: Scene, agency: str, outage: tuple[int, int] | None) -> list[tuple[int, int, bool]]:
    """(instant, line, up) of one agency; a longer run has the same ones and more."""
    rng = Random(f"{scene.seed}/network/{agency}")  # noqa: S311 - a simulation
    start = midnight(scene.first) + 7 * HOUR_SECONDS + int(rng.random() * 600)
    switches = [(start, 1, True), (start + 1, 2, True)]
    if outage is not None:
        first, last = (midnight(day) + 15 * HOUR_SECONDS for day in outage)
        return switches + [(at + line, line, up) for at, up in ((first, False), (last, True)) for line in (1, 2)]
    for day in range(scene.first + 1, scene.last + 1):
        for line in (1, 2):
            if rng.random() < FAULTS_PER_DAY:
                broken = midnight(day) + int(rng.random() * DAY_SECONDS / 2)
                mended = broken + HOUR_SECONDS + int(rng.random() * 9 * HOUR_SECONDS)
                switches += [(broken, line, False), (mended, line, True)]
    return switches
