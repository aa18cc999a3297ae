"""Rules across units, groups, systems, portals, reports and calendars; each reports every breach with its place."""

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import pairwise
from typing import Any

from shared.catalogue import models
from shared.catalogue.source import Entry, Place, Source
from shared.catalogue.working_days import SATURDAY
from shared.contracts.platform import PLATFORM_SOURCE
from shared.contracts.vocabulary import EVENT_TYPES, SOC_ONLY

SOC = "soc"
RETRACTION = "event.retracted"
"""Every emitter may take back its own events, so no system lists it."""

Located = tuple[object, Entry[Any], Place]


def no_repeats(source: Source, items: Iterable[Located], what: str) -> None:
    """Report each value after its first use."""
    first: dict[object, Entry[Any]] = {}
    for value, entry, place in items:
        if value in first:
            where = first[value]
            source.fault(entry.file, place, f"{what} {value!r} đã dùng ở {where.file}, mục {where.place[-1]}")
        else:
            first[value] = entry


def no_repeats_of(source: Source, model: type[models.Row], key: str, what: str) -> None:
    """Report each row whose `key` has the value of an earlier row."""
    no_repeats(source, ((getattr(e.row, key), e, (*e.place, key)) for e in source.of(model)), what)


def codes_are_unique(source: Source) -> None:
    """Units and groups share one set of codes, since either may stand where a lead or a scope stands."""
    holders: list[Entry[Any]] = [*source.of(models.Unit), *source.of(models.Commune), *source.of(models.Group)]
    no_repeats(source, ((e.row.code, e, (*e.place, "code")) for e in holders), "mã đơn vị hoặc nhóm")
    no_repeats_of(source, models.Commune, "statistical_code", "mã thống kê")
    no_repeats_of(source, models.System, "code", "mã hệ thống")
    no_repeats_of(source, models.Portal, "code", "mã cổng")
    no_repeats_of(source, models.RequiredReport, "code", "mã báo cáo")


def names_are_unique(source: Source) -> None:
    """A name or alias leads to one unit, else a search would hide the other."""
    named: list[Located] = []
    for unit in source.of(models.Unit):
        names = dict.fromkeys([unit.row.name_vi, *unit.row.aliases])
        named += [(name, unit, unit.place) for name in names]
    for commune in source.of(models.Commune):
        names = dict.fromkeys([commune.row.name, *commune.row.aliases])
        named += [(f"{commune.row.kind} {name}", commune, commune.place) for name in names]
    no_repeats(source, named, "tên hoặc tên khác")


def dates_are_in_order(source: Source) -> None:
    """No row, dated list or target ends before it begins."""
    for entries in source.entries.values():
        for entry in entries:
            for place, dated in _dated_parts(entry):
                if dated.valid_to is not None and dated.valid_to < dated.valid_from:
                    message = f"valid_to {dated.valid_to} trước valid_from {dated.valid_from}"
                    source.fault(entry.file, (*place, "valid_to"), message)


def _dated_parts(entry: Entry[Any]) -> Iterator[tuple[Place, models.Dated]]:
    if isinstance(entry.row, models.Dated):
        yield entry.place, entry.row
    elif isinstance(entry.row, models.Group):
        yield from (((*entry.place, "lists", n), part) for n, part in enumerate(entry.row.lists))
    elif isinstance(entry.row, models.Indicator):
        yield from (((*entry.place, "targets", n), part) for n, part in enumerate(entry.row.targets))


def communes_match_their_code(source: Source) -> None:
    """A commune's code is its kind's prefix and its statistical code."""
    for entry in source.of(models.Commune):
        prefix = {"phuong": "ph", "xa": "xa"}[entry.row.kind]
        expected = f"{prefix}-{entry.row.statistical_code}"
        if entry.row.code != expected:
            source.fault(entry.file, (*entry.place, "code"), f"mã {entry.row.code!r} phải là {expected!r}")


