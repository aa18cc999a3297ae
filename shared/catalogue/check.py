"""What `python -m shared.catalogue check` finds: every fault, and the counts of what is there."""

from dataclasses import dataclass
from pathlib import Path

from shared.catalogue import models
from shared.catalogue.load import SHIPPED_FOLDER, read_and_check
from shared.catalogue.source import Problem, Source

_COUNT_LINES = (
    "{indicators} indicators (chỉ tiêu), {target_values} target values (giá trị mục tiêu)",
    "{units} units (đơn vị): {departments} departments (sở, ngành), {communes} communes ({phuong} phường, {xa} xã)",
    "{annex_01_rows} rows of annex 01 (Phụ lục 01), {annex_01_tracked} of them tracked tasks",
    "{annex_02_rows} task rows of annex 02 (Phụ lục 02)",
    "{annex_03_units} units and {annex_03_tasks} tasks of annex 03 (Phụ lục 03)",
    "{annex_03_common_departments} tasks common to departments, {annex_03_common_communes} common to communes",
    "{systems} systems (hệ thống), {emitters} of them emitters (gửi sự kiện)",
    "{portals} portals (cổng/trang), {reports} required reports (báo cáo), {groups} groups (nhóm)",
    "{periods_per_year} periods per year (kỳ), {holidays} holidays (ngày nghỉ)",
)


@dataclass(frozen=True, slots=True)
class Report:
    """Faults in the order of files and lines, and counts by name."""

    folder: Path
    problems: tuple[Problem, ...]
    counts: dict[str, int]


def check_folder(folder: Path | None = None) -> Report:
    """Read and check a folder; never raises for what is in it."""
    where = folder or SHIPPED_FOLDER
    source = read_and_check(where)
    return Report(where, tuple(source.problems), _counts(source))


def report_lines(report: Report) -> list[str]:
    """Lines for a person, the last of them `counts: name=number …` for a program."""
    lines = [f"{report.folder / problem.file}:{problem.line}: {problem.message}" for problem in report.problems]
    lines += ["Danh mục:", *(f"  {line.format(**report.counts)}" for line in _COUNT_LINES)]
    lines.append(f"{len(report.problems)} lỗi." if report.problems else "Không có lỗi.")
    lines.append("counts: " + " ".join(f"{name}={number}" for name, number in report.counts.items()))
    return lines


def _counts(source: Source) -> dict[str, int]:
    communes = source.rows(models.Commune)
    units = source.rows(models.Unit)
    indicators = source.rows(models.Indicator)
    annex_01 = source.rows(models.AnnexRow)
    annex_03 = source.rows(models.UnitTasks)
    common = {row.group: len(row.tasks) for row in source.rows(models.CommonTasks)}
    systems = source.rows(models.System)
    return {
        "indicators": len(indicators),
        "target_values": sum(len(row.targets) for row in indicators),
        "units": len(units) + len(communes),
        "departments": sum(unit.kind == "department" for unit in units),
        "communes": len(communes),
        "phuong": sum(commune.kind == "phuong" for commune in communes),
        "xa": sum(commune.kind == "xa" for commune in communes),
        "annex_01_rows": len(annex_01),
        "annex_01_tracked": sum(row.tracked for row in annex_01),
        "annex_02_rows": len(source.rows(models.AssignedRow)),
        "annex_03_units": len(annex_03),
        "annex_03_tasks": sum(len(row.tasks) for row in annex_03),
        "annex_03_common_departments": common.get("so-ban-nganh", 0),
        "annex_03_common_communes": common.get("xa-phuong", 0),
        "systems": len(systems),
        "emitters": sum(bool(system.emits) for system in systems),
        "portals": len(source.rows(models.Portal)),
        "reports": len(source.rows(models.RequiredReport)),
        "groups": len(source.rows(models.Group)),
        "periods_per_year": len(source.rows(models.CalendarRule)) * len(source.rows(models.PeriodRule)),
        "holidays": len(source.rows(models.Holiday)) + len(source.rows(models.YearlyHoliday)),
    }
