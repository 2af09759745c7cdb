"""Jobs as a search would leave them, made from formulas: a keyword-spotting network, bits against accuracy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import sqrt
from typing import Any

import numpy as np
import pytest

from autoquant.data import SplitName
from autoquant.job import Baseline, BaselineKind, CostTable, JobDefinition, JobRecord, JobState
from autoquant.objective import Bounds, Constraint, Objective, violations
from autoquant.pareto import Normalization, ParetoFront
from autoquant.report import ReportData
from autoquant.space import Candidate, Choice, Option
from autoquant.trial import Measurement, Trial, TrialState

DS_CNN = ["stem", *(f"block{i}.{part}" for i in range(1, 5) for part in ("depthwise", "pointwise")), "head"]
FLOAT_SCORE = 0.924
EXAMPLES = {"search": 1600, "test": 2400}
MEASURED = ("accuracy", "loss", "seconds")


def measured(metrics: dict[str, float], split: SplitName) -> Measurement:
    """What an evaluator would give of these metrics."""
    found = {metric: value for metric, value in metrics.items() if metric in MEASURED}
    return Measurement(found, {"accuracy": error_of(found["accuracy"], split)})


def kind_of(label: str) -> BaselineKind:
    """Of a baseline of `tiny`."""
    return "sensitivity" if label.startswith("sensitivity") else "uniform"


class Network:
    """Weights, MACs and sensitivity by layer; scores and prices a candidate by a formula."""

    def __init__(self, layers: Sequence[str], choices: Sequence[Choice]) -> None:
        rng = np.random.default_rng(5)
        self.layers, self.choices = list(layers), tuple(choices)
        count = len(layers)
        self.weights = np.array([64 * 9 if "depthwise" in name else 4096 for name in layers]) * (
            1 + np.arange(count) % 3
        )
        self.macs = self.weights * 125.0
        self.sensitivity = rng.uniform(0.4, 3.0, count) / count
        self.sensitivity[0] *= 3

    def bits(self, candidate: Candidate, part: str) -> list[int]:
        """Bits of each layer; 8 where that part is no choice (32 for activations)."""
        chosen = {c.name: c.options[i] for c, i in zip(self.choices, candidate, strict=True)}
        given = [chosen.get(f"{name}.{part}", 8 if part == "weight" else "float") for name in self.layers]
        return [32 if bits == "float" else int(bits) for bits in given]

    def score(self, candidate: Candidate, split: str) -> float:
        noise = np.array([4.0**-b for b in self.bits(candidate, "weight")])
        noise += 0.5 * np.array([4.0**-b for b in self.bits(candidate, "activation")])
        true = max(0.1, FLOAT_SCORE - 7 * float(self.sensitivity @ noise))
        luck = np.random.default_rng([len(split), *candidate]).normal() * 0.5 * error_of(true, split)
        return float(np.clip(true + luck, 0.05, 1.0))

    def layer_costs(self, candidate: Candidate, metric: str) -> list[float]:
        weight, activation = (np.array(self.bits(candidate, part)) for part in ("weight", "activation"))
        if metric == "weight_bytes":
            return list(self.weights * weight / 8 + 32)
        if metric.startswith("latency_ms"):
            return list(self.macs[::-1] * (0.2 + weight / 10 + np.minimum(activation, 8) / 40) / 9e5)
        return list(self.macs * weight * activation)


def error_of(score: float, split: str) -> float:
    return sqrt(score * (1 - score) / EXAMPLES[split])


def quantized(
    layers: Sequence[str] = DS_CNN,
    *,
    objectives: Sequence[str] = ("accuracy", "weight_bytes"),
    constraints: Sequence[str] = (),
    activations: Sequence[Option] = (),
    n_trials: int = 200,
    seed: int = 0,
) -> ReportData:
    """A finished search over bit-widths."""
    choices = []
    for name in layers:
        choices.append(Choice(f"{name}.weight", (2, 4, 8)))
        choices += [Choice(f"{name}.activation", tuple(activations))] if activations else []
    network = Network(layers, choices)
    goals = tuple(Objective(m, "maximize" if m == "accuracy" else "minimize") for m in objectives)
    limits = tuple(Constraint.parse(text) for text in constraints)
    prices = [m for m in objectives if m != "accuracy"]
    metrics_of = dict.fromkeys(prices, network.layer_costs)

    def price(candidate: Candidate) -> dict[str, float]:
        return {m: float(sum(cost(candidate, m))) for m, cost in metrics_of.items()}

    def measure(candidate: Candidate) -> dict[str, float]:
        return {"accuracy": network.score(candidate, "search")} | price(candidate)

    top = tuple(len(c.options) - 1 for c in choices)
    bounds = tuple(
        Bounds(1.0, 0.1) if o.metric == "accuracy" else Bounds(0.0, 1.05 * price(top)[o.metric]) for o in goals
    )
    front = ParetoFront(Normalization(goals, bounds))
    trials, history = [], []
    for number, candidate in enumerate(_proposals(choices, network, n_trials, seed)):
        metrics = measure(candidate)
        broken = violations(limits, metrics)
        state = TrialState.PRUNED if broken else TrialState.FAIL if number % 61 == 50 else TrialState.COMPLETE
        trial = _trial(number, state, candidate, choices, metrics, broken)
        trials.append(trial)
        if trial.feasible and front.add(number, trial.metrics).joined:
            history.append((number, front.hypervolume))
    history.append((n_trials - 1, front.hypervolume))
    scored = [_scored(t, network) for t in trials if t.number in front.numbers]
    baselines = [_float()] + [_uniform(f, choices, measure, limits, network) for f in _uniform_options(choices)]
    every = {t.candidate for t in scored} | {b.candidate for b in baselines if b.candidate is not None}
    return ReportData(
        job=_job("keyword spotting, DS-CNN", choices, goals, limits, bounds, trials, front, network, prices),
        trials=trials,
        front=scored,
        baselines=baselines,
        hypervolume=history,
        layer_names=list(layers),
        layer_costs={c: {m: network.layer_costs(c, m) for m in prices} for c in every},
    )


def _proposals(choices: Sequence[Choice], network: Network, count: int, seed: int) -> list[Candidate]:
    """Better and better candidates: more bits where a layer is sensitive, with some chance."""
    rng = np.random.default_rng(seed)
    sensitivity = dict(zip(network.layers, network.sensitivity / network.sensitivity.mean(), strict=True))
    found: list[Candidate] = []
    for number in range(count):
        level, noise = rng.uniform(-1, 2.5), 1.2 * (1 - 0.7 * number / count)
        wanted = [level + 0.7 * np.log(sensitivity[c.name.rpartition(".")[0]]) + rng.normal() * noise for c in choices]
        found.append(tuple(int(np.clip(round(w), 0, len(c.options) - 1)) for w, c in zip(wanted, choices, strict=True)))
    return found


def _trial(
    number: int,
    state: TrialState,
    candidate: Candidate,
    choices: Sequence[Choice],
    metrics: dict[str, float],
    broken: dict[str, float],
) -> Trial:
    costs = {metric: value for metric, value in metrics.items() if metric not in MEASURED}
    return Trial(
        number=number,
        state=state,
        candidate=candidate,
        options={c.name: c.options[i] for c, i in zip(choices, candidate, strict=True)},
        ask=number,
        told=number,
        requested=1,
        costs=costs,
        search=measured(metrics, "search") if state is TrialState.COMPLETE else None,
        violations=broken,
        error="RuntimeError: CUDA out of memory\n  at <worker 3>" if state is TrialState.FAIL else None,
    )


def _scored(trial: Trial, network: Network) -> Trial:
    score = network.score(trial.candidate, "test")
    return replace(trial, test=measured({"accuracy": score}, "test"))


def _uniform_options(choices: Sequence[Choice]) -> list[tuple[str, Candidate]]:
    weights = next(c.options for c in choices if c.name.endswith(".weight"))
    activations = next((c.options for c in choices if c.name.endswith(".activation")), (None,))
    return [
        (
            f"W{w}" + ("" if a is None else f"A{a}"),
            tuple(c.options.index(w if c.name.endswith("weight") else a) for c in choices),
        )
        for w in weights
        for a in activations
    ]


def _uniform(
    named: tuple[str, Candidate],
    choices: Sequence[Choice],
    measure: Callable[[Candidate], dict[str, float]],
    limits: tuple[Constraint, ...],
    network: Network,
) -> Baseline:
    label, candidate = named
    metrics = measure(candidate)
    broken = violations(limits, metrics)
    costs = {metric: value for metric, value in metrics.items() if metric not in MEASURED}
    if broken:
        return Baseline("uniform", label, candidate, costs, violations=broken)
    test = measured({"accuracy": network.score(candidate, "test")}, "test")
    return Baseline("uniform", label, candidate, costs, measured(metrics, "search"), test)


def _float() -> Baseline:
    search = measured({"accuracy": FLOAT_SCORE}, "search")
    test = Measurement({"accuracy": FLOAT_SCORE - 0.006}, {"accuracy": error_of(FLOAT_SCORE, "test")})
    return Baseline("float", "float", None, {"weight_bytes": 4.0 * 62_000}, search, test)


def _job(
    name: str,
    choices: Sequence[Choice],
    goals: tuple[Objective, ...],
    limits: tuple[Constraint, ...],
    bounds: tuple[Bounds, ...],
    trials: Sequence[Trial],
    front: ParetoFront,
    network: Network | None,
    prices: Sequence[str],
) -> JobRecord:
    created = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    tables = []
    for metric in prices:
        assert network is not None
        rows: list[tuple[float, ...]] = []
        if len(choices) == len(network.layers):
            costs = [network.layer_costs((i,) * len(choices), metric) for i in range(len(choices[0].options))]
            rows = [tuple(column) for column in zip(*costs, strict=True)]
        unit = {"weight_bytes": "bytes", "bitops": "bit operations"}.get(metric, "ms")
        source = {"clock": "216 MHz, STM32F746 data sheet", "int8 MAC": "2 a cycle, measured <on board>"}
        tables.append(CostTable(metric, unit, metric.partition("_")[0], source if "@" in metric else {}, tuple(rows)))
    return JobRecord(
        id=7,
        name=name,
        state=JobState.SUCCEEDED,
        spec={"name": name, "seed": 3, "searcher": {"name": "nsga3", "population": 40}},
        definition=JobDefinition(
            choices=tuple(choices),
            objectives=goals,
            constraints=limits,
            bounds=bounds,
            profile=None,
            costs=tuple(tables),
            identity={"network": "sha256:5f1c…", "data": "sha256:77ab…", "evaluator": "post_training 1"},
        ),
        n_trials=len(trials),
        finished=len(trials),
        failed=sum(t.state is TrialState.FAIL for t in trials),
        pruned=sum(t.state is TrialState.PRUNED for t in trials),
        front_size=len(front.numbers),
        hypervolume=front.hypervolume,
        message=None,
        created=created,
        ended=created + timedelta(minutes=47),
    )


def recipes() -> ReportData:
    """A finished search over recipes: that of bits, the options under other names."""
    data = quantized(activations=(8, 16))
    definition = data.job.definition
    lists = [("ternary", "lut16", "W8"), *[("lut16", "W4@2:4", "W8")] * (len(definition.choices) - 1)]
    choices = tuple(
        Choice(c.name.replace(".weight", ".recipe"), options, ordered=False) if c.name.endswith(".weight") else c
        for c, options in zip(definition.choices, lists, strict=True)
    )
    return replace(data, job=replace(data.job, definition=replace(definition, choices=choices)))


def generic(n_trials: int = 80) -> ReportData:
    """A search over choices that are no bit-widths, with measured objectives alone and no baseline."""
    choices = [
        Choice("stem.operation", ("conv3x3", "conv5x5", "depthwise separable 3x3"), ordered=False),
        *(Choice(f"cell{i}.op", ("skip", "conv1x1", "conv3x3", "max pool"), ordered=False) for i in range(1, 5)),
        Choice("width", (0.25, 0.5, 0.75, 1.0)),
        Choice("squeeze & excite", (False, True), ordered=False),
    ]
    goals = (Objective("accuracy", "maximize"), Objective("loss", "minimize"), Objective("seconds", "minimize"))
    bounds = (Bounds(1.0, 0.1), Bounds(0.0, 3.0), Bounds(0.0, 60.0))
    front, rng = ParetoFront(Normalization(goals, bounds)), np.random.default_rng(1)
    trials, history = [], []
    for number in range(n_trials):
        candidate = tuple(int(rng.integers(len(c.options))) for c in choices)
        effort = sum(candidate) / sum(len(c.options) - 1 for c in choices)
        score = float(0.6 + 0.32 * effort + rng.normal() * 0.02)
        metrics = {
            "accuracy": score,
            "loss": 2.4 * (1 - score) + float(rng.normal()) * 0.04,
            "seconds": 4 + 50 * effort**2,
        }
        trials.append(_trial(number, TrialState.COMPLETE, candidate, choices, metrics, {}))
        if front.add(number, metrics).joined:
            history.append((number, front.hypervolume))
    job = _job("architecture <b>&</b> width", choices, goals, (), bounds, trials, front, None, ())
    return ReportData(job, trials, [t for t in trials if t.number in front.numbers], hypervolume=history)


def empty() -> ReportData:
    """A search whose constraint nothing keeps."""
    return quantized(constraints=["weight_bytes <= 5000"], n_trials=60)


EXAMPLES_OF: dict[str, Callable[[], ReportData]] = {
    "recipes": recipes,
    "plain": quantized,
    "constrained": lambda: quantized(constraints=["weight_bytes <= 36000"]),
    "three": lambda: quantized(objectives=["accuracy", "weight_bytes", "latency_ms@cortex-m7"], n_trials=300),
    "activations": lambda: quantized(activations=(4, 8), objectives=["accuracy", "bitops"], n_trials=300),
    "deep": lambda: quantized(
        [f"layer{i // 15 + 1}.{i % 15}.conv" for i in range(60)],
        objectives=["accuracy", "weight_bytes", "latency_ms@cortex-m7"],
        n_trials=400,
    ),
    "generic": generic,
    "empty": empty,
    "polished": lambda: polished(quantized()),
    "polished over the limit": lambda: polished_over_the_limit(),
}


Point = tuple[float, float, float]
"""Accuracy, its standard error, and weight bytes."""


def tiny(
    front: Sequence[Point],
    uniform: dict[str, Point | None],
    *,
    test: bool = True,
    sensitivity: Sequence[Point | None] = (),
) -> ReportData:
    """Two layers and the given scores, the same on both splits; None for a baseline that breaks the constraint."""
    base = quantized(["a", "b"], n_trials=9, constraints=["weight_bytes <= 9000"])

    def values(point: Point) -> dict[str, Any]:
        accuracy, error, size = point
        score = Measurement({"accuracy": accuracy}, {"accuracy": error})
        return {"costs": {"weight_bytes": size}, "search": score, "test": score if test else None}

    candidates = {"W2": (0, 0), "W4": (1, 1), "W8": (2, 2)} | {f"sensitivity {i}": (0, i % 3) for i in range(1, 9)}
    trials = [
        replace(base.trials[0], number=i, state=TrialState.COMPLETE, candidate=(i % 3, (i + 1) % 3), violations={})
        for i in range(len(front))
    ]
    too_heavy = {"costs": {"weight_bytes": 12000.0}, "violations": {"weight_bytes <= 9000": 3000.0}}
    trials = [replace(t, **values(point)) for t, point in zip(trials, front, strict=True)]
    baselines = [
        Baseline(kind_of(label), label, candidates[label], **(values(point) if point else too_heavy))
        for label, point in (uniform | {f"sensitivity {i}": p for i, p in enumerate(sensitivity, start=1)}).items()
    ]
    return replace(base, trials=trials, front=trials, baselines=baselines, hypervolume=[(0, 0.5)], layer_costs={})


def polished(data: ReportData, gain: float = 0.5) -> ReportData:
    """The same where the front and every measured baseline but float lost this share of their degradation."""

    def better(one: Trial | Baseline) -> Any:
        if one.candidate is None or one.search is None:
            return one
        accuracy = one.search.metrics["accuracy"] + gain * (FLOAT_SCORE - one.search.metrics["accuracy"])
        notes = ("conv was fitted",) if gain else ()
        found = Measurement({**one.search.metrics, "accuracy": accuracy}, {"accuracy": 0.004}, notes=notes)
        return replace(one, polished=found, polished_test=replace(found, metrics={"accuracy": accuracy - 0.01}))

    return replace(data, front=[better(t) for t in data.front], baselines=[better(b) for b in data.baselines])


def polished_over_the_limit() -> ReportData:
    """Some polished networks break a constraint that they hold in the search."""
    data = polished(quantized(constraints=["weight_bytes <= 36000"]))
    limits = (*data.job.definition.constraints, Constraint.parse("accuracy <= 0.87"))
    return replace(data, job=replace(data.job, definition=replace(data.job.definition, constraints=limits)))


@pytest.fixture
def make_tiny() -> Callable[..., ReportData]:
    """`tiny`, for a test that wants its own numbers."""
    return tiny


@pytest.fixture(params=list(EXAMPLES_OF))
def any_report(request: pytest.FixtureRequest) -> ReportData:
    """Every sort of report in turn."""
    return EXAMPLES_OF[request.param]()


@pytest.fixture
def example() -> Callable[[str], ReportData]:
    """A report by its name in ``EXAMPLES_OF``."""
    return lambda name: EXAMPLES_OF[name]()
