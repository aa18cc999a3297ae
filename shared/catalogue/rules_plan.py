"""Rules across indicators, targets and the plan's annexes; each reports every breach with its place."""

import re
from typing import Any

from shared.catalogue import models
from shared.catalogue.rules_register import no_repeats, no_repeats_of
from shared.catalogue.source import Entry, Source

ANNEX_ITEM = re.compile(r"PL03-(\d+)\.(\d+)")


def indicators_are_unique(source: Source) -> None:
    """Codes, slugs and figure codes stand for one thing each."""
    no_repeats_of(source, models.Indicator, "code", "mã chỉ tiêu")
    no_repeats_of(source, models.Indicator, "slug", "slug")
    entries = source.of(models.Indicator)
    figures = [(f.code, e, (*e.place, "figures", n, "code")) for e in entries for n, f in enumerate(e.row.figures)]
    no_repeats(source, figures, "mã số liệu")


def indicators_are_consistent(source: Source) -> None:
    """`reported_as` stands exactly with kind `reported`; figure codes begin with their indicator's slug."""
    for entry in source.of(models.Indicator):
        row = entry.row
        if (row.kind == "reported") != (row.reported_as is not None):
            source.fault(entry.file, (*entry.place, "kind"), "reported_as chỉ đi với kind reported, và phải có")
        for n, figure in enumerate(row.figures):
            if figure.code != row.slug and not figure.code.startswith(f"{row.slug}."):
                place = (*entry.place, "figures", n, "code")
                source.fault(entry.file, place, f"mã số liệu {figure.code!r} phải bắt đầu bằng {row.slug!r}")


def targets_are_consistent(source: Source) -> None:
    """`=` stands with 100 only; a target has a figure of its level and a measured province cell a target."""
    for entry in source.of(models.Indicator):
        for n, target in enumerate(entry.row.targets):
            if target.comparator == "=" and target.value != 100:
                message = f"so sánh '=' chỉ dùng với 100, không phải {target.value}"
                source.fault(entry.file, (*entry.place, "targets", n, "comparator"), message)
        if entry.row.figures:
            _targets_match_figures(source, entry)
        _targets_do_not_overlap(source, entry)


def _targets_match_figures(source: Source, entry: Entry[models.Indicator]) -> None:
    measured = [(n, figure) for n, figure in enumerate(entry.row.figures) if figure.targeted]
    levels = {target.level for target in entry.row.targets}
    for n, target in enumerate(entry.row.targets):
        if not any(figure.cells != "units" and figure.level == target.level for _, figure in measured):
            place = (*entry.place, "targets", n, "level")
            source.fault(entry.file, place, f"không số liệu nào của tỉnh so với chỉ tiêu cấp {target.level!r}")
    for n, figure in measured:
        if figure.cells != "units" and figure.level not in levels:
            place = (*entry.place, "figures", n)
            source.fault(entry.file, place, f"số liệu {figure.code!r} không có chỉ tiêu cấp {figure.level!r}")


def _targets_do_not_overlap(source: Source, entry: Entry[models.Indicator]) -> None:
    for n, one in enumerate(entry.row.targets):
        for other in entry.row.targets[:n]:
            starts_before_end = other.valid_to is None or one.valid_from <= other.valid_to
            ends_after_start = one.valid_to is None or other.valid_from <= one.valid_to
            if one.level == other.level and starts_before_end and ends_after_start:
                source.fault(entry.file, (*entry.place, "targets", n), "hai chỉ tiêu cùng cấp trùng thời gian")


def annex_01_is_reached(source: Source) -> None:
    """Every row is reached by an indicator or tracked; an indicator names a row that exists, with its leads."""
    no_repeats_of(source, models.AnnexRow, "row", "dòng Phụ lục 01")
    if source.unreadable & {"annex-01.yaml", "indicators.yaml"}:
        return
    rows = {entry.row.row: entry for entry in source.of(models.AnnexRow)}
    indicators = source.of(models.Indicator)
    for entry in indicators:
        number = entry.row.annex_number
        if number is None:
            continue
        row = rows.get(number)
        if row is None:
            source.fault(entry.file, (*entry.place, "annex_row"), f"Phụ lục 01 không có dòng {number}")
            continue
        for key in ("lead", "coordinating"):
            if getattr(row.row, key) != getattr(entry.row, key):
                source.fault(entry.file, (*entry.place, key), f"{key} khác với dòng {number} của Phụ lục 01")
    reached = {entry.row.annex_number for entry in indicators}
    for number, row in rows.items():
        if number not in reached and not row.row.tracked:
            message = f"dòng {number} của Phụ lục 01 chưa có chỉ tiêu hay nhiệm vụ theo dõi nào"
            source.fault(row.file, (*row.place, "row"), message)


def annex_02_is_whole(source: Source) -> None:
    """Every point of part II is in exactly one row, or said to be in none."""
    no_repeats_of(source, models.AssignedRow, "row", "dòng Phụ lục 02")
    no_repeats_of(source, models.Point, "code", "điểm của phần II")
    rows = source.of(models.AssignedRow)
    used = [(point, e, (*e.place, "points", n)) for e in rows for n, point in enumerate(e.row.points)]
    no_repeats(source, used, "điểm đã giao")
    points = {row.code: row for row in source.rows(models.Point)}
    for point, entry, place in used:
        if point not in points and point not in source.failed_codes:
            source.fault(entry.file, place, f"phần II không có điểm {point!r}")
    assigned = {point for point, *_ in used}
    for entry_of_point in source.of(models.Point):
        if (entry_of_point.row.code in assigned) == entry_of_point.row.unassigned:
            message = f"điểm {entry_of_point.row.code!r} phải có trong đúng một dòng, hoặc ghi unassigned"
            source.fault(entry_of_point.file, (*entry_of_point.place, "code"), message)


def annex_03_is_consistent(source: Source) -> None:
    """Units and items are stated once, and the items that systems name exist."""
    no_repeats_of(source, models.UnitTasks, "row", "dòng Phụ lục 03")
    no_repeats_of(source, models.UnitTasks, "unit", "đơn vị của Phụ lục 03")
    holders: list[Entry[Any]] = [*source.of(models.UnitTasks), *source.of(models.CommonTasks)]
    for entry in holders:
        tasks = [(task.item, entry, (*entry.place, "tasks", n, "item")) for n, task in enumerate(entry.row.tasks)]
        no_repeats(source, tasks, "số nhiệm vụ")
    if "annex-03.yaml" in source.unreadable:
        return
    items = {(row.row, task.item) for row in source.rows(models.UnitTasks) for task in row.tasks}
    for system in source.of(models.System):
        found = ANNEX_ITEM.fullmatch(system.row.annex_item)
        if found and (int(found[1]), int(found[2])) not in items and found[1] not in source.failed_codes:
            place = (*system.place, "annex_item")
            source.fault(system.file, place, f"Phụ lục 03 không có mục {system.row.annex_item!r}")


PLAN_RULES = (
    indicators_are_unique,
    indicators_are_consistent,
    targets_are_consistent,
    annex_01_is_reached,
    annex_02_is_whole,
    annex_03_is_consistent,
)
