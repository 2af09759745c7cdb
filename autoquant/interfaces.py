"""The contracts between the parts. Each has a contract test suite in `autoquant.testing`.

A plug-in is a class. Its positional arguments come from the host; its keyword-only arguments are its options, which a
spec may set, and which are checked against their annotations before anything runs.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, final

import numpy as np
import numpy.typing as npt

from autoquant.data import DataSplits, SplitName
from autoquant.errors import SearcherError, UnsupportedError
from autoquant.job import LearningPoint as LearningPoint
from autoquant.network import ABSENT, LayerOption, LayerPrecision, LayerProfile, NetworkProfile
from autoquant.objective import Bounds, Constraint, Direction, Objective
from autoquant.space import Candidate, IntArray, Option, SearchSpace
from autoquant.trial import Measurement, Proposal, Settings

if TYPE_CHECKING:
    from torch import nn

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Resources:
    """What a worker needs of a machine."""

    cpus: float = 1
    gpus: float = 0


Price = Callable[[npt.NDArray[Any]], Mapping[str, FloatArray]]
"""Candidates of shape (n, choices) -> metric -> costs of shape (n,)."""

Result = tuple[Proposal, Mapping[str, float] | None]
"""A proposal and its metrics; None where it failed or was pruned."""


class CostFunction(ABC):
    """Costs of candidates of one space, known without measuring anything. Costs are minimised."""

    metrics: tuple[str, ...] = ()
    """What it prices."""

    @abstractmethod
    def __call__(self, candidates: npt.NDArray[Any]) -> Mapping[str, FloatArray]:
        """Candidates of shape (n, choices) -> metric -> costs of shape (n,), for every metric."""

    @property
    @abstractmethod
    def bounds(self) -> Mapping[str, Bounds]:
        """Metric -> least and most over the space: exact where the cost is additive, else the range of a sample."""

    def is_additive(self, metric: str) -> bool:
        """Whether the cost of a candidate is a sum over layers, so that its bounds are exact."""
        return False

    def of(self, candidate: Sequence[int]) -> dict[str, float]:
        """Costs of one candidate."""
        return {metric: float(values[0]) for metric, values in self(np.array([candidate], dtype=np.int64)).items()}


class NoCosts(CostFunction):
    """Where nothing has a price."""

    def __call__(self, candidates: npt.NDArray[Any]) -> dict[str, FloatArray]:
        return {}

    @property
    def bounds(self) -> dict[str, Bounds]:
        return {}


class PricedCosts(CostFunction):
    """A function of one's own in place of cost models; which metrics it gives is seen by pricing a candidate once."""

    SAMPLES = 4096
    """Candidates sampled to find the range of a cost."""

    def __init__(self, space: SearchSpace, price: Price, seed: int = 0) -> None:
        self._space, self._price, self._seed = space, price, seed
        self.metrics = tuple(price(np.zeros((1, len(space.choices)), dtype=np.int64)))

    def __call__(self, candidates: npt.NDArray[Any]) -> Mapping[str, FloatArray]:
        return self._price(candidates)

    @cached_property
    def bounds(self) -> dict[str, Bounds]:
        """Least and most of a sample."""
        costs = self(self._space.sample(np.random.default_rng(self._seed), self.SAMPLES))
        return {metric: Bounds(float(values.min()), float(values.max())) for metric, values in costs.items()}


@dataclass(frozen=True, slots=True)
class SearchProblem:
    """All that a searcher knows of the task."""

    space: SearchSpace
    objectives: tuple[Objective, ...]
    constraints: tuple[Constraint, ...] = ()
    costs: CostFunction = field(default_factory=NoCosts)
    """The metrics of the cost models; empty where there are none."""
    seed: int = 0

    @property
    def measured(self) -> tuple[str, ...]:
        """The metrics of objectives, then of constraints, that only a measurement gives; each once."""
        asked = [o.metric for o in self.objectives] + [c.metric for c in self.constraints]
        return tuple(metric for metric in dict.fromkeys(asked) if metric not in self.costs.metrics)

    def feasible_costs(self, candidates: IntArray) -> npt.NDArray[np.bool_]:
        """Which candidates break no constraint on a cost: (n, choices) -> (n,)."""
        feasible = np.ones(len(candidates), dtype=bool)
        on_costs = [constraint for constraint in self.constraints if constraint.metric in self.costs.metrics]
        if not on_costs:
            return feasible
        costs = self.costs(candidates)
        for constraint in on_costs:
            feasible &= constraint.holds(costs[constraint.metric])
        return feasible


