"""From a spec to a plan: every name resolved, every option checked, every impossible wish refused, nothing run yet."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from autoquant import plugins
from autoquant.data import DataSplits, SplitName
from autoquant.errors import AutoQuantError, PluginError, SearcherError, SpecError
from autoquant.interfaces import PEAKS, Evaluator, EvaluatorRecipe, Searcher, SearchProblem, WorkerPool
from autoquant.job import Excluded, JobDefinition, JobRecord
from autoquant.network import NetworkProfile
from autoquant.objective import DROP, Bounds, Constraint, Direction, Objective
from autoquant.pareto import Normalization
from autoquant.planning.identity import (
    FLOAT_NETWORK,
    describe,
    describe_checkpoint,
    describe_effort,
    describe_settings,
    identity,
    measurement_key,
)
from autoquant.planning.metric_resolver import collect, refuse, resolve_metrics
from autoquant.planning.pricing import CostMetric, Pricer
from autoquant.space import Candidate, Option, SearchSpace
from autoquant.spec import FactorySpec, PluginSpec, SearchSpec
from autoquant.trial import Settings

if TYPE_CHECKING:
    from torch import nn

EXCLUDED = "left_out"
"""Option of a search space: what it is without."""

NOTHING: Excluded = MappingProxyType({})


@dataclass(frozen=True)
class BuildEvaluator:
    """Builds the evaluator of a spec, here or on a worker. Objects given in place of factories travel with it."""

    spec: SearchSpec
    network: nn.Module | None = None
    data: DataSplits | None = None

    def __call__(self) -> Evaluator:
        """The evaluator; `SpecError` or `PluginError` says what in the spec is wrong."""
        _check_plugin("evaluator", "evaluator", self.spec.evaluator)  # before a network is loaded for nothing
        network = _made(self.spec.network, self.network, "network", "torch.nn:Module")
        data = _made(self.spec.data, self.data, "data", "autoquant.data:DataSplits")
        evaluator: Evaluator = _create("evaluator", "evaluator", self.spec.evaluator, network, data)
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
    measured_bounds: Mapping[str, Bounds]
    """Of what the evaluator measures."""
    pricer: Pricer
    normalization: Normalization
    definition: JobDefinition
    recipe: EvaluatorRecipe
    polishes: bool = False
    """Whether the evaluator measures the final front again, made as well as it can."""

    def measurement_key(
        self,
        canonical: Candidate | Settings | None,
        split: SplitName = "search",
        checkpoint: str | None = None,
        polish: bool = False,
    ) -> str:
        """Digest of all that a measurement depends on: equal keys measure the same, in any job.

        Of a canonical candidate, of settings, or of the float network (None), as the checkpoint holds it.
        """
        if canonical is None:
            subject = FLOAT_NETWORK
        else:
            subject = describe(self.space, canonical) if isinstance(canonical, tuple) else describe_settings(canonical)
        subject = [*subject, *describe_checkpoint(checkpoint), *describe_effort(polish)]
        return measurement_key(self.definition.identity, split, subject)

    @property
    def problem(self) -> SearchProblem:
        """What a searcher is given."""
        return SearchProblem(self.space, self.objectives, self.constraints, self.pricer, self.spec.seed)

    def searcher(self) -> Searcher:
        """The searcher in its first state."""
        searcher: Searcher = _create("searcher", "searcher", self.spec.searcher, self.problem)
        return searcher

    def pool(self) -> WorkerPool:
        """The worker pool, not started."""
        pool: WorkerPool = _create("pool", "pool", self.spec.pool)
        return pool


def make_plan(
    spec: SearchSpec,
    network: nn.Module | None = None,
    data: DataSplits | None = None,
    begun: JobDefinition | None = None,
) -> Plan:
    """Check a spec against what is installed, its network and its data.

    ``begun`` is the definition of a stored job: what its space is without, and the scale of its hypervolume, stay as
    they are. `SpecError` lists every wrong name, option, objective and constraint with its place and what is accepted.
    """
    if spec.folder is not None:
        plugins.use_folder(spec.folder)
    check_names(spec)
    metrics = resolve_metrics(spec)
    build = BuildEvaluator(spec, network, data)
    evaluator = build()
    profile = evaluator.profile()
    excluded: Excluded = begun.excluded if begun is not None else {}
    space = make_space(spec.space, profile, excluded)
    if profile is not None and begun is None:
        space, excluded, notes = exclude_unsupported(spec, space, profile, metrics.costs)
        profile = replace(profile, notes=(*profile.notes, *space.notes, *notes))
    evaluator.check(space)
    pricer = Pricer(metrics.costs, profile, space, spec.seed)
    if profile is not None:
        profile = replace(profile, notes=(*profile.notes, *warnings_of(metrics.objectives, metrics.costs, pricer)))
    measured_bounds = {metric: Bounds(*pair) for metric, pair in evaluator.bounds().items()}
    known = with_drops(measured_bounds) | pricer.bounds
    check_possible(metrics.constraints, pricer, known)
    bounds = begun.bounds if begun is not None else objective_bounds(spec, metrics.objectives, known)
    normalization = Normalization(metrics.objectives, bounds)
    definition = JobDefinition(
        choices=space.choices,
        objectives=metrics.objectives,
        constraints=metrics.constraints,
        bounds=normalization.bounds,
        profile=profile,
        costs=pricer.stored(),
        identity=identity(spec, evaluator),
        excluded=excluded,
    )
    import_paths = tuple(str(Path(path or ".").resolve()) for path in sys.path)
    recipe = EvaluatorRecipe(build, space, import_paths, spec.folder, evaluator.resources)
    plan = Plan(
        spec=spec,
        space=space,
        objectives=metrics.objectives,
        constraints=metrics.constraints,
        drops=metrics.drops,
        measured_bounds=measured_bounds,
        pricer=pricer,
        normalization=normalization,
        definition=definition,
        recipe=recipe,
        polishes=evaluator.polishes,
    )
    check_searcher(plan, evaluator)
    plan.pool().check(evaluator.resources)
    return plan


def check_names(spec: SearchSpec) -> None:
    """Every plug-in of the spec exists and takes its options."""
    problems: list[str] = []
    for place in ("space", "evaluator", "searcher", "pool"):
        kind = "search space" if place == "space" else place
        collect(problems, place, partial(_check_plugin, kind, place, getattr(spec, place)))
    for i, section in enumerate(spec.cost_models):
        place = f"cost_models[{i}]"
        collect(problems, place, partial(_check_plugin, "cost model", place, section))
    refuse(problems)
    if spec.trial_seconds is not None and not plugins.load("pool", spec.pool.name).limits_time:
        raise SpecError(
            f"trial_seconds: the pool {spec.pool.name!r} cannot end a trial; use the pool 'ray', or leave it out"
        )


LEAST_SPREAD = 0.01
"""Share of its most by which an objective must vary over the space to be worth an objective."""


def warnings_of(objectives: Sequence[Objective], costs: Sequence[CostMetric], pricer: Pricer) -> list[str]:
    """What of the costs does not say what a reader takes them for: they hardly vary, or are peaks of a data sheet."""
    warnings = []
    for metric in [objective.metric for objective in objectives if objective.metric in pricer.metrics]:
        least, most = pricer.bounds[metric].least, pricer.bounds[metric].most
        if most - least <= LEAST_SPREAD * abs(most):
            over = f"it is {least:.6g}" if least == most else f"it goes from {least:.6g} to {most:.6g}"
            warnings.append(
                f"objective {metric} hardly varies: over the whole space {over}, so it decides nothing; leave it out, "
                "or give the space options that change it"
            )
    peaks = {cost.key: cost.model.provenance[PEAKS] for cost in costs if PEAKS in cost.model.provenance}
    return warnings + [f"{metric}: {text}" for metric, text in peaks.items()]


def check_possible(constraints: Sequence[Constraint], pricer: Pricer, known: Mapping[str, Bounds]) -> None:
    """Every constraint can be held by some candidate, as far as exact bounds tell."""
    problems: list[str] = []
    exact = {m: bounds for m, bounds in known.items() if m not in pricer.metrics or pricer.is_additive(m)}
    for i, constraint in enumerate(constraints):
        if constraint.metric in exact:
            collect(problems, f"constraints[{i}]", partial(_possible, constraint, exact[constraint.metric]))
    refuse(problems)


def check_searcher(plan: Plan, evaluator: Evaluator) -> None:
    """The searcher can be made and has something to propose: what it finds wrong itself, it finds before a trial.

    `SpecError` also where it proposes settings, and the evaluator derives no candidates from any.
    """
    try:
        proposals = plan.searcher().ask(1)
    except SearcherError as error:
        raise SpecError(f"searcher: {error}") from error
    if not evaluator.takes_settings and any(proposal.settings is not None for proposal in proposals):
        searcher, name = plan.spec.searcher.name, plan.spec.evaluator.name
        raise SpecError(
            f"evaluator: {name!r} derives no candidate from settings, which {searcher!r} proposes; take an evaluator "
            "with takes_settings, or a searcher that proposes candidates"
        )


def with_drops(measured: Mapping[str, Bounds]) -> dict[str, Bounds]:
    """The bounds of what the evaluator measures, and of the drops against the float network."""
    drops = {
        f"{metric}{DROP}": Bounds(-abs(worst - best), abs(worst - best)) for metric, (best, worst) in measured.items()
    }
    return {**measured, **drops}


def objective_bounds(
    spec: SearchSpec, objectives: Sequence[Objective], known: Mapping[str, Bounds]
) -> tuple[Bounds, ...]:
    """The bounds of every objective; the points of the spec come before what is known.

    `SpecError` says which value is not known, and how to give it.
    """
    problems: list[str] = []
    bounds = [collect(problems, "", partial(_scale, spec, o, known.get(o.metric))) for o in objectives]
    refuse(problems)
    return tuple(scale for scale in bounds if scale is not None)


def _scale(spec: SearchSpec, objective: Objective, known: Bounds | None) -> Bounds:
    """Best and worst value of one objective."""
    metric = objective.metric
    best = spec.ideal_point.get(metric, None if known is None else known.best)
    worst = spec.reference_point.get(metric, None if known is None else known.worst)
    if best is None or worst is None:
        ends = {"reference_point": ("worst", worst), "ideal_point": ("best", best)}
        raise SpecError([_unknown(place, metric, end) for place, (end, value) in ends.items() if value is None])
    span = objective.minimized(worst) - objective.minimized(best)
    given = [place for place in ("reference_point", "ideal_point") if metric in getattr(spec, place)]
    if given and span <= 0:
        raise SpecError(
            f"{given[0]}.{metric}: the worst value, {worst:.12g}, is no worse than the best value, {best:.12g}; "
            "give the worst value that still counts and, where it is not known, the best as ideal_point"
        )
    if not 0 <= span < math.inf:
        raise SpecError(
            f"objectives: {metric!r} has {best:.12g} as its best and {worst:.12g} as its worst value; the worst must "
            "be worse by a finite difference: correct the bounds of the evaluator or the points of the spec"
        )
    return Bounds(best, worst)


def _unknown(place: str, metric: str, end: str) -> str:
    which = "worst value that still counts" if end == "worst" else "best value that it can take"
    example = f"'{place}: {{{metric}: <{which}>}}'"
    return f"{place}: the {end} value of {metric!r} is not known; give it, for example {example}"


def _create(kind: str, place: str, section: PluginSpec, *positional: Any) -> Any:
    """The plug-in of a part of the spec, made."""
    with _saying(f"{place}: {section.name}"):
        return plugins.create(kind, section.name, *positional, options=section.options, place=place)


def _check_plugin(kind: str, place: str, section: PluginSpec) -> None:
    try:
        plugin = plugins.load(kind, section.name)
    except PluginError as error:
        if kind == "searcher" and is_sampler(section.name):
            hint = f"write {{name: optuna, sampler: {section.name}}}"
            raise PluginError(f"{section.name!r} is a sampler of Optuna; {hint}") from None
        raise error
    plugins.check_options(plugin, section.options, place)


def is_sampler(name: str) -> bool:
    """Whether Optuna has a sampler of this name."""
    from autoquant.searchers.optuna_samplers import samplers, short

    return short(name) in {short(sampler.__name__) for sampler in samplers()}


@contextmanager
def _saying(what: str) -> Iterator[None]:
    """Name the part of the spec in which somebody's code raised."""
    try:
        yield
    except AutoQuantError:
        raise
    except Exception as error:
        raise SpecError(f"{what} raised {plugins.raised(error)}; --traceback shows more") from error


