"""Resolving the names of metrics: what the evaluator measures, and what the cost models price."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from autoquant import plugins
from autoquant.errors import PluginError, SpecError, UnsupportedError, did_you_mean
from autoquant.interfaces import CostModel
from autoquant.objective import DROP, NAME_RULE, Constraint, Direction, Objective, is_metric_name, split_metric
from autoquant.planning.pricing import CostMetric
from autoquant.spec import PluginSpec, SearchSpec

DEVICE_FILES = (".toml", ".csv", ".json")

log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A cost model that may be asked for a metric."""

    label: str
    model: type[CostModel]
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Metric:
    """What the name of a metric means."""

    direction: Direction
    cost: CostMetric | None = None
    """The model that prices it; None for what the evaluator measures."""
    drop_of: str | None = None
    """The metric of the evaluator whose drop against the float network it is."""


@dataclass(frozen=True, slots=True)
class ResolvedMetrics:
    """Every metric that a spec names."""

    objectives: tuple[Objective, ...]
    constraints: tuple[Constraint, ...]
    costs: tuple[CostMetric, ...]
    """Each once, in the order in which they are named."""
    drops: Mapping[str, Direction]
    """Metrics of the evaluator whose drop is wanted."""
    resolver: MetricResolver
    """To ask for further ones."""


def resolve_metrics(spec: SearchSpec) -> ResolvedMetrics:
    """Every objective and constraint of a spec. `SpecError` lists those that are no metric, or wrongly directed."""
    problems: list[str] = []
    own = [
        model
        for i, section in enumerate(spec.cost_models)
        if (model := collect(problems, f"cost_models[{i}]", partial(own_model, section, f"cost_models[{i}]")))
    ]
    refuse(problems)
    resolver = MetricResolver(spec, measured_metrics(spec.evaluator.name), own)
    metrics: dict[str, Metric] = {}

    def find(text: str, direction: Direction | None = None) -> Metric:
        metrics[text] = resolver.find(text)
        if direction is not None and direction != (known := metrics[text].direction):
            raise SpecError(f"{text!r} is better when {known}d, it cannot be {direction}d; leave the direction out")
        return metrics[text]

    for i, wish in enumerate(spec.objectives):
        collect(problems, f"objectives[{i}]", partial(find, wish.metric, wish.direction))
    constraints = tuple(Constraint.parse(text) for text in spec.constraints)
    for i, constraint in enumerate(constraints):
        collect(problems, f"constraints[{i}]", partial(find, constraint.metric))
    known = {objective.metric for objective in spec.objectives}
    for place, point in (("reference_point", spec.reference_point), ("ideal_point", spec.ideal_point)):
        strange = sorted(set(point) - known)
        problems += [f"{place}.{metric}: it is no objective; {did_you_mean(metric, known)}" for metric in strange]
    refuse(problems)
    return ResolvedMetrics(
        objectives=tuple(Objective(wish.metric, metrics[wish.metric].direction) for wish in spec.objectives),
        constraints=constraints,
        costs=tuple(metric.cost for metric in metrics.values() if metric.cost is not None),
        drops={metric.drop_of: resolver.measured[metric.drop_of] for metric in metrics.values() if metric.drop_of},
        resolver=resolver,
    )


def measured_metrics(evaluator: str) -> Mapping[str, Direction]:
    """The metrics that an evaluator declares. `PluginError` for names that no spec could write."""
    metrics: Mapping[str, Direction] = plugins.load("evaluator", evaluator).metrics
    if not isinstance(metrics, Mapping):
        raise PluginError(f"evaluator {evaluator!r}: its metrics are {metrics!r}; map names to directions")
    for name in metrics:
        if not is_metric_name(name):
            raise PluginError(f"evaluator {evaluator!r}: it measures {name!r}; {NAME_RULE}")
    return metrics


def collect(problems: list[str], place: str, step: Callable[[], T]) -> T | None:
    """The result of a step, or None with its problems noted under a place."""
    try:
        return step()
    except SpecError as error:
        problems += [line if line.startswith(place) else f"{place}: {line}" for line in error.problems]
    except (PluginError, UnsupportedError) as error:
        problems.append(f"{place}: {error}")
    return None


def refuse(problems: list[str]) -> None:
    """`SpecError` with all of them, if there are any."""
    if problems:
        raise SpecError(problems)


