"""Grafana's published schemas, as the types that its SDK generates from them: whether JSON is of one of these types."""

import enum
import json
import types
import typing
from collections.abc import Iterator
from typing import Any

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models import dashboard as models

register_default_plugins()


def faults(dashboard: dict[str, Any]) -> list[str]:
    """Fields that the schema does not know, and values that are not of their field's type."""
    read = models.Dashboard.from_json(dashboard)
    again = json.loads(JSONEncoder().encode(read))
    lost = list(_lost(dashboard, again, "dashboard"))
    return lost + list(_mistyped(read, models.Dashboard, "dashboard"))


def _lost(given: Any, kept: Any, path: str) -> Iterator[str]:
    if isinstance(given, dict) and isinstance(kept, dict):
        for key in given:
            yield from _lost(given[key], kept[key], f"{path}.{key}") if key in kept else (f"{path}.{key}: unknown",)
    elif isinstance(given, list) and isinstance(kept, list) and len(given) == len(kept):
        for number, (one, other) in enumerate(zip(given, kept, strict=True)):
            yield from _lost(one, other, f"{path}[{number}]")
    elif given != kept:
        yield f"{path}: {given!r} became {kept!r}"


def _mistyped(value: Any, hint: Any, path: str) -> Iterator[str]:
    """Walks the generated types; `object` and dicts without types are whatever a plugin likes."""
    if not _fits(value, hint):
        yield f"{path}: {value!r} is no {hint}"
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from _mistyped(one, Any, f"{path}[{number}]")
    elif type(value).__module__.startswith("grafana_foundation_sdk"):
        if isinstance(value, enum.Enum) or not hasattr(type(value), "__annotations__"):
            return
        hints = typing.get_type_hints(type(value))
        for name, given in vars(value).items():
            yield from _mistyped(given, hints.get(name, Any), f"{path}.{name}")


def _fits(value: Any, hint: Any) -> bool:
    origin = typing.get_origin(hint)
    if hint in (Any, object):
        return True
    if origin in (typing.Union, types.UnionType):
        return any(_fits(value, one) for one in typing.get_args(hint))
    if origin is typing.Literal:
        return value in typing.get_args(hint)
    if origin is list:
        (item,) = typing.get_args(hint)
        return isinstance(value, list) and all(_fits(one, item) for one in value)
    if origin is dict:
        return isinstance(value, dict) and all(_fits(one, typing.get_args(hint)[1]) for one in value.values())
    return _is_of(value, hint)


def _is_of(value: Any, hint: Any) -> bool:
    """Enums may be told by their value; a number may be whole."""
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return value in [member.value for member in hint]
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint) if isinstance(hint, type) else True