def units_are_known(source: Source) -> None:
    """Every code in a place that names units is a unit, or a group where groups may stand."""
    units = {row.code for row in source.rows(models.Unit)} | {row.code for row in source.rows(models.Commune)}
    known = {False: units, True: units | {row.code for row in source.rows(models.Group)}}
    if source.unreadable & {"units.yaml", "communes.yaml", "groups.yaml"}:
        return  # every reference would be reported again for a fault that is already shown
    for file, place, code, group_allowed in _unit_references(source):
        if code not in known[group_allowed] and code not in source.failed_codes:
            what = "đơn vị hoặc nhóm" if group_allowed else "đơn vị"
            source.fault(file, place, f"không có {what} {code!r}")


_UNIT_OR_GROUP_LISTS: dict[type[models.Row], tuple[str, ...]] = {
    models.Indicator: ("lead", "coordinating", "scope", "scope_if_data"),
    models.AnnexRow: ("lead", "coordinating"),
    models.AssignedRow: ("lead", "coordinating"),
    models.System: ("speaks_for",),
    models.RequiredReport: ("owed_by",),
}
_UNIT_OR_GROUP_KEYS: dict[type[models.Row], tuple[tuple[str, bool], ...]] = {
    models.Unit: (("parent", False),),
    models.System: (("owner", False), ("operator", False)),
    models.Portal: (("unit", False),),
    models.UnitTasks: (("unit", False),),
    models.CommonTasks: (("group", True),),
}


def _unit_references(source: Source) -> Iterator[tuple[str, Place, str, bool]]:
    """(file, place, code, whether it may be a group) of every row, the refused ones included."""
    for model, keys in _UNIT_OR_GROUP_LISTS.items():
        for key in keys:
            yield from ((file, place, code, True) for file, place, code in _listed(source, model, key))
    for model, pairs in _UNIT_OR_GROUP_KEYS.items():
        for key, group_allowed in pairs:
            for file, place, value in _values(source, model, key):
                if isinstance(value, str):
                    yield file, (*place, key), value, group_allowed
    for entry in source.of(models.Group):
        for n, part in enumerate(entry.row.lists):
            for m, code in enumerate(part.members):
                yield entry.file, (*entry.place, "lists", n, "members", m), code, True


def _values(source: Source, model: type[models.Row], key: str) -> Iterator[tuple[str, Place, object]]:
    """(file, place of the row, value of the key) of every row of the model, the refused ones included."""
    yield from ((e.file, e.place, getattr(e.row, key)) for e in source.of(model))
    yield from ((f.file, f.place, f.raw.get(key)) for f in source.failed if f.model is model)


def _listed(source: Source, model: type[models.Row], key: str) -> Iterator[tuple[str, Place, str]]:
    """(file, place, text) of every item of the lists under the key."""
    for file, place, value in _values(source, model, key):
        if isinstance(value, list | tuple):
            yield from ((file, (*place, key, n), item) for n, item in enumerate(value) if isinstance(item, str))


def groups_are_sound(source: Source) -> None:
    """A list has members or is derived; lists of a group follow one another; no group contains itself."""
    members = {row.code: {c for part in row.lists for c in part.members} for row in source.rows(models.Group)}
    for entry in source.of(models.Group):
        for n, part in enumerate(entry.row.lists):
            if bool(part.members) == (part.derived is not None):
                source.fault(entry.file, (*entry.place, "lists", n), "cần đúng một trong members và derived")
        parts = sorted(entry.row.lists, key=lambda part: part.valid_from)
        for earlier, later in pairwise(parts):
            if earlier.valid_to is None or earlier.valid_to >= later.valid_from:
                source.fault(entry.file, (*entry.place, "lists"), "hai danh sách của nhóm trùng thời gian")
        if entry.row.code in _reachable(entry.row.code, members):
            source.fault(entry.file, (*entry.place, "code"), f"nhóm {entry.row.code!r} chứa chính nó")