class Searcher(ABC):
    """Proposes candidates and learns from their metrics.

    Its state is a function of the problem (with its seed) and the ordered log of asks and tells, and of nothing else:
    the same log gives the same proposals in any process. Subclasses write `propose` and `learn`.
    """

    def __init__(self, problem: SearchProblem) -> None:
        self.problem = problem
        self.asked = 0
        """Number of proposals made."""
        self._open: dict[int, Proposal] = {}

    @final
    def ask(self, count: int = 1) -> list[Proposal]:
        """At most ``count`` proposals, best first.

        Fewer (even none) when results must be told first, or when the space has no new candidate. A call that returns
        nothing leaves the state as it was. `SearcherError` when ``count`` is not positive.
        """
        if count < 1:
            raise SearcherError(f"ask({count}): ask for at least one proposal")
        return self._opened(self.propose(count))

    def _opened(self, wanted: Sequence[Candidate | Settings]) -> list[Proposal]:
        """These as the next proposals, open until they are told."""
        proposals = [_proposal(self.asked + i, what) for i, what in enumerate(wanted)]
        self.asked += len(proposals)
        self._open.update({proposal.number: proposal for proposal in proposals})
        return proposals

    @final
    def repeat(self, count: int, wanted: Sequence[Candidate | Settings]) -> bool:
        """Ask again as when these were proposed, to take up a stored search; False when others are proposed now."""
        candidates = [what for what in wanted if isinstance(what, tuple)]
        if len(candidates) == len(wanted) and self.recall(candidates):
            self._opened(wanted)
            return True
        return [proposal.wanted for proposal in self.ask(count)] == list(wanted)

    @final
    def tell(self, results: Sequence[Result]) -> None:
        """Results of proposals, each told once; None means no result.

        Metrics must hold every objective, and every metric of a constraint that has no price, all finite. A proposal of
        settings is told with the candidate that they derived.

        `SearcherError`, with the state unchanged, for a proposal never asked, told twice or not finite.
        """
        seen: set[int] = set()
        for proposal, metrics in results:
            if not self._is_open(proposal) or proposal.number in seen:
                why = "was told before" if 0 <= proposal.number < self.asked else "was never asked"
                raise SearcherError(f"tell: proposal {proposal.number} {proposal.wanted} {why}; nothing was learned")
            seen.add(proposal.number)
            if metrics is not None:
                self._check_metrics(proposal, metrics)
        for proposal, _ in results:
            del self._open[proposal.number]
        self.learn(list(results))

    def _is_open(self, proposal: Proposal) -> bool:
        """Whether it was asked and not told; what settings have derived is not part of what was asked."""
        asked = self._open.get(proposal.number)
        if asked is None or asked.settings is None:
            return asked == proposal
        return asked.settings == proposal.settings

    @cached_property
    def _needed(self) -> tuple[str, ...]:
        """Metrics that every result must hold: the objectives, and what constraints ask that has no price."""
        return tuple(dict.fromkeys([*(o.metric for o in self.problem.objectives), *self.problem.measured]))

    def _check_metrics(self, proposal: Proposal, metrics: Mapping[str, float]) -> None:
        for metric in self._needed:
            value = metrics.get(metric)
            if value is None:
                raise SearcherError(
                    f"tell: proposal {proposal.number} has no {metric!r}; it must hold every objective and every "
                    f"metric of a constraint, it holds {sorted(metrics)}; nothing was learned"
                )
            if not math.isfinite(value):
                raise SearcherError(
                    f"tell: {metric} of proposal {proposal.number} is {value}; tell None for a proposal that "
                    "failed; nothing was learned"
                )

    @abstractmethod
    def propose(self, count: int) -> Sequence[Candidate | Settings]:
        """The next candidates, at most ``count``; or settings of search training runs, which derive candidates."""

    @abstractmethod
    def learn(self, results: list[Result]) -> None:
        """Take in checked results."""

    def recall(self, candidates: list[Candidate]) -> bool:
        """Take these as proposed without looking for them again; False where `propose` has to be repeated.

        For searchers whose proposals cost time and change nothing else in their state: a long search is then quick to
        resume.
        """
        return False

    @property
    def exhausted(self) -> bool:
        """True when nothing new will ever be proposed, whatever is told."""
        return False

    @property
    def curves(self) -> Mapping[str, Sequence[LearningPoint]]:
        """What it learned, for people: name of a curve -> its points, as far as it goes.

        Curves only grow at their end. Like proposals, they are a function of the log, and are stored with the job.
        """
        return {}


