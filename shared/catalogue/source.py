"""The catalogue's files as checked rows, each with the place that it stands at."""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

import yaml
from pydantic import ValidationError
from typing_extensions import override

from shared.catalogue import models

Place = tuple[str | int, ...]
R = TypeVar("R", bound=models.Row)


class _Loader(yaml.CSafeLoader):
    """Safe YAML whose dates stay text, so that a bad date is a fault with a line and not a crash."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One fault, printed as `file:line: message`."""

    file: str
    line: int
    message: str

    @override
    def __str__(self) -> str:
        """The form that editors can follow."""
        return f"{self.file}:{self.line}: {self.message}"


@dataclass(frozen=True, slots=True)
class Section:
    """One list of a file and the model of its rows; `header` is a key of the file that its rows inherit."""

    file: str
    key: str
    model: type[models.Row]
    header: str = ""


SECTIONS = (
    Section("units.yaml", "units", models.Unit, "valid_from"),
    Section("communes.yaml", "communes", models.Commune, "valid_from"),
    Section("groups.yaml", "groups", models.Group),
    Section("indicators.yaml", "indicators", models.Indicator, "target_dates"),
    Section("systems.yaml", "systems", models.System, "valid_from"),
    Section("portals.yaml", "portals", models.Portal, "valid_from"),
    Section("portals.yaml", "checklists", models.Checklist),
    Section("reports.yaml", "reports", models.RequiredReport),
    Section("annex-01.yaml", "rows", models.AnnexRow),
    Section("annex-02.yaml", "rows", models.AssignedRow),
    Section("annex-02.yaml", "points", models.Point),
    Section("annex-03.yaml", "common", models.CommonTasks),
    Section("annex-03.yaml", "units", models.UnitTasks),
    Section("periods.yaml", "calendars", models.CalendarRule),
    Section("periods.yaml", "kinds", models.PeriodRule),
    Section("holidays.yaml", "yearly", models.YearlyHoliday),
    Section("holidays.yaml", "holidays", models.Holiday),
    Section("holidays.yaml", "make_up_days", models.MakeUpDay),
)
FILES = tuple(dict.fromkeys(section.file for section in SECTIONS))


@dataclass(frozen=True, slots=True)
class Entry(Generic[R]):
    """A row that passed its model, and its place in its file."""

    row: R
    file: str
    place: Place


@dataclass(frozen=True, slots=True)
class FailedRow:
    """A row that its model refused, kept so that its references are checked all the same."""

    model: type[models.Row]
    raw: Mapping[str, Any]
    file: str
    place: Place


@dataclass(slots=True)
class Source:
    """All files of a folder: rows that passed, rows that did not, and the faults so far.

    The codes of failed rows keep references to them from being reported a second time.
    """

    problems: list[Problem] = field(default_factory=list)
    failed: list[FailedRow] = field(default_factory=list)
    failed_codes: set[str] = field(default_factory=set)
    unreadable: set[str] = field(default_factory=set)
    entries: dict[type[models.Row], list[Entry[Any]]] = field(default_factory=dict)
    nodes: dict[str, yaml.Node | None] = field(default_factory=dict)

    def of(self, model: type[R]) -> list[Entry[R]]:
        """The entries whose rows are of the model, in the order of their file."""
        return cast("list[Entry[R]]", self.entries.get(model, []))

    def rows(self, model: type[R]) -> list[R]:
        """The rows of the model, in the order of their file."""
        return [entry.row for entry in self.of(model)]

    def fault(self, file: str, place: Place, message: str) -> None:
        """Record a fault at the deepest node of the place that exists."""
        self.problems.append(Problem(file, line_of(self.nodes.get(file), place), message))


def read_folder(folder: Path) -> Source:
    """Read every file of the folder; faults are collected, none is raised."""
    source = Source()
    for file in FILES:
        data = _read_file(source, folder / file)
        if isinstance(data, dict):
            _read_sections(source, file, data)
    return source