def _reachable(start: str, members: dict[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        for code in members.get(waiting.pop(), set()) - reached:
            reached.add(code)
            waiting.append(code)
    return reached


def event_types_are_known(source: Source) -> None:
    """Feeds and emits name types of the vocabulary; the SOC's own types come from the SOC alone."""
    for file, place, name in (*_listed(source, models.Indicator, "feeds"), *_listed(source, models.System, "emits")):
        if name not in EVENT_TYPES:
            source.fault(file, place, f"không có loại sự kiện {name!r}")
    for system in source.of(models.System):
        if system.row.emits and not system.row.speaks_for:
            source.fault(system.file, (*system.place, "emits"), "hệ thống gửi sự kiện phải có speaks_for")
        for n, name in enumerate(system.row.emits):
            if name in SOC_ONLY and system.row.code != SOC:
                source.fault(system.file, (*system.place, "emits", n), f"chỉ {SOC!r} được gửi {name!r}")


def no_system_is_the_platform(source: Source) -> None:
    """A key of such a system could speak with the platform's own voice."""
    for system in source.of(models.System):
        if f"/systems/{system.row.code}" == PLATFORM_SOURCE:
            source.fault(system.file, (*system.place, "code"), f"mã {system.row.code!r} dành riêng cho nền tảng")


def every_type_has_an_emitter(source: Source) -> None:
    """A type that no system may send could never arrive."""
    if "systems.yaml" in source.unreadable:
        return
    emitted = {name for _, _, name in _listed(source, models.System, "emits")}
    for name in sorted(EVENT_TYPES.keys() - emitted - {RETRACTION}):
        source.fault("systems.yaml", ("systems",), f"không hệ thống nào gửi loại sự kiện {name!r}")


def reports_are_sound(source: Source) -> None:
    """A due rule has exactly the fields of its kind."""
    for entry in source.of(models.RequiredReport):
        due = entry.row.due
        fixed = (due.month is not None and due.day is not None, due.working_days is None)
        wanted = (True, True) if due.rule == "fixed" else (False, False)
        if fixed != wanted:
            source.fault(entry.file, (*entry.place, "due"), f"hạn {due.rule!r} thiếu hoặc thừa trường")


def calendars_are_sound(source: Source) -> None:
    """Days are real and stated once; a make-up day lies on a weekend; months run forwards."""
    no_repeats_of(source, models.Holiday, "day", "ngày nghỉ")
    no_repeats_of(source, models.MakeUpDay, "day", "ngày làm bù")
    no_repeats_of(source, models.PeriodRule, "part", "loại kỳ")
    no_repeats_of(source, models.CalendarRule, "suffix", "lịch")
    for make_up in source.of(models.MakeUpDay):
        if make_up.row.day.weekday() < SATURDAY:
            source.fault(make_up.file, (*make_up.place, "day"), f"ngày làm bù {make_up.row.day} không phải cuối tuần")
    for rule in source.of(models.PeriodRule):
        if rule.row.last_month < rule.row.first_month:
            source.fault(rule.file, (*rule.place, "last_month"), "last_month trước first_month")
    for yearly in source.of(models.YearlyHoliday):
        if not _exists(yearly.row.month, yearly.row.day):
            source.fault(yearly.file, (*yearly.place, "day"), f"không có ngày {yearly.row.day}/{yearly.row.month}")


def _exists(month: int, day: int) -> bool:
    try:
        date(2026, month, day)
    except ValueError:
        return False
    return True


REGISTER_RULES = (
    codes_are_unique,
    names_are_unique,
    dates_are_in_order,
    communes_match_their_code,
    units_are_known,
    groups_are_sound,
    event_types_are_known,
    no_system_is_the_platform,
    every_type_has_an_emitter,
    reports_are_sound,
    calendars_are_sound,
)
