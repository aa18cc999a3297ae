"""Reads policy files and proves that they name only what the catalogue has."""

from importlib.resources import files
from pathlib import Path

import yaml
from pydantic import ValidationError

from services.alerts.policy import Match, Policies, PolicyFile
from shared.catalogue import Catalogue
from shared.errors import StartError


def load_policies(catalogue: Catalogue, path: Path | None = None) -> Policies:
    """The policies of a file, the shipped one when none is given. Raises `StartError` with every problem in it."""
    source = path or files("services.alerts").joinpath("policies", "default.yaml")
    try:
        file = PolicyFile.model_validate(yaml.safe_load(source.read_text("utf-8")))
    except (ValidationError, yaml.YAMLError, OSError, UnicodeDecodeError) as error:
        raise StartError(f"policies {path or 'shipped'}: {error}") from error
    if unknown := sorted(unknown_names(file, catalogue)):
        raise StartError(f"policies {path or 'shipped'}: not in the catalogue: {', '.join(unknown)}")
    return Policies(file, {unit.code: unit.level for unit in catalogue.units.values()})


def unknown_names(file: PolicyFile, catalogue: Catalogue) -> set[str]:
    """Indicators, units and levels that fit nothing: an override that can never apply is a mistake."""
    matches = [one.match for one in file.overrides]
    matches += [match for one in file.inhibitions for match in (one.by, one.quiets)]
    levels: set[str] = {unit.level for unit in catalogue.units.values()}
    return {name for match in matches for name in _unknown(match, catalogue, levels)}


def _unknown(match: Match, catalogue: Catalogue, levels: set[str]) -> set[str]:
    return (
        set(match.indicator) - catalogue.indicators.keys()
        | set(match.unit) - catalogue.units.keys()
        | set(match.level) - levels
    )
