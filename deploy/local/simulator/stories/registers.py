"""Procedures, portals and open datasets: latest states of registers (T07, T08, T15, T16)."""

from collections.abc import Iterable

from deploy.local.simulator.local_time import day_of, local_text, midnight
from deploy.local.simulator.pace import office_second
from deploy.local.simulator.scene import Scene
from deploy.local.simulator.timeline import by_day, intervals
from deploy.local.simulator.world import Dataset, Portal, Procedure

REASSESSED_EVERY_DAYS = 91
"""Each portal is assessed each quarter, well within the six months after which an assessment is stale."""

CHECKLIST_ITEMS = 34
START_OF_WORK_SECONDS = 8 * 3600


def play_procedures(scene: Scene, procedures: Iterable[Procedure]) -> None:
    """A snapshot of each procedure on the first day, and one on each day on which it changed."""
    for procedure in procedures:
        rng = scene.emitter.begin("procedure", procedure.code)
        states: list[tuple[int, bool, bool, bool]] = []
        for day in _days(scene, _procedure_changes(procedure)):
            at = midnight(day) + START_OF_WORK_SECONDS + int(rng.random() * 3600)
            ready, full, withdrawn = _procedure_state(procedure, day)
            if scene.emitter.send(
                scene.world.sources["procedure"],
                "procedure.catalogued",
                f"procedure/{procedure.code}",
                at,
                procedure.owner,
                _procedure_data(procedure, day),
            ):
                states.append((day, ready, full, withdrawn))
        _book_procedure(scene, procedure, states)


def _procedure_changes(procedure: Procedure) -> list[int | None]:
    p = procedure
    return [p.standardised, p.simplified, p.synced, p.full_online, p.withdrawn]


def _days(scene: Scene, changes: Iterable[int | None]) -> list[int]:
    """The first day of the run, and the days in it on which something changes."""
    return sorted({scene.first} | {day for day in changes if day is not None and scene.first < day <= scene.last})


def _reached(since: int | None, day: int) -> bool:
    return since is not None and since <= day


def _procedure_state(procedure: Procedure, day: int) -> tuple[bool, bool, bool]:
    ready = all(_reached(since, day) for since in (procedure.standardised, procedure.simplified, procedure.synced))
    return ready, procedure.offered(day), _reached(procedure.withdrawn, day)


def _procedure_data(procedure: Procedure, day: int) -> str:
    flags = {
        "standardised": _reached(procedure.standardised, day),
        "simplified": _reached(procedure.simplified, day),
        "national_sync": _reached(procedure.synced, day),
        "online_eligible": procedure.eligible,
        "withdrawn": _reached(procedure.withdrawn, day),
    }
    texts = "".join(f'"{name}":{"true" if value else "false"},' for name, value in flags.items())
    level = "commune" if procedure.commune else "province"
    online = "full" if procedure.offered(day) else "partial"
    return f'{{"owner":"{procedure.owner}","level":"{level}",{texts}"online_level":"{online}"}}'


def _book_procedure(scene: Scene, procedure: Procedure, states: list[tuple[int, bool, bool, bool]]) -> None:
    for days, (ready, full, withdrawn) in intervals([(day, (a, b, c)) for day, a, b, c in states]):
        if withdrawn:
            continue
        scene.book.stock("procedure_standardised", procedure.owner, days, int(ready))
        if procedure.eligible:
            scene.book.stock("procedure_full_online", procedure.owner, days, int(full))


def play_portals(scene: Scene, portals: Iterable[Portal], checklist: str, since: int) -> None:
    """Assessments of each portal, spread over the quarter. Before the first one the portal counts as not met."""
    for portal in portals:
        rng = scene.emitter.begin("portal", portal.code)
        offset = int(rng.random() * 20)
        changes = [(midnight(since), False)]
        for day in range(scene.first + offset, scene.last + 1, REASSESSED_EVERY_DAYS) if portal.assessed else ():
            complete = _reached(portal.complete, day)
            met = CHECKLIST_ITEMS - (0 if complete else 1 + int(rng.random() * 6))
            data = f'{{"items_total":{CHECKLIST_ITEMS},"items_met":{met},"checklist_version":"{checklist}"}}'
            at = midnight(day) + office_second(rng)
            subject = f"portal/{portal.code}"
            if scene.emitter.send(scene.world.sources["portal"], "portal.assessed", subject, at, portal.unit, data):
                changes.append((at, complete))
        for days, complete in intervals(by_day(changes)):
            scene.book.stock("portal_information_complete", portal.unit, days, int(complete))


def play_datasets(scene: Scene, datasets: Iterable[Dataset]) -> None:
    """The plan is announced on the first day; a dataset is in the denominator from its due day on."""
    for dataset in datasets:
        rng = scene.emitter.begin("dataset", dataset.code)
        start = midnight(scene.first) + START_OF_WORK_SECONDS + int(rng.random() * 3600)
        due = f'{{"due_at":"{local_text(midnight(dataset.due) + 61_200)}"}}'
        if not _send_dataset(scene, dataset, "dataset.planned", start, due):
            continue
        changes = [(start, False)]
        for day, published in ((dataset.published, True), (dataset.withdrawn, False)):
            if day is not None and day <= scene.last:
                at = max(midnight(day) + office_second(rng), start + (60 if published else 120))
                if _send_dataset(scene, dataset, f"dataset.{'published' if published else 'withdrawn'}", at, "{}"):
                    changes.append((at, published))
        for (first, end), published in intervals(by_day(changes)):
            if end is None or end > dataset.due:
                days = (max(first, dataset.due, day_of(start)), end)
                scene.book.stock("open_data_published", dataset.unit, days, int(published))


def _send_dataset(scene: Scene, dataset: Dataset, type_: str, at: int, data: str) -> bool:
    subject, source = f"dataset/{dataset.code}", scene.world.sources["dataset"]
    return scene.emitter.send(source, type_, subject, at, dataset.unit, data)
