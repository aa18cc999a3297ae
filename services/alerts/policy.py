"""Policies as data: how many events, and how far below its target, before a cell is worth an alert."""

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

Severity = Literal["info", "warning", "critical"]


class Policy(BaseModel):
    """When a cell of an indicator alerts. Percentage points are whole, so that integers decide."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_denominator: Annotated[int, Field(ge=1, description="events before a rate means anything")] = 30
    margin_points: Annotated[int, Field(ge=0, le=100, description="points below the target that are tolerated")] = 0
    severity: Severity = "warning"
    enabled: bool = True


class PolicyFile(BaseModel):
    """A policy file: a default and one entry per indicator that differs from it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Annotated[str, Field(pattern=r"^[a-z0-9.-]{1,20}$")]
    default: Policy = Policy()
    indicators: dict[str, Policy] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Policies:
    """The policies in force and their version, which is frozen into each transition's evidence."""

    file: PolicyFile

    @property
    def version(self) -> str:
        return self.file.version

    def policy_for(self, indicator: str) -> Policy:
        """The indicator's own policy, or the default."""
        return self.file.indicators.get(indicator, self.file.default)


def load_policies(path: Path | None = None) -> Policies:
    """Read a policy file (the shipped one when none is given). Raises pydantic's ValidationError or YAMLError."""
    source = path or files("services.alerts").joinpath("policies", "default.yaml")
    return Policies(PolicyFile.model_validate(yaml.safe_load(source.read_text("utf-8"))))
