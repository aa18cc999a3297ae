"""Grafana's published OpenAPI, as far as we speak it: what in a request or in its answer is not of it.

Stricter than OpenAPI in one way: an object whose fields are published has no other fields, so that a field that Grafana
would silently ignore is found. `format` is not looked at.
"""

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import yaml
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

FILE = Path(__file__).parent.parent / "data/grafana/openapi.yaml"
BASE = "urn:grafana"
METHODS = ("get", "post", "put", "patch")
WORDS = {"true": True, "false": False}
Json = dict[str, Any]


class Contract:
    """`document`: OpenAPI 3.0, paths whole, one media type (JSON). An operation is told by its operationId."""

    def __init__(self, document: Json) -> None:
        self._document: Json = _strict(document)
        self._registry: Registry[Any] = Registry().with_resource(BASE, DRAFT202012.create_resource(self._document))
        # A path without parameters goes before one that has them: /search is no account.
        self._paths = sorted(self._document["paths"], key=lambda path: path.count("{"))

    @property
    def operations(self) -> set[str]:
        return {one["operationId"] for path in self._document["paths"].values() for _, one in _methods(path)}

    def operation(self, method: str, target: str) -> str | None:
        """Which operation a request is; None for none that is published."""
        found = self._found(method, target)
        return found[0]["operationId"] if found else None

    def request_faults(self, method: str, target: str, body: Any) -> list[str]:
        """`target`: path and query. `body`: JSON, None for none."""
        found = self._found(method, target)
        if found is None:
            return [f"{method} {urlsplit(target).path}: not published"]
        operation, values = found
        faults = [*self._parameter_faults(operation, values, target), *self._body_faults(operation, body)]
        return [f"{operation['operationId']}: {fault}" for fault in faults]

    def answer_faults(self, method: str, target: str, status: int, body: Any) -> list[str]:
        """Of an answer to a request that is published."""
        found = self._found(method, target)
        assert found is not None, f"{method} {target} is not published"
        responses = found[0]["responses"]
        if str(status) not in responses:
            return [f"{found[0]['operationId']}: status {status} is not published"]
        schema = _json(self._resolved(responses[str(status)]))
        faults = self._schema_faults(schema, body, f"answer {status}")
        return [f"{found[0]['operationId']}: {fault}" for fault in faults]

    def _found(self, method: str, target: str) -> tuple[Json, dict[str, str]] | None:
        """The operation with the parameters of its path, and their values."""
        for path in self._paths:
            match = re.fullmatch(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path)), urlsplit(target).path)
            item = self._document["paths"][path]
            if match and method.lower() in dict(_methods(item)):
                operation = item[method.lower()]
                parameters = [*item.get("parameters", []), *operation.get("parameters", [])]
                return {**operation, "parameters": parameters}, match.groupdict()
        return None

    def _parameter_faults(self, operation: Json, in_path: Mapping[str, str], target: str) -> Iterator[str]:
        given = {"path": in_path, "query": dict(parse_qsl(urlsplit(target).query, keep_blank_values=True))}
        known = {(one["in"], one["name"]): one for one in operation["parameters"]}
        for place, values in given.items():
            for name, value in values.items():
                if (place, name) not in known:
                    yield f"parameter {name}: not published"
                else:
                    schema = known[place, name]["schema"]
                    yield from self._schema_faults(schema, _read(value, schema["type"]), f"parameter {name}")
        for (place, name), one in known.items():
            if one.get("required") and name not in given[place]:
                yield f"parameter {name}: missing"

    def _body_faults(self, operation: Json, body: Any) -> Iterator[str]:
        published = operation.get("requestBody")
        if published is None:
            if body is not None:
                yield "body: none is published"
        elif body is not None or published.get("required"):
            yield from self._schema_faults(_json(published), body, "body")

    def _schema_faults(self, schema: Json, value: Any, where: str) -> Iterator[str]:
        for error in Draft202012Validator(schema, registry=self._registry).iter_errors(value):
            yield f"{where} {error.json_path}: {error.message[:200]}"

    def _resolved(self, node: Json) -> Json:
        if "$ref" not in node:
            return node
        found: Any = self._document
        for key in node["$ref"].removeprefix(f"{BASE}#/").split("/"):
            found = found[key]
        return dict(found)


@cache
def spoken() -> Contract:
    """What we use of Grafana: as published, with the deviations that the file gives reasons for."""
    return Contract(with_deviations(yaml.safe_load(FILE.read_text())))


def with_deviations(document: Json) -> Json:
    """Every `merge` of x-deviations merged into its places, in the document. KeyError for a place that is not there."""
    for deviation in document["x-deviations"]:
        for place in deviation["at"]:
            node = document
            for key in place:
                node = node[key]
            _merge(node, deviation["merge"])
    return document


def _merge(node: Json, more: Json) -> None:
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(node.get(key), dict):
            # YAML aliases share an object, which only this place is to change.
            node[key] = deepcopy(node[key])
            _merge(node[key], value)
        else:
            node[key] = value


def _strict(node: Any) -> Any:
    """With whole references, and without other fields where fields are listed."""
    if isinstance(node, list):
        return [_strict(one) for one in node]
    if not isinstance(node, dict):
        return node
    made = {key: _strict(value) for key, value in node.items()}
    if isinstance(made.get("$ref"), str):
        made["$ref"] = BASE + made["$ref"]
    if made.get("type") == "object" and "properties" in made:
        made.setdefault("additionalProperties", False)
    return made


def _methods(item: Json) -> Iterator[tuple[str, Json]]:
    return ((method, item[method]) for method in METHODS if method in item)


def _json(node: Json) -> Json:
    schema: Json = node["content"]["application/json"]["schema"]
    return schema


def _read(text: str, kind: str) -> Any:
    """A parameter as its type; the text itself, which will not do, when it is not of that type."""
    if kind == "integer":
        return int(text) if re.fullmatch(r"-?\d+", text) else text
    return WORDS.get(text, text) if kind == "boolean" else text