class MetricResolver:
    """Resolves the names of metrics to the evaluator or to a cost model; each model is built once for a device."""

    def __init__(self, spec: SearchSpec, measured: Mapping[str, Direction], own: Sequence[ModelChoice]) -> None:
        self.measured = measured
        self._folder = Path(spec.folder or ".")
        self._own = own
        self._evaluator = spec.evaluator.name
        self._installed = _installed_models()
        self._models: dict[tuple[int, str | None], CostModel] = {}
        """What was built, by choice and device: one model gives all of its metrics."""

    def find(self, text: str) -> Metric:
        """What a name means; `SpecError` lists what is known when it is none."""
        name, device = split_metric(text)
        if device is None and name in self.measured:
            self._refuse_priced(name)
            return Metric(self.measured[name])
        if device is None and (base := name.removesuffix(DROP)) != name and base in self.measured:
            return Metric("minimize", drop_of=base)
        return Metric("minimize", self._cost(text, name, device))

    def _refuse_priced(self, name: str) -> None:
        """`SpecError` where a cost model gives what the evaluator measures: which of the two is meant?"""
        for choice in (*self._own, *self._installed):
            if name in choice.model.metrics and not choice.model.uses_device:
                raise SpecError(
                    f"{name!r} is priced by the cost model {choice.label!r} and measured by the evaluator "
                    f"{self._evaluator!r}; give one of the two another name"
                )

    def cost(self, text: str) -> CostMetric | None:
        """A metric of a cost model that needs no device; None where no model, or more than one, gives it."""
        try:
            return self._cost(text, *split_metric(text))
        except SpecError:
            return None

    def of_device(self, device: str) -> list[CostMetric]:
        """Every metric that a device can be asked for. `UnsupportedError` where no model knows the device."""
        models = [choice for choice in [*self._own, *self._installed] if choice.model.uses_device]
        is_file = device.endswith(DEVICE_FILES)
        knowing = [c for c in models if _takes(c.model, device) and (is_file or device in c.model.devices())]
        if not knowing:
            known = sorted({name for choice in models for name in choice.model.devices()})
            raise UnsupportedError(
                f"no device is called {device!r}; {did_you_mean(device, known)}; or a .toml or .csv file"
            )
        names = [(f"{metric}@{device}", metric, choice) for choice in knowing for metric in choice.model.metrics]
        return [self._built(text, metric, device, choice) for text, metric, choice in names]

    def _cost(self, text: str, name: str, device: str | None) -> CostMetric:
        """The spec's own cost models come before the installed ones."""
        for models in (self._own, self._installed):
            offering = [choice for choice in models if name in choice.model.metrics and _takes(choice.model, device)]
            if len(offering) > 1:
                labels = [choice.label for choice in offering]
                raise SpecError(f"{text!r}: several cost models give {name}: {labels}; name one under cost_models")
            if offering:
                built = self._built(text, name, device, offering[0])
                self._check_given(built, offering[0])
                return built
        raise SpecError(f"no metric is called {text!r}; {self._known(name)}")

    def _check_given(self, cost: CostMetric, choice: ModelChoice) -> None:
        """`SpecError` where the model has no numbers for the metric, with the devices of which it has."""
        if (why := cost.model.lacks(cost.metric)) is None:
            return
        known = [d for d in choice.model.devices() if self._model(choice, d).lacks(cost.metric) is None]
        raise SpecError(f"{cost.key!r}: {why}; devices that have {cost.metric}: {', '.join(known) or 'none'}")

    def _known(self, name: str) -> str:
        """Every metric that there is, by who gives it, the nearest to a name first."""
        models = [choice.model for choice in [*self._own, *self._installed]]
        costs = sorted({metric for model in models if not model.uses_device for metric in model.metrics})
        on_device = sorted({f"{metric}@DEVICE" for model in models if model.uses_device for metric in model.metrics})
        devices = sorted({device for model in models for device in model.devices()})
        nearest, _, _ = did_you_mean(name, [*self.measured, *costs, *on_device]).partition("accepted: ")
        return (
            f"{nearest}measured by the evaluator: {', '.join(self.measured)}, each also with {DROP}; costs: "
            f"{', '.join(costs)}; on a device: {', '.join(on_device)}, with one of {', '.join(devices)}, or a file; "
            "a metric of your own: write an evaluator that measures it (docs/plugins.md)"
        )

    def _built(self, text: str, name: str, device: str | None, choice: ModelChoice) -> CostMetric:
        if not choice.model.uses_device:
            if device is not None:
                raise SpecError(f"{text!r}: {name} does not depend on a device; write {name!r}")
            return CostMetric(text, name, choice.label, self._model(choice, None))
        if device is None:
            wanted = ", ".join(f"{name}@{known}" for known in choice.model.devices())
            files = " or ".join(choice.model.device_files)
            raise SpecError(
                f"{text!r} needs a device; accepted: {wanted or 'none by name'}, or the path of a {files} file"
            )
        if device.endswith(choice.model.device_files):
            device = str(self._folder / device)
        return CostMetric(text, name, choice.label, self._model(choice, device))

    def _model(self, choice: ModelChoice, device: str | None) -> CostModel:
        key = (id(choice), device)
        if key not in self._models:
            build: Callable[..., CostModel] = choice.model
            self._models[key] = build(*([] if device is None else [device]), **choice.options)
        return self._models[key]

    def accepted(self) -> list[str]:
        """Every metric that could be named."""
        names = [*self.measured, *(metric + DROP for metric in self.measured)]
        for choice in [*self._own, *self._installed]:
            metrics = choice.model.metrics
            devices = choice.model.devices()
            names += [f"{m}@{d}" for m in metrics for d in devices] if choice.model.uses_device else list(metrics)
        return names


def _takes(model: type[CostModel], device: str | None) -> bool:
    """Whether this may be a device of the model: of several that give a metric, one reads .toml and another .csv."""
    if not model.uses_device:
        return True
    if device is not None and device.endswith(DEVICE_FILES):
        return device.endswith(model.device_files)
    return bool(model.devices())


def _installed_models() -> list[ModelChoice]:
    """Cost models that can be built without options. A broken one is skipped, and logged."""
    choices = []
    for name in plugins.names("cost model"):
        try:
            model = plugins.load("cost model", name)
        except PluginError as error:
            log.warning("cost model %s is skipped: %s", name, error)
            continue
        if all(not field.is_required() for field in plugins.options_model(model).model_fields.values()):
            choices.append(ModelChoice(name, model, {}))
    return choices


def own_model(section: PluginSpec, place: str) -> ModelChoice:
    model = plugins.load("cost model", section.name)
    return ModelChoice(section.name, model, plugins.check_options(model, section.options, place))