def _proposal(number: int, wanted: Candidate | Settings) -> Proposal:
    """`SearcherError` for what is neither, or what JSON does not keep."""
    if isinstance(wanted, tuple):
        return Proposal(number, wanted)
    if isinstance(wanted, Mapping) and all(
        isinstance(value, (str, int)) or (isinstance(value, float) and math.isfinite(value))
        for value in wanted.values()
    ):
        return Proposal(number, (), wanted)
    raise SearcherError(
        f"propose: {wanted!r} is no proposal; accepted: a candidate, which is a tuple of indices, or settings, a "
        "mapping of names to texts, truth values and finite numbers of Python"
    )


@dataclass(frozen=True, slots=True)
class DeviceFit:
    """A device fitted to measurements."""

    device_file: str
    """The text of its file."""
    numbers: Mapping[str, tuple[str, str]]
    """Number of the file -> (as it was on the similar device, as it is now), for those that moved."""
    fit: Mapping[str, float]
    """How well it predicts the rows that it was fitted to: measure -> value."""
    held_out: Mapping[str, float]
    """The same measures where every row was predicted by a fit to others; empty for a single row."""


PEAKS = "peaks"
"""Key of `CostModel.provenance` under which a model warns that its rates are peaks, which no network gets."""


class CostModel(ABC):
    """Prices a network on hardware, without running it. Costs are always minimised."""

    metrics: ClassVar[Mapping[str, str]]
    """Metric -> unit of what this model gives."""
    uses_device: ClassVar[bool] = False
    """Whether its metrics are asked for as ``metric@device``."""
    device_files: ClassVar[tuple[str, ...]] = (".toml",)
    """Endings of the paths that it takes for a device, in addition to the names in `devices`."""

    @classmethod
    def devices(cls) -> Sequence[str]:
        """Names of the devices it knows; empty where it uses none."""
        return ()

    @property
    def provenance(self) -> Mapping[str, str]:
        """Where each number of the model comes from: name of the number -> source."""
        return {}

    @classmethod
    def calibrate(
        cls, measurements: str, like: str, *, name: str, source: str, same_hardware: bool = False
    ) -> DeviceFit:
        """A device called ``name`` that is as ``like`` but explains a file of measured rows.

        ``source`` is where its numbers then come from; ``same_hardware`` says that ``like`` is the data sheet of what
        was measured, or it under another engine. `SpecError` and `UnsupportedError` name what cannot be used.
        """
        raise UnsupportedError(f"{cls.__name__} is a cost model that cannot be calibrated; supported: roofline")

    @abstractmethod
    def supported(self, layer: LayerProfile, precision: LayerPrecision) -> bool:
        """Whether the model can price this layer so."""

    @abstractmethod
    def tables(
        self, network: NetworkProfile, options: Sequence[Sequence[LayerOption]]
    ) -> Mapping[str, list[FloatArray]]:
        """Costs of every layer at every one of its options: metric -> one array of len(options[l]) for each layer l.

        Profile and precision are those of the option: its shapes may differ from those of ``network.layers[l]``.
        `ABSENT` costs 0. `UnsupportedError`, listing what is supported, for an unknown layer or precision; never
        silently zero. `table` makes one array.
        """

    def bound_by(self, layer: LayerProfile, precision: LayerPrecision) -> str | None:
        """What limits this layer, such as "compute", "memory" or "overhead"; None where the model does not tell."""
        return None

    def lacks(self, metric: str) -> str | None:
        """Why this model does not give one of its `metrics`, as the end of a sentence; None where it does."""
        return None

    def is_additive(self, options: Sequence[Sequence[LayerOption]]) -> bool:
        """Whether networks of these options cost the sum over their layers: where `estimate` is not overridden."""
        return type(self).estimate is CostModel.estimate

    def estimate(
        self, network: NetworkProfile, options: Sequence[Sequence[LayerOption]], indices: IntArray
    ) -> Mapping[str, FloatArray]:
        """Costs of whole networks: indices (n, layers) into ``options`` -> metric -> (n,). Here the sum over layers."""
        return {metric: gather_and_sum(tables, indices) for metric, tables in self.tables(network, options).items()}


