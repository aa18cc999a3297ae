"""The receivers file: names, how each is reached, and who stands for a unit that has no address of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pydantic import HttpUrl, TypeAdapter, ValidationError

from services.alerts.channels.registry import AnyOptions
from services.alerts.policy import Policy, PolicyFile, Row, Token
from services.alerts.routing import is_no_news, names_of
from services.alerts.state import Change
from shared.errors import StartError

WEBHOOK = "webhook"
"""The receiver that the settings `webhook_url` and `webhook_secret_file` stand for; it gets everything."""


class ReceiversError(StartError):
    """`lines`: one problem each, with its place in the file."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


class ByUnit(Row):
    """A receiver that is another one for each unit. `units`: fields that differ from the others', by unit code.

    `otherwise`: the receiver that stands for units without an entry, so that nothing goes to nobody.
    """

    units: dict[str, dict[str, Any]]
    otherwise: Token


class File(Row):
    """`public_url`: where the wallboard is reached from outside; messages link to its alert pages."""

    public_url: HttpUrl | None = None
    receivers: dict[Token, dict[str, Any]]


_options: TypeAdapter[AnyOptions] = TypeAdapter(AnyOptions)


@dataclass(frozen=True)
class Receivers:
    """`each`: name → options of everything that is delivered to. `by_unit`: name → (unit → name, name otherwise)."""

    each: Mapping[str, AnyOptions]
    by_unit: Mapping[str, tuple[Mapping[str, str], str]] = field(default_factory=dict)
    public_url: str = ""

    def told(self, change: Change, policy: Policy) -> tuple[str, ...]:
        """The receivers that a change is recorded for; empty when it is told to nobody.

        Those that get everything are among them whatever the policy names, apart from what is no news. Names that the
        file does not have are left out: nothing waits for a receiver that may never come.
        """
        if not change.tell:
            return ()
        found = [self._stands_for(name, change.scope.unit) for name in names_of(change, policy)]
        found += [name for name, options in self.each.items() if options.everything]
        news = not is_no_news(change)
        return tuple(name for name in dict.fromkeys(found) if name in self.each and (news or self._holds_open(name)))

    def unknown(self, policies: PolicyFile) -> list[str]:
        """Names that policies use and the file does not have: nobody is told there."""
        return sorted(name for name in _named_in(policies) if name not in self.each and name not in self.by_unit)

    def _holds_open(self, name: str) -> bool:
        return self.each[name].holds_open

    def _stands_for(self, name: str, unit: str) -> str:
        if name not in self.by_unit:
            return name
        units, otherwise = self.by_unit[name]
        return units.get(unit, otherwise)


def _named_in(policies: PolicyFile) -> set[str]:
    told = ("receivers", "escalation")
    changed = [{key: override.set[key] for key in told if key in override.set} for override in policies.overrides]
    every = [*policies.rules.values(), *map(Policy.model_validate, changed)]
    steps = {name for policy in every for step in policy.escalation for name in step.receivers}
    return steps | {name for policy in every for name in policy.receivers}


def load_receivers(
    path: Path | None, webhook_url: str | None = None, webhook_secret_file: Path | None = None
) -> Receivers:
    """The file's receivers and the one of the settings. Raises ReceiversError; connects to nothing."""
    found = _read(path) if path else Receivers({})
    if not webhook_url or not webhook_secret_file:
        return found
    if WEBHOOK in found.each or WEBHOOK in found.by_unit:
        raise ReceiversError([f"{WEBHOOK}: stands in the file and in CHITIEU_WEBHOOK_URL; one of them is enough"])
    given = {"kind": "webhook", "url": webhook_url, "secret_files": [webhook_secret_file]}
    lines: list[str] = []
    options = _checked(WEBHOOK, given | {"everything": True, "allow_private": True}, lines)
    if options is None:
        raise ReceiversError(lines)
    return Receivers({**found.each, WEBHOOK: options}, found.by_unit, found.public_url)


def _read(path: Path) -> Receivers:
    try:
        file = File.model_validate(yaml.load(path.read_text(), _UniqueKeys))  # noqa: S506 # a SafeLoader
    except (OSError, yaml.YAMLError) as error:
        raise ReceiversError([f"{path.name}: {' '.join(str(error).split())}"]) from error
    except ValidationError as error:
        raise ReceiversError(_lines(path.name, error)) from error
    return _Reading(path.parent).whole(file)


class _Reading:
    """Collects every problem before it gives up."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lines: list[str] = []
        self._each: dict[str, AnyOptions] = {}
        self._by_unit: dict[str, tuple[Mapping[str, str], str]] = {}

    def whole(self, file: File) -> Receivers:
        for name, given in file.receivers.items():
            fields = _with_paths(given, self._folder)
            if "by_unit" in fields:
                self._read_by_unit(name, fields.pop("by_unit"), fields)
            elif options := _checked(name, fields, self._lines):
                self._each[name] = options
        for name, (_, otherwise) in self._by_unit.items():
            if otherwise not in file.receivers or otherwise in self._by_unit:
                self._lines.append(
                    f"{name}: by_unit.otherwise names {otherwise}, which is no receiver with one address"
                )
        if self._lines:
            raise ReceiversError(self._lines)
        return Receivers(self._each, self._by_unit, str(file.public_url or ""))

    def _read_by_unit(self, name: str, given: Any, fields: dict[str, Any]) -> None:
        """Each unit's is a receiver with its own queue and limit, `name.unit`."""
        try:
            by_unit = ByUnit.model_validate(given)
        except ValidationError as error:
            self._lines += _lines(f"{name}: by_unit", error)
            return
        for unit, differing in by_unit.units.items():
            if options := _checked(f"{name}.{unit}", fields | _with_paths(differing, self._folder), self._lines):
                self._each[f"{name}.{unit}"] = options
        self._by_unit[name] = ({unit: f"{name}.{unit}" for unit in by_unit.units}, by_unit.otherwise)


def _with_paths(given: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Paths of secrets are relative to the receivers file, wherever the service is started."""
    found = dict(given)
    for key, value in given.items():
        if key.endswith("_file") and isinstance(value, str):
            found[key] = folder / value
        if key.endswith("_files") and isinstance(value, list):
            found[key] = [folder / str(one) for one in value]
    return found


def _checked(name: str, fields: dict[str, Any], lines: list[str]) -> AnyOptions | None:
    try:
        return _options.validate_python(fields)
    except ValidationError as error:
        lines += _lines(name, error)
        return None


def _lines(place: str, error: ValidationError) -> list[str]:
    """`province.to.0: …`; the kind that pydantic puts into the path is left out, values are not repeated."""
    return [
        f"{'.'.join([place, *_path(problem['loc'])])}: {problem['msg'].removeprefix('Value error, ')}"
        for problem in error.errors(include_url=False, include_input=False)
    ]


def _path(location: tuple[int | str, ...]) -> list[str]:
    kinds = {"webhook", "alertmanager", "email", "chat"}
    return [str(part) for number, part in enumerate(location) if number > 0 or part not in kinds]


class _UniqueKeys(yaml.SafeLoader):
    """A name that stands twice is an error; YAML's own reading keeps the last in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        if twice := sorted({str(key) for key in keys if keys.count(key) > 1}):
            raise yaml.constructor.ConstructorError(None, None, f"{', '.join(twice)} stands twice", node.start_mark)
        return super().construct_mapping(node, deep)