def _made(section: FactorySpec | None, given: Any, place: str, kind: str) -> Any:
    """The object itself, or what its factory returns; None where there is neither."""
    if given is None and section is None:
        return None
    if given is None:
        assert section is not None
        factory = plugins.load_object(section.factory, f"{place}.factory")
        with _saying(f"{place}: {section.factory}"):
            given = factory(**section.options)
    if (original := getattr(given, "_orig_mod", None)) is not None:
        raise SpecError(
            f"{place}: it is compiled (torch.compile), and a compiled {type(original).__name__} shows no layers; give "
            "the network itself, and compile what is exported"
        )
    if not isinstance(given, plugins.load_object(kind, place)):
        raise SpecError(f"{place}: expected a {kind.replace(':', '.')}, got {type(given).__name__}")
    return given


def make_space(section: PluginSpec, profile: NetworkProfile | None, excluded: Excluded = NOTHING) -> SearchSpace:
    """The search space of a spec without what is excluded; `SpecError` says what is wrong with it."""
    whole = PluginSpec(name=section.name, **{**section.options, **_excluding(section, excluded)})
    space: SearchSpace = _create("search space", "space", whole, profile)
    return space


def stored_space(record: JobRecord) -> SearchSpace:
    """The search space of a job, built again from its spec and definition; no network is needed."""
    spec = SearchSpec.from_dict(record.spec)
    if spec.folder is not None:
        plugins.use_folder(spec.folder)
    return make_space(spec.space, record.definition.profile, record.definition.excluded)