def table(options: Sequence[LayerOption], cost: Callable[[LayerProfile, LayerPrecision], float]) -> FloatArray:
    """Costs of one layer's options, (options,): 0 where it is absent, else ``cost`` of its profile and precision."""
    return np.array(
        [0.0 if option is ABSENT else cost(option.profile, option.precision) for option in options],
        dtype=np.float64,
    )


def gather_and_sum(tables: Sequence[FloatArray], indices: IntArray) -> FloatArray:
    """Sum over layers of ``tables[layer][indices[:, layer]]``: (n, layers) -> (n,)."""
    total = np.zeros(len(indices))
    for layer, table in enumerate(tables):
        total += table[indices[:, layer]]
    return total


Report = Callable[[int, Mapping[str, float]], None]
"""Tell what was reached after a step, such as an epoch: (step, metrics). It is kept with the measurement."""


def no_report(step: int, metrics: Mapping[str, float]) -> None:
    """Where nobody listens."""


@dataclass(frozen=True, slots=True)
class EvaluationRequest:
    """What is to be made ready for scoring. Neither candidate nor settings: the network as it was given, in float.

    Fields are added with defaults, so that an evaluator written before goes on working.
    """

    candidate: Candidate | None = None
    settings: Settings | None = None
    """Of a search training run, which derives the candidate itself; it is given as well once it is known."""
    fidelity: float = 1.0
    """Share of the full effort, such as epochs of training; 1 is all of it."""
    seed: int = 0
    """Where randomness comes from; the search's own."""
    checkpoint: str | None = None
    """URI of what an earlier evaluation of the same candidate left behind; training need not be repeated. With
    `polish`, what an earlier polished one left behind, never an ordinary one."""
    seconds: float | None = None
    """How long it may take; None for as long as it likes. Pools end what takes longer."""
    polish: bool = False
    """Make the network as well as this evaluator can, at more cost: for members of a final front. Asked only where
    the evaluator `polishes`."""

    @property
    def is_reference(self) -> bool:
        """Whether it asks for the float network."""
        return self.candidate is None and self.settings is None


@dataclass(frozen=True)
class Prepared:
    """A request, ready to be scored on any split. An evaluator that prepares something extends it with what it made."""

    space: SearchSpace
    request: EvaluationRequest

    @property
    def candidate(self) -> Candidate | None:
        """What is scored; None for the float network. Overridden where settings derive it."""
        return self.request.candidate

    @property
    def options(self) -> dict[str, Option]:
        """The chosen option of each choice; empty for the float network."""
        return {} if self.candidate is None else self.space.decode(self.candidate)


class Evaluator(ABC):
    """Measures candidates. Built once in each worker, then asked many times.

    A candidate is prepared (quantized, trained), then scored on a split; what was prepared for one split is scored on
    another without preparing it again. ``network`` and ``data`` are None in a spec that names none.
    """

    metrics: ClassVar[Mapping[str, Direction]]
    """Every metric it measures, with the direction in which it is better."""
    version: ClassVar[str] = "1"
    """Changes whenever the same candidate would be measured differently."""
    resources: ClassVar[Resources] = Resources()
    """What a worker of it needs."""
    uses_seed: ClassVar[bool] = False
    """Whether measurements depend on the request's seed, as in training; they then serve jobs of that seed alone."""
    takes_settings: ClassVar[bool] = False
    """Whether it derives candidates from settings."""

    def __init__(self, network: nn.Module | None, data: DataSplits | None) -> None:
        self.network = network
        self.data = data

    def profile(self) -> NetworkProfile | None:
        """The layers of the network; None where there is no network."""
        return None

    def check(self, space: SearchSpace) -> None:  # noqa: B027 - most evaluators take every space
        """Raise `SpecError` when candidates of this space cannot be measured with this data."""

    def bounds(self) -> Mapping[str, tuple[float, float]]:
        """Metric -> (best, worst) values that make sense; the hypervolume is measured from the worst."""
        return {}

    @property
    def has_reference(self) -> bool:
        """Whether there is a float network, which candidates can be compared with."""
        return False

    @property
    def polishes(self) -> bool:
        """Whether it has a better way to make the network of a candidate than the one that searches can afford."""
        return False

    def prepare(self, space: SearchSpace, request: EvaluationRequest, report: Report = no_report) -> Prepared:
        """Make what the request asks for ready to be scored, reporting after each step of long work.

        Here nothing needs to be made. The float network is asked for only where `has_reference`.
        """
        return Prepared(space, request)

    @abstractmethod
    def score(self, prepared: Prepared, split: SplitName) -> Measurement:
        """Measure on a split. The same request gives the same metrics in any worker, in any order."""

    def score_many(self, prepared: Sequence[Prepared], split: SplitName) -> list[Measurement | Exception]:
        """What `score` gives or raises for each, in the order given. Overridden to share work."""
        outcomes: list[Measurement | Exception] = []
        for ready in prepared:
            try:
                outcomes.append(self.score(ready, split))
            except Exception as error:
                outcomes.append(error)
        return outcomes