def line_of(node: yaml.Node | None, place: Place) -> int:
    """Line, from 1, of the deepest node on the way to the place."""
    line = 1
    for step in place:
        if node is None:
            break
        key, node = _child(node, step)
        line = key.start_mark.line + 1 if key is not None else line
    return line


def _child(node: yaml.Node, step: str | int) -> tuple[yaml.Node | None, yaml.Node | None]:
    """The node that marks the step's line, and the node to go on from."""
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == str(step)), (None, None))
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None, None


def _read_file(source: Source, path: Path) -> object:
    """The file's data, or None with the fault recorded."""
    try:
        loader = _Loader(path.read_text(encoding="utf-8"))
        try:
            node = loader.get_single_node()
            source.nodes[path.name] = node
            data = loader.construct_document(node) if node is not None else {}
        finally:
            loader.dispose()
    except (OSError, UnicodeDecodeError) as error:
        _unreadable(source, path.name, 1, f"không đọc được tệp: {error}")
        return None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        _unreadable(source, path.name, line, f"lỗi cú pháp YAML: {error.problem}")
        return None
    except yaml.YAMLError as error:
        _unreadable(source, path.name, 1, f"lỗi YAML: {error}")
        return None
    if not isinstance(data, dict):
        _unreadable(source, path.name, 1, "tệp phải là một ánh xạ khóa: giá trị")
        return None
    if node is not None:
        source.problems.extend(_scalar_faults(path.name, node))
    return data


def _unreadable(source: Source, file: str, line: int, message: str) -> None:
    source.unreadable.add(file)
    source.problems.append(Problem(file, line, message))


def _scalar_faults(file: str, root: yaml.Node) -> Iterator[Problem]:
    """Repeated keys, of which YAML would silently keep the last, and text that is not NFC."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for key, value in node.value:
                if key.value in seen:
                    yield Problem(file, key.start_mark.line + 1, f"khóa {key.value!r} lặp lại")
                seen.add(key.value)
                waiting.append(value)
        elif isinstance(node, yaml.SequenceNode):
            waiting.extend(node.value)
        elif not unicodedata.is_normalized("NFC", node.value):
            yield Problem(file, node.start_mark.line + 1, "văn bản không ở dạng Unicode NFC")


def _read_sections(source: Source, file: str, data: dict[object, object]) -> None:
    sections = [section for section in SECTIONS if section.file == file]
    known = {section.key for section in sections} | {section.header for section in sections}
    for key in data:
        if key not in known:
            source.fault(file, (str(key),), f"khóa {key!r} không có trong định dạng của tệp")
    for section in sections:
        rows = data.get(section.key)
        if not isinstance(rows, list):
            source.fault(file, (section.key,), f"thiếu danh sách {section.key!r}")
            continue
        for index, raw in enumerate(rows):
            _read_row(source, section, index, _inherited(section, data, raw))


def _inherited(section: Section, data: dict[object, object], raw: object) -> object:
    """The row with what its file's header gives to every row; the row's own value wins."""
    header = data.get(section.header)
    if header is None or not isinstance(raw, dict):
        return raw
    if section.header != "target_dates":
        return {section.header: header, **raw}
    targets = raw.get("targets")
    if not isinstance(header, dict) or not isinstance(targets, list):
        return raw
    return {**raw, "targets": [{**header, **t} if isinstance(t, dict) else t for t in targets]}


def _read_row(source: Source, section: Section, index: int, raw: object) -> None:
    place: Place = (section.key, index)
    try:
        row = section.model.model_validate(raw)
    except ValidationError as error:
        if isinstance(raw, dict):
            source.failed.append(FailedRow(section.model, raw, section.file, place))
            source.failed_codes.update(str(raw[key]) for key in ("code", "slug", "row") if key in raw)
        for fault in error.errors(include_url=False):
            source.fault(section.file, (*place, *fault["loc"]), _message(fault["loc"], fault["msg"]))
        return
    source.entries.setdefault(section.model, []).append(Entry(row, section.file, place))


def _message(loc: Place, message: str) -> str:
    return f"{'.'.join(str(step) for step in loc) or 'dòng'}: {message}"
