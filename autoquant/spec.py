"""`SearchSpec`: everything that defines a search, as one validated object that reads and writes YAML and JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, FiniteFloat, ValidationError

from autoquant.errors import SpecError
from autoquant.objective import Constraint, split_metric
from autoquant.texts.plain_data import check_plain, read_json, read_yaml
from autoquant.texts.wording import explain, shown_name

MOST_TRIALS = 10**9
MOST_PENDING = 100_000


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class FactorySpec(_Section):
    """A function that gives the network or the data: ``module:function`` with the options to call it with."""

    factory: str = Field(pattern=r"^[\w.]+:[\w.]+$", examples=["my_network:build"])
    options: dict[str, Any] = {}


class PluginSpec(BaseModel):
    """A plug-in by name (an installed one, or ``module:Class``); every other field is an option of it."""

    model_config = ConfigDict(extra="allow", frozen=True, hide_input_in_errors=True)

    name: str = Field(min_length=1)

    @property
    def options(self) -> dict[str, Any]:
        """The options of the plug-in."""
        return dict(self.model_extra or {})


class ObjectiveSpec(_Section):
    """A metric to optimise. The direction may be omitted where it is known."""

    metric: Annotated[str, AfterValidator(lambda text: (split_metric(text), text)[1])]
    direction: Literal["maximize", "minimize"] | None = None


class BudgetSpec(_Section):
    """When a search ends."""

    n_trials: int = Field(
        default=100, ge=1, le=MOST_TRIALS, description="Total number of trials of the job, resumed or not."
    )
    seconds: float | None = Field(default=None, gt=0, description="Total time that the job may run, resumed or not.")
    stagnation: int | None = Field(
        default=None,
        ge=1,
        le=MOST_TRIALS,
        description="End when so many trials in a row have not raised the hypervolume.",
    )


def _long_form(key: str) -> BeforeValidator:
    """``nsga3`` stands for ``{name: nsga3}``: a lone string is the field ``key``."""
    return BeforeValidator(lambda value: {key: value} if isinstance(value, str) else value)


def _constraint(text: str) -> str:
    return str(Constraint.parse(text))


Factory = Annotated[FactorySpec, _long_form("factory")]
Plugin = Annotated[PluginSpec, _long_form("name")]


class SearchSpec(_Section):
    """One search. Frozen; wrong input raises `SpecError`, one line for each problem, before anything runs."""

    name: str = Field(default="search", min_length=1, max_length=100, description="What to call the job.")
    seed: int = Field(default=0, ge=0, description="All randomness of the search comes from it.")
    network: Factory | None = Field(default=None, description="Function that returns the trained torch.nn.Module.")
    data: Factory | None = Field(default=None, description="Function that returns autoquant.DataSplits.")
    space: Plugin = Field(description="What may be chosen.")
    evaluator: Plugin = Field(default=PluginSpec(name="post_training"), description="How a candidate is measured.")
    cost_models: list[Plugin] = Field(
        default=[],
        description="Cost models with options or from the spec's folder; installed ones are found by metric.",
    )
    objectives: list[Annotated[ObjectiveSpec, _long_form("metric")]] = Field(
        min_length=1,
        description="Metrics to trade against each other: accuracy, weight_bytes, latency_ms@cortex-m7",
    )
    constraints: list[Annotated[str, AfterValidator(_constraint)]] = Field(
        default=[], description="What every reported network must hold, for example 'accuracy_drop <= 0.01'."
    )
    searcher: Plugin = Field(default=PluginSpec(name="nsga3"), description="What proposes candidates.")
    pool: Plugin = Field(default=PluginSpec(name="ray"), description="Where trials run.")
    budget: BudgetSpec = Field(default=BudgetSpec(), description="When to end.")
    max_pending: int = Field(
        default=16,
        ge=1,
        le=MOST_PENDING,
        description="Proposals that may wait for their result at once, at least one a worker. "
        "Part of the search: the same value gives the same search on any number of workers.",
    )
    trial_seconds: float | None = Field(
        default=None, gt=0, description="How long one trial may take; one that takes longer ends FAIL."
    )
    reuse: bool = Field(default=True, description="Whether to use what other jobs of the store measured.")
    sensitivity_baseline: bool = Field(
        default=True,
        description="Whether to measure every option alone, and some of the additive model's front, as a baseline of "
        "the search.",
    )
    reference_point: dict[str, FiniteFloat] = Field(
        default={},
        description="Objective -> its worst value that still counts in the hypervolume, where not known.",
    )
    ideal_point: dict[str, FiniteFloat] = Field(
        default={},
        description="Objective -> its best value, from which the hypervolume is scaled, where not known.",
    )
    folder: str | None = Field(
        default=None,
        description="Folder whose modules and files the spec names; by default that of the spec file.",
    )

    def __init__(self, /, **fields: Any) -> None:
        check_plain(fields)
        try:
            super().__init__(**fields)
        except ValidationError as error:
            raise SpecError(explain(error, "", _fields())) from None
        metrics = [objective.metric for objective in self.objectives]
        if repeated := sorted({metric for metric in metrics if metrics.count(metric) > 1}):
            raise SpecError(f"objectives: {repeated} stand more than once; name each metric once")

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """From plain data, as YAML or JSON give it."""
        if not isinstance(data, Mapping):
            raise SpecError(f"spec: expected fields such as 'objectives: [..]', found {type(data).__name__}")
        if strange := [key for key in data if not isinstance(key, str)]:
            raise SpecError(f"spec: the field names {strange} are not text")
        return cls(**data)

    @classmethod
    def from_yaml(cls, text: str) -> Self:
        """From YAML text; `SpecError` gives the line of a syntax error."""
        return cls.from_dict(read_yaml(text))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """From JSON text."""
        return cls.from_dict(read_json(text))

    @classmethod
    def from_file(cls, path: str | Path) -> Self:
        """From a ``.yaml``, ``.yml`` or ``.json`` file. Modules and files that it names are looked up in its folder."""
        file = Path(path)
        readers = {".yaml": cls.from_yaml, ".yml": cls.from_yaml, ".json": cls.from_json}
        if file.suffix not in readers:
            raise SpecError(f"{shown_name(file)}: the name of a spec ends in {', '.join(readers)}")
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, ValueError) as error:  # ValueError: no UTF-8, or a NUL in its name
            why = error.strerror if isinstance(error, OSError) else error
            raise SpecError(f"{shown_name(file)}: cannot be read: {why}") from None
        spec = readers[file.suffix](text)
        folder = (file.resolve().parent / (spec.folder or "")).resolve()
        if not os.path.isdir(folder):  # noqa: PTH112 - Path.is_dir raises for a name that is too long
            raise SpecError(f"folder: {shown_name(folder)} is no folder")
        return spec.model_copy(update={"folder": str(folder)})

    def to_dict(self) -> dict[str, Any]:
        """Plain data without the fields that have their default."""
        return self.model_dump(mode="json", exclude_defaults=True)

    def to_yaml(self) -> str:
        """YAML text that `from_yaml` reads back to an equal spec."""
        return yaml.safe_dump(self.to_dict(), sort_keys=False, allow_unicode=True)

    def to_json(self) -> str:
        """JSON text that `from_json` reads back to an equal spec."""
        return json.dumps(self.to_dict(), indent=2)


def _fields() -> dict[str, list[str]]:
    """Place of each object in a spec -> the fields that it accepts."""
    accepted = {"": list(SearchSpec.model_fields)}
    sections: dict[str, type[BaseModel]] = {"network": FactorySpec, "data": FactorySpec}
    sections |= {"budget": BudgetSpec, "objectives": ObjectiveSpec}
    return accepted | {place: list(section.model_fields) for place, section in sections.items()}
