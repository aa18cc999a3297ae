"""Build the catalogue from its folder, or refuse with every fault."""

from functools import lru_cache
from pathlib import Path

from shared.catalogue import models
from shared.catalogue.catalogue import Catalogue
from shared.catalogue.rules_plan import PLAN_RULES
from shared.catalogue.rules_register import REGISTER_RULES
from shared.catalogue.source import Problem, Source, read_folder
from shared.catalogue.text import SortKey, sort_key
from shared.errors import StartError

SHIPPED_FOLDER = Path(__file__).parent / "data"

_KIND_ORDER = (
    "province", "department", "police", "military", "agency", "centre", "public_service", "association", "party",
    "phuong", "xa", "central", "enterprise_group", "elsewhere",
)  # fmt: skip
"""How lists group units: the province, its bodies, its communes, then those outside."""


class CatalogueError(StartError):
    """The catalogue has faults; `problems` holds every one."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("catalogue refused:\n" + "\n".join(str(problem) for problem in problems))
        self.problems = problems


def load_catalogue(folder: Path | None = None) -> Catalogue:
    """The catalogue of a folder, by default the shipped one; read once per process and folder.

    Raises `CatalogueError` with every fault.
    """
    return _load((folder or SHIPPED_FOLDER).resolve())


@lru_cache(maxsize=8)
def _load(folder: Path) -> Catalogue:
    source = read_and_check(folder)
    if source.problems:
        raise CatalogueError(source.problems)
    return build(source)


def read_and_check(folder: Path) -> Source:
    """Every row that passed, and every fault, in the order of files and lines."""
    source = read_folder(folder)
    for rule in (*REGISTER_RULES, *PLAN_RULES):
        rule(source)
    source.problems = sorted(set(source.problems))
    return source


def build(source: Source) -> Catalogue:
    """The catalogue of the rows that passed."""
    return Catalogue(
        units={unit.code: unit for unit in _ordered_units(source)},
        groups={row.code: row for row in source.rows(models.Group)},
        indicators={row.slug: _with_figures(row) for row in source.rows(models.Indicator)},
        systems={row.code: row for row in source.rows(models.System)},
        portals={row.code: row for row in source.rows(models.Portal)},
        reports={row.code: row for row in source.rows(models.RequiredReport)},
        checklists=tuple(source.rows(models.Checklist)),
        annex_01=tuple(source.rows(models.AnnexRow)),
        annex_02=tuple(source.rows(models.AssignedRow)),
        annex_02_points={row.code: row for row in source.rows(models.Point)},
        annex_03_common=tuple(source.rows(models.CommonTasks)),
        annex_03=tuple(source.rows(models.UnitTasks)),
        period_rules=(tuple(source.rows(models.CalendarRule)), tuple(source.rows(models.PeriodRule))),
        yearly_holidays=tuple(source.rows(models.YearlyHoliday)),
        holidays=tuple(source.rows(models.Holiday)),
        make_up_days=tuple(source.rows(models.MakeUpDay)),
    )


def _ordered_units(source: Source) -> list[models.Unit]:
    units = source.rows(models.Unit)
    province = next((unit.code for unit in units if unit.kind == "province"), None)
    units += [commune.as_unit(province) for commune in source.rows(models.Commune)]
    units.sort(key=_list_order)
    return [unit.model_copy(update={"position": position}) for position, unit in enumerate(units)]


def _list_order(unit: models.Unit) -> tuple[int, SortKey]:
    return _KIND_ORDER.index(unit.kind), sort_key(unit.short_vi)


def _with_figures(row: models.Indicator) -> models.Indicator:
    """The indicator with its only figure spelt out, and each figure with the ledger readings that it sums."""
    figures = row.figures or (models.Figure(code=row.slug, name_vi=row.name_vi, name_en=row.name_en),)
    spelt = tuple(f if f.readings else f.model_copy(update={"readings": (f.code,)}) for f in figures)
    return row.model_copy(update={"figures": spelt})