def _excluding(section: PluginSpec, excluded: Excluded) -> dict[str, Any]:
    """The option by which a space excludes these too, in addition to what the spec itself excludes."""
    if not excluded:
        return {}
    merged = {layer: dict(lists) for layer, lists in section.options.get(EXCLUDED, {}).items()}
    for layer, lists in excluded.items():
        known = merged.setdefault(layer, {})
        merged[layer] = {**known, **{part: [*known.get(part, ()), *more] for part, more in lists.items()}}
    return {EXCLUDED: merged}


def exclude_unsupported(
    spec: SearchSpec, space: SearchSpace, profile: NetworkProfile, costs: Sequence[CostMetric]
) -> tuple[SearchSpace, Excluded, list[str]]:
    """The space without what some cost model cannot price in any combination; what that is, and notes that say so."""
    excluded: dict[str, dict[str, list[Option]]] = {}
    notes: list[str] = []
    for cost in costs:
        unsupported = space.unsupported(cost.model.supported)
        if not unsupported:
            continue
        for layer, lists in unsupported.items():
            known = excluded.setdefault(layer, {})
            known.update({part: [*known.get(part, ()), *more] for part, more in lists.items()})
        space = make_space(spec.space, profile, excluded)
        notes += [
            f"{_named(part, options)} are excluded, {cost.key} cannot price them: {', '.join(names)}"
            for (part, options), names in _by_list(unsupported).items()
        ]
    return space, excluded, notes


def _by_list(unsupported: Excluded) -> dict[tuple[str, tuple[Option, ...]], list[str]]:
    """(weights, activations or recipes, options) -> the layers that are without them."""
    layers: dict[tuple[str, tuple[Option, ...]], list[str]] = {}
    for layer, lists in unsupported.items():
        for part, options in lists.items():
            layers.setdefault((part, tuple(options)), []).append(layer)
    return layers


def _named(part: str, options: Sequence[Option]) -> str:
    """``weights of 2, 3 bits``, ``recipes lut16, ternary``."""
    texts = ", ".join(map(str, options))
    return f"{part} of {texts} bits" if part in ("weights", "activations") else f"{part} {texts}"


def _possible(constraint: Constraint, bounds: Bounds) -> None:
    """`SpecError` when no candidate at all can hold the constraint."""
    end, reachable = ("least", bounds.least) if constraint.operator == "<=" else ("most", bounds.most)
    if constraint.violation(reachable) > 0:
        raise SpecError(f"'{constraint}' cannot hold: the {end} that any candidate reaches is {reachable:.12g}")