@dataclass(frozen=True, slots=True)
class EvaluatorRecipe:
    """How a worker builds its evaluator: nothing but names and data, so that it travels to another machine."""

    build: Callable[[], Evaluator]
    space: SearchSpace
    import_paths: tuple[str, ...] = ()
    """Folders that go first on the worker's import path before anything is built."""
    folder: str | None = None
    """Folder of the user's code, which a pool brings along to workers on other machines."""
    resources: Resources = Resources()


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to measure: what to prepare, and on which split to score it."""

    key: str
    """What it is for: ``trial 7``, ``baseline W4A8``; unique among the tasks that a pool holds."""
    request: EvaluationRequest = EvaluationRequest()
    split: SplitName = "search"

    @property
    def candidate(self) -> Candidate | None:
        """What is measured; None for the float network, and for settings."""
        return self.request.candidate


@dataclass(frozen=True, slots=True)
class Completion:
    """What became of a task: a measurement, or the error with its traceback.

    Neither: there is no float network to measure.
    """

    task: Task
    measurement: Measurement | None = None
    error: str | None = None
    worker: str = ""
    lost: bool = False
    """The worker died; the task itself may be sound, and may be tried again."""


class WorkerPool(ABC):
    """Runs tasks on workers, each holding its own evaluator."""

    limits_time: ClassVar[bool] = False
    """Whether it can end a task that takes longer than the ``seconds`` of its request."""

    notice: Callable[[str], None] = staticmethod(lambda text: None)
    """To report in a sentence what happens to workers; who runs a job puts it into the job's log."""

    def check(self, resources: Resources) -> None:  # noqa: B027 - most pools take what they are given
        """Raise `SpecError` when workers that need so much cannot run here; asked before a job is stored."""

    @abstractmethod
    def start(self, recipe: EvaluatorRecipe) -> None:
        """Bring the workers up. `EvaluationError` when they cannot build their evaluator."""

    @property
    @abstractmethod
    def workers(self) -> int:
        """Number of tasks that run at the same time."""

    @abstractmethod
    def submit(self, task: Task) -> None:
        """Queue a task; returns at once."""

    @abstractmethod
    def completions(self, timeout: float) -> list[Completion]:
        """What has finished since the last call; waits up to ``timeout`` seconds for the first. May be empty."""

    @property
    @abstractmethod
    def running(self) -> int:
        """Number of submitted tasks whose completion has not been taken."""

    @abstractmethod
    def cancel_queued(self) -> None:
        """Drop the tasks that no worker has begun; those that run still complete."""

    @abstractmethod
    def close(self) -> None:
        """Stop everything this pool started; tasks that have not finished are dropped."""


@dataclass(frozen=True, slots=True)
class PluginKind:
    """A kind of plug-in: the entry-point group that names them, and the class that they extend."""

    name: str
    group: str
    base: type[Any] = field(repr=False)


KINDS: dict[str, PluginKind] = {
    kind.name: kind
    for kind in (
        PluginKind("search space", "autoquant.search_spaces", SearchSpace),
        PluginKind("cost model", "autoquant.cost_models", CostModel),
        PluginKind("evaluator", "autoquant.evaluators", Evaluator),
        PluginKind("pool", "autoquant.pools", WorkerPool),
        PluginKind("searcher", "autoquant.searchers", Searcher),
    )
}
