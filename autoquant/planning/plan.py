"""From a spec to a plan: every name resolved, every option checked, every impossible wish refused, nothing run yet."""

from __future__ import annotations

import hashlib
import inspect
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import packages_distributions, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from autoquant import plugins
from autoquant.data import DataSplits, SplitName
from autoquant.errors import AutoQuantError, PluginError, SearcherError, SpecError, UnsupportedError, did_you_mean
from autoquant.interfaces import Evaluator, EvaluatorRecipe, Searcher, SearchProblem, WorkerPool
from autoquant.job import JobPlan
from autoquant.network import NetworkProfile
from autoquant.objective import DROP, Constraint, Direction, Objective
from autoquant.pareto import Scale
from autoquant.planning.metric_resolver import MetricFinder, own_model
from autoquant.planning.pricing import CostMetric, Pricer
from autoquant.space import Candidate, Option, SearchSpace
from autoquant.spec import FactorySpec, PluginSpec, SearchSpec

if TYPE_CHECKING:
    from torch import nn

T = TypeVar("T")


@dataclass(frozen=True)
class BuildEvaluator:
    """Builds the evaluator of a spec, here or on a worker. Objects given in place of factories travel with it."""

    spec: SearchSpec
    network: nn.Module | None = None
    data: DataSplits | None = None

    def __call__(self) -> Evaluator:
        """The evaluator; `SpecError` or `PluginError` says what in the spec is wrong."""
        plugin = plugins.load("evaluator", self.spec.evaluator.name)
        options = plugins.check_options(plugin, self.spec.evaluator.options, "evaluator")
        network = _made(self.spec.network, self.network, "network", "torch.nn:Module")
        data = _made(self.spec.data, self.data, "data", "autoquant.data:DataSplits")
        with _saying(f"evaluator: {self.spec.evaluator.name}"):
            evaluator: Evaluator = plugin(network, data, **options)
        return evaluator


@dataclass(frozen=True)
class Plan:
    """A checked search, ready to run."""

    spec: SearchSpec
    space: SearchSpace
    objectives: tuple[Objective, ...]
    constraints: tuple[Constraint, ...]
    drops: Mapping[str, Direction]
    """Metrics whose drop against the float network is wanted, with the direction in which they are better."""
    bounds: Mapping[str, tuple[float, float]]
    """(best, worst) of what the evaluator measures."""
    pricer: Pricer
    scale: Scale
    record: JobPlan
    recipe: EvaluatorRecipe

    def measurement_key(self, candidate: Candidate | None, split: SplitName = "search") -> str:
        """Digest of all that a measurement depends on: equal keys measure the same, in any job. None: float network."""
        what = ["float network"] if candidate is None else self._what(self.space.canonical(candidate))
        return hashlib.sha256("\n".join([*self.record.identity.values(), split, *what]).encode()).hexdigest()

    def _what(self, candidate: Candidate) -> list[str]:
        """What the candidate stands for, whatever the space calls it."""
        try:
            return [precision.key() for precision in self.space.precisions(candidate)]
        except UnsupportedError:
            return [f"{name}={option!r}" for name, option in self.space.decode(candidate).items()]

    def searcher(self) -> Searcher:
        """The searcher in its first state."""
        plugin = plugins.load("searcher", self.spec.searcher.name)
        problem = SearchProblem(self.space, self.objectives, self.constraints, self.pricer, self.spec.seed)
        options = plugins.check_options(plugin, self.spec.searcher.options, "searcher")
        with _saying(f"searcher: {self.spec.searcher.name}"):
            searcher: Searcher = plugin(problem, **options)
        return searcher

    def pool(self) -> WorkerPool:
        """The worker pool, not started."""
        plugin = plugins.load("pool", self.spec.pool.name)
        options = plugins.check_options(plugin, self.spec.pool.options, "pool")
        with _saying(f"pool: {self.spec.pool.name}"):
            pool: WorkerPool = plugin(**options)
        return pool


def make_plan(spec: SearchSpec, network: nn.Module | None = None, data: DataSplits | None = None) -> Plan:
    """Check a spec against what is installed, its network and its data.

    `SpecError` lists every wrong name, option, objective and constraint with its place and what is accepted.
    """
    if spec.folder is not None:
        plugins.use_folder(spec.folder)
    finder = check_names(spec)
    objectives, constraints = check_metrics(spec, finder)

    build = BuildEvaluator(spec, network, data)
    evaluator = build()
    profile = evaluator.profile()
    space = make_space(spec.space, profile)
    if profile is not None:
        spec, space, profile = _leave_out(spec, space, profile, list(finder.costs.values()))
    evaluator.check(space)
    pricer = Pricer(list(finder.costs.values()), profile, space, spec.seed)
    costs, measured = pricer.bounds, _measured_bounds(evaluator)
    _check_possible(constraints, pricer, costs, measured)

    scale = Scale.of(objectives, _scale_bounds(objectives, measured | costs, spec.reference_point))
    record = JobPlan(
        choices=space.choices,
        objectives=objectives,
        constraints=constraints,
        best=scale.best,
        worst=scale.worst,
        profile=profile,
        costs=pricer.stored(),
        identity=_identity(spec, evaluator),
    )
    recipe = EvaluatorRecipe(build, space, tuple(str(Path(path or ".").resolve()) for path in sys.path), spec.folder)
    plan = Plan(spec, space, objectives, constraints, finder.drops, evaluator.bounds(), pricer, scale, record, recipe)
    _check_searcher(plan)
    return plan


def check_names(spec: SearchSpec) -> MetricFinder:
    """Every plug-in of the spec exists and takes its options."""
    problems: list[str] = []
    for place in ("space", "evaluator", "searcher", "pool"):
        kind = "search space" if place == "space" else place
        _collect(problems, place, partial(_check_plugin, kind, place, getattr(spec, place)))
    own = []
    for i, section in enumerate(spec.cost_models):
        model = _collect(problems, f"cost_models[{i}]", partial(own_model, section, f"cost_models[{i}]"))
        own += [model] if model is not None else []
    _refuse(problems)
    if spec.trial_seconds is not None and not plugins.load("pool", spec.pool.name).limits_time:
        raise SpecError(
            f"trial_seconds: the pool {spec.pool.name!r} cannot end a trial; use the pool 'ray', or leave it out"
        )
    return MetricFinder(spec, plugins.load("evaluator", spec.evaluator.name).metrics, own)


def check_metrics(spec: SearchSpec, finder: MetricFinder) -> tuple[tuple[Objective, ...], tuple[Constraint, ...]]:
    """Every objective and constraint names a metric that there is."""
    problems: list[str] = []
    objectives = []
    for i, wish in enumerate(spec.objectives):
        objective = _collect(problems, f"objectives[{i}]", partial(finder.objective, wish.metric, wish.direction))
        objectives += [objective] if objective is not None else []
    constraints = tuple(Constraint.parse(text) for text in spec.constraints)
    for i, constraint in enumerate(constraints):
        _collect(problems, f"constraints[{i}]", partial(finder.find, constraint.metric))
    known = {objective.metric for objective in spec.objectives}
    strange = sorted(set(spec.reference_point) - known)
    problems += [f"reference_point.{metric}: it is no objective; {did_you_mean(metric, known)}" for metric in strange]
    _refuse(problems)
    return tuple(objectives), constraints


def _check_possible(
    constraints: Sequence[Constraint],
    pricer: Pricer,
    costs: Mapping[str, tuple[float, float]],
    measured: Mapping[str, tuple[float, float]],
) -> None:
    """Every constraint can be held by some candidate, as far as exact bounds tell."""
    problems: list[str] = []
    exact = {metric: bounds for metric, bounds in costs.items() if pricer.is_additive(metric)}
    for i, constraint in enumerate(constraints):
        _collect(problems, f"constraints[{i}]", partial(_possible, constraint, exact, measured))
    _refuse(problems)


def _check_searcher(plan: Plan) -> None:
    """The searcher can be made and has something to propose: what it finds wrong itself, it finds before a trial."""
    try:
        plan.searcher().ask(1)
    except SearcherError as error:
        raise SpecError(f"searcher: {error}") from error


def _refuse(problems: list[str]) -> None:
    if problems:
        raise SpecError(problems)


def _measured_bounds(evaluator: Evaluator) -> dict[str, tuple[float, float]]:
    """Metric -> (best, worst) of what the evaluator measures, and of the drops against the float network."""
    bounds = dict(evaluator.bounds())
    return bounds | {
        f"{metric}{DROP}": (-abs(worst - best), abs(worst - best)) for metric, (best, worst) in bounds.items()
    }


def _scale_bounds(
    objectives: Sequence[Objective], bounds: Mapping[str, tuple[float, float]], reference: Mapping[str, float]
) -> dict[str, tuple[float, float]]:
    """(best, worst) of every objective; the spec's reference point is the worst where it names one.

    Where the best is not known, the scale is one unit of the metric from the worst.
    """
    found = dict(bounds)
    for objective in objectives:
        if objective.metric in reference:
            worst = reference[objective.metric]
            unit_better = worst + 1 if objective.direction == "maximize" else worst - 1
            best = bounds.get(objective.metric, (unit_better, worst))[0]
            if objective.minimized(worst) <= objective.minimized(best):
                raise SpecError(
                    f"reference_point.{objective.metric}: {worst:.12g} is no worse than the best value, {best:.12g}; "
                    "give the worst value that still counts"
                )
            found[objective.metric] = (best, worst)
    return found


def _check_plugin(kind: str, place: str, section: PluginSpec) -> None:
    plugins.check_options(plugins.load(kind, section.name), section.options, place)


def _collect(problems: list[str], place: str, step: Callable[[], T]) -> T | None:
    """The result of a step, or None with its problems noted under a place."""
    try:
        return step()
    except SpecError as error:
        problems += [line if line.startswith(place) else f"{place}: {line}" for line in error.problems]
    except (PluginError, UnsupportedError) as error:
        problems.append(f"{place}: {error}")
    return None


@contextmanager
def _saying(what: str) -> Iterator[None]:
    """Name the part of the spec in which somebody's code raised."""
    try:
        yield
    except AutoQuantError:
        raise
    except Exception as error:
        raise SpecError(f"{what} raised {type(error).__name__}: {error}") from error


def _made(section: FactorySpec | None, given: Any, place: str, kind: str) -> Any:
    """The object itself, or what its factory returns; None where there is neither."""
    if given is None and section is None:
        return None
    if given is None:
        assert section is not None
        factory = plugins.load_object(section.factory, f"{place}.factory")
        with _saying(f"{place}: {section.factory}"):
            given = factory(**section.options)
    if not isinstance(given, plugins.load_object(kind, place)):
        raise SpecError(f"{place}: expected a {kind.replace(':', '.')}, got {type(given).__name__}")
    return given


def make_space(section: PluginSpec, profile: NetworkProfile | None) -> SearchSpace:
    """The search space of a spec, its options checked; `SpecError` says what is wrong with it."""
    plugin = plugins.load("search space", section.name)
    options = plugins.check_options(plugin, section.options, "space")
    with _saying(f"space: {section.name}"):
        space: SearchSpace = plugin(profile, **options)
    return space


def _leave_out(
    spec: SearchSpec, space: SearchSpace, profile: NetworkProfile, costs: Sequence[CostMetric]
) -> tuple[SearchSpec, SearchSpace, NetworkProfile]:
    """The same without what some cost model cannot price in any combination; the notes of the profile say so.

    The spec then names what is left out, so that its space can be built again without the cost models.
    """
    for cost in costs:
        wrong = space.unsupported(cost.model.supported)
        if not wrong:
            continue
        left_out: dict[str, dict[str, list[Option]]] = {**spec.space.options.get("left_out", {})}
        for layer, lists in wrong.items():
            known = left_out.get(layer, {})
            left_out[layer] = {**known, **{part: [*known.get(part, []), *more] for part, more in lists.items()}}
        spec = spec.model_copy(update={"space": spec.space.model_copy(update={"left_out": left_out})})
        space = make_space(spec.space, profile)
        notes = [
            f"{part} of {', '.join(map(str, bits))} bits are left out, {cost.key} cannot price them: {', '.join(names)}"
            for (part, bits), names in _by_list(wrong).items()
        ]
        profile = replace(profile, notes=(*profile.notes, *notes))
    return spec, space, profile


def _by_list(wrong: Mapping[str, Mapping[str, Sequence[Option]]]) -> dict[tuple[str, tuple[Option, ...]], list[str]]:
    """(weights or activations, bit-widths) -> the layers of which they are left out."""
    found: dict[tuple[str, tuple[Option, ...]], list[str]] = {}
    for layer, lists in wrong.items():
        for part, bits in lists.items():
            found.setdefault((part, tuple(bits)), []).append(layer)
    return found


def _possible(
    constraint: Constraint, costs: Mapping[str, tuple[float, float]], measured: Mapping[str, tuple[float, float]]
) -> None:
    """`SpecError` when no candidate at all can hold the constraint."""
    if constraint.metric in costs:
        low, high = costs[constraint.metric]
    elif constraint.metric in measured:
        low, high = sorted(measured[constraint.metric])
    else:
        return
    reachable = low if constraint.operator == "<=" else high
    if constraint.violation(reachable) > 0:
        end = "least" if constraint.operator == "<=" else "most"
        raise SpecError(f"'{constraint}' cannot hold: the {end} that any candidate reaches is {reachable:.12g}")


def _identity(spec: SearchSpec, evaluator: Evaluator) -> dict[str, str]:
    """What measurements depend on besides the candidate; on resume it must be the same."""
    options = json.dumps(spec.evaluator.options, sort_keys=True, default=repr)
    identity = {"evaluator": f"{spec.evaluator.name} {options} version {evaluator.version}"}
    sources: set[type] = {type(evaluator)}
    if evaluator.network is not None:
        from autoquant.quantization.digest import network_digest

        identity["network"] = network_digest(evaluator.network)
        sources |= {type(part) for part in evaluator.network.modules()}
    if evaluator.data is not None:
        from autoquant.quantization.digest import data_digest

        splits = data_digest(evaluator.data)
        identity["data"] = " ".join(f"{name}={digest}" for name, digest in splits.items())
    identity["code"] = _source_digest(sources)
    return identity


def _source_digest(classes: set[type]) -> str:
    """Digest of the files that define these classes; installed packages are known by their versions instead."""
    files, packages = set(), set()
    for one in classes:
        try:
            file = inspect.getsourcefile(one)
        except (TypeError, OSError):
            file = None
        if file and "site-packages" not in file and Path(file).is_file():
            files.add(file)
        else:
            packages.add(one.__module__.partition(".")[0])
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(Path(file).read_bytes())
    owners = packages_distributions()
    installed = {f"{name}=={version(name)}" for package in packages for name in owners.get(package, [])}
    return " ".join([digest.hexdigest()[:16], *sorted(installed)])
