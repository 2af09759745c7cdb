"""Small plug-ins for tests of the coordinator and the plan: no torch, no network, every measurement recorded."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from autoquant.data import SplitName
from autoquant.errors import SpecError
from autoquant.interfaces import (
    Completion,
    CostModel,
    EvaluationRequest,
    Evaluator,
    EvaluatorRecipe,
    FloatArray,
    Prepared,
    Report,
    Result,
    Searcher,
    SearchProblem,
    Task,
    WorkerPool,
    no_report,
    table,
)
from autoquant.network import LayerOption, LayerPrecision, LayerProfile, NetworkProfile
from autoquant.objective import Direction
from autoquant.space import Candidate, Choice, IntArray, SearchSpace
from autoquant.trial import Measurement

CALLS: list[tuple[Candidate | None, str]] = []
"""Every (candidate, split) that a `Toy` was asked to measure in this process, in order."""


def searched(calls: list[tuple[Candidate | None, str]]) -> list[Candidate]:
    """The candidates among these calls that were measured on the search split."""
    return [candidate for candidate, split in calls if split == "search" and candidate is not None]


PROFILE = NetworkProfile(
    tuple(
        LayerProfile(f"layer{i}", "linear", i, (10 * (i + 1),), (10 * (i + 2),), (10 * (i + 2), 10 * (i + 1)), macs,
                     10 * (i + 2), macs + 10 * (i + 2))
        for i, macs in enumerate((200, 600, 1200, 2000))
    ),
    ((10,),),
)  # fmt: skip
"""Four linear layers."""


class Toy(Evaluator):
    """Scores the indices of a candidate; ``loss`` and ``size`` are at odds.

    Args:
        fail: candidates whose sum of indices is one of these raise.
        not_finite: those with such a sum measure NaN.
        forget: those with such a sum lack the loss.
        constant: everything measures the same.
        float_network: whether there is a float network.
    """

    metrics: ClassVar[dict[str, Direction]] = {"quality": "maximize", "loss": "minimize", "size": "minimize"}

    def __init__(
        self,
        network: Any,
        data: Any,
        *,
        fail: Sequence[int] = (),
        not_finite: Sequence[int] = (),
        forget: Sequence[int] = (),
        constant: bool = False,
        float_network: bool = True,
        fail_float: bool = False,
    ) -> None:
        super().__init__(network, data)
        self.fail, self.not_finite, self.forget = fail, not_finite, forget
        self.constant, self.float_network, self.fail_float = constant, float_network, fail_float

    def bounds(self) -> dict[str, tuple[float, float]]:
        return {"quality": (1.0, 0.0), "loss": (0.0, 4.0), "size": (0.0, 40.0)}

    @property
    def has_reference(self) -> bool:
        return self.float_network

    def score(self, prepared: Prepared, split: SplitName) -> Measurement:
        CALLS.append((prepared.candidate, split))
        if prepared.candidate is None:
            if self.fail_float:
                raise RuntimeError("no such luck")
            return Measurement({"quality": 0.9, "loss": 0.1, "size": 40.0})
        return self.of(prepared.candidate)

    def of(self, candidate: Candidate) -> Measurement:
        """What a candidate measures, on whatever split."""
        total = sum(candidate)
        if total in self.fail:
            raise ValueError(f"a sum of {total} is more than I can take")
        rough = 0.1 * math.sin(sum((i + 2) * index for i, index in enumerate(candidate)))
        loss = 0.0 if self.constant else sum(math.exp(-index) for index in candidate) / len(candidate) + rough
        metrics = {
            "quality": 1.0 / (1.0 + math.exp(loss)),
            "loss": loss,
            "size": 3.0 if self.constant else float(total),
        }
        if total in self.not_finite:
            metrics["loss"] = math.nan
        if total in self.forget:
            del metrics["loss"]
        return Measurement(metrics, {"loss": 0.01}, {"log": f"memory:{candidate}"}, 0.5)


class ToyNetwork(Toy):
    """The same with the profile of a network, so that it can be priced."""

    def profile(self) -> NetworkProfile:
        return PROFILE


class Halves(SearchSpace):
    """Six indices, of which the second half makes no difference: canonical candidates end in zeros."""

    def __init__(self, network: NetworkProfile | None = None) -> None:
        super().__init__(Choice(f"c{i}", (0, 1, 2, 3)) for i in range(6))

    def canonical(self, candidate: Candidate) -> Candidate:
        return (*candidate[:3], 0, 0, 0)


class Repeating(Searcher):
    """Proposes equivalent candidates again and again."""

    def __init__(self, problem: SearchProblem) -> None:
        super().__init__(problem)
        self._rng = random.Random(problem.seed)

    def propose(self, count: int) -> list[Candidate]:
        return [tuple(self._rng.randrange(2) for _ in self.problem.space.choices) for _ in range(count)]

    def learn(self, results: list[Result]) -> None:
        """Learns nothing."""


class Diverging(Searcher):
    """Counts through the candidates, one at a time, and tells of a loss that is no number."""

    def propose(self, count: int) -> list[Candidate]:
        told = self.asked == len(self.curves["loss"])
        return [tuple(self.asked // 4**i % 4 for i in range(len(self.problem.space.choices)))] if told else []

    def learn(self, results: list[Result]) -> None:
        """Learns nothing."""
        self._told = self.asked

    @property
    def curves(self) -> dict[str, list[tuple[int, float]]]:
        values = (math.nan, math.inf, -math.inf)
        return {"loss": [(i + 1, values[i % 3]) for i in range(getattr(self, "_told", 0))]}


class Shuffled(WorkerPool):
    """Many tasks at once, whose completions come in an order that the seed draws."""

    def __init__(self, *, seed: int = 0) -> None:
        self._rng = random.Random(seed)
        self._held: list[Task] = []

    def start(self, recipe: EvaluatorRecipe) -> None:
        self._space, self._evaluator = recipe.space, recipe.build()

    @property
    def workers(self) -> int:
        return 8

    def submit(self, task: Task) -> None:
        self._held.append(task)

    def completions(self, timeout: float) -> list[Completion]:
        self._rng.shuffle(self._held)
        count = self._rng.randint(0, min(3, len(self._held)))
        done, self._held = self._held[:count], self._held[count:]
        return [self._run(task) for task in done]

    def _run(self, task: Task) -> Completion:
        try:
            if task.request.is_reference and not self._evaluator.has_reference:
                return Completion(task)
            prepared = self._evaluator.prepare(self._space, task.request)
            return Completion(task, self._evaluator.score(prepared, task.split), worker="w")
        except Exception as error:
            return Completion(task, error=f"{type(error).__name__}: {error}", worker="w")

    @property
    def running(self) -> int:
        return len(self._held)

    def cancel_queued(self) -> None:
        self._held = self._held[:2]

    def close(self) -> None:
        self._held = []


class Boundless(Toy):
    """Says nothing of what values make sense."""

    def bounds(self) -> dict[str, tuple[float, float]]:
        return {}


class Picky(Toy):
    """Takes no space."""

    def check(self, space: SearchSpace) -> None:
        raise SpecError("space: this evaluator takes no other space than its own")


class OwnBytes(CostModel):
    """Every layer costs the same."""

    metrics: ClassVar[dict[str, str]] = {"weight_bytes": "bytes"}

    def __init__(self, *, each: float = 1.0) -> None:
        self.each = each

    def supported(self, layer: LayerProfile, precision: LayerPrecision) -> bool:
        return True

    def tables(self, network: NetworkProfile, options: Sequence[Sequence[LayerOption]]) -> dict[str, list[FloatArray]]:
        return {"weight_bytes": [table(row, lambda layer, precision: self.each) for row in options]}


class Whole(OwnBytes):
    """The same, priced for whole networks: no sum over layers."""

    def estimate(
        self, network: NetworkProfile, options: Sequence[Sequence[LayerOption]], indices: IntArray
    ) -> dict[str, FloatArray]:
        return {"weight_bytes": self.each * (1.0 + indices.sum(axis=1))}


class SearchOnly(Toy):
    """Cannot measure candidates with an even sum of indices on the test split."""

    def score(self, prepared: Prepared, split: SplitName) -> Measurement:
        if split == "test" and prepared.candidate is not None and sum(prepared.candidate) % 2 == 0:
            raise ValueError("no test data today")
        return super().score(prepared, split)


class Clumsy(Toy):
    """Cannot be built."""

    def __init__(self, network: Any, data: Any) -> None:
        super().__init__(network, data)
        1 / 0  # noqa: B018 - the error is the point


class ClumsySpace(SearchSpace):
    """Cannot be built either."""

    def __init__(self, network: NetworkProfile | None) -> None:
        raise KeyError("nothing")


class ByteMachine(OwnBytes):
    """Cannot price layer2 at 2 bits of weights."""

    def supported(self, layer: LayerProfile, precision: LayerPrecision) -> bool:
        return (layer.name, precision.weight_bits) != ("layer2", 2)


class OwnMetric(ToyNetwork):
    """Has a metric of its own that only candidates have."""

    metrics: ClassVar[dict[str, Direction]] = {**Toy.metrics, "own": "minimize"}

    def bounds(self) -> dict[str, tuple[float, float]]:
        return {**super().bounds(), "own": (0.0, 4.0)}

    def of(self, candidate: Candidate) -> Measurement:
        found = super().of(candidate)
        return Measurement({**found.metrics, "own": found.metrics["loss"]}, found.standard_errors)


class Coarse(Toy):
    """Sees no difference before three indices in all are taken away."""

    def score(self, prepared: Prepared, split: SplitName) -> Measurement:
        if prepared.candidate is None:
            return super().score(prepared, split)
        most = sum(len(choice.options) - 1 for choice in prepared.space.choices)
        missing = float(most - sum(prepared.candidate))
        found = max(0.0, missing - 2)
        return Measurement({"quality": 1.0 / (1.0 + found), "loss": found / 4, "size": 20.0 - found}, {"loss": 0.01})


class TradeOffs(Searcher):
    """Proposes settings, each a trade-off between loss and size, and keeps what they derived."""

    def __init__(self, problem: SearchProblem) -> None:
        super().__init__(problem)
        self.derived: list[Candidate] = []

    def propose(self, count: int) -> list[dict[str, float]]:
        return [{"trade_off": 0.01 * 1.5 ** (self.asked + i)} for i in range(count)]

    def learn(self, results: list[Result]) -> None:
        self.derived += [proposal.candidate for proposal, metrics in results if metrics is not None]


@dataclass(frozen=True)
class Derived(Prepared):
    """What settings derived."""

    found: Candidate

    @property
    def candidate(self) -> Candidate:
        return self.found


class Deriving(ToyNetwork):
    """Derives the candidate that a trade-off asks for; the higher it is, the fewer bits.

    Args:
        nothing: trade-offs above this one derive nothing.
    """

    takes_settings: ClassVar[bool] = True

    def __init__(self, network: Any, data: Any, *, nothing: float = 1e9) -> None:
        super().__init__(network, data)
        self.nothing = nothing

    def prepare(self, space: SearchSpace, request: EvaluationRequest, report: Report = no_report) -> Prepared:
        if request.settings is None:
            return super().prepare(space, request, report)
        high = 1 / (1 + 10 * float(request.settings["trade_off"]))
        for step in range(2):
            report(step, {"size": float(step)})
        return Derived(space, request, tuple(round(high * (int(size) - 1)) for size in space.sizes))

    def score(self, prepared: Prepared, split: SplitName) -> Measurement:
        found = super().score(prepared, split)
        settings = prepared.request.settings
        if settings is None or split == "test" or float(settings["trade_off"]) > self.nothing:
            return found
        return replace(found, candidate=prepared.candidate)


class Checkpointed(Deriving):
    """Leaves the number of its trade-off behind as a checkpoint; the higher it is, the better and the larger."""

    def score(self, prepared: Prepared, split: SplitName) -> Measurement:
        found, request = super().score(prepared, split), prepared.request
        checkpoint = request.checkpoint
        if request.settings is not None:
            checkpoint = f"memory:{math.log(float(request.settings['trade_off']) / 0.01, 1.5):.0f}"
            found = replace(found, artifacts={"checkpoint": checkpoint})
        if checkpoint is None:
            return found
        number = float(checkpoint.removeprefix("memory:"))
        return replace(found, metrics={**found.metrics, "quality": 0.01 * number, "size": number})


class Clock(Shuffled):
    """Says that it can end what takes too long, and keeps what it was given."""

    limits_time: ClassVar[bool] = True
    given: ClassVar[list[Task]] = []

    def submit(self, task: Task) -> None:
        self.given.append(task)
        super().submit(task)


class Frail(Shuffled):
    """Loses each task so often before it is measured.

    Args:
        losses: how often.
    """

    def __init__(self, *, losses: int = 1) -> None:
        super().__init__()
        self._losses = losses
        self._lost: Counter[str] = Counter()

    def _run(self, task: Task) -> Completion:
        self._lost[f"{task.key} {task.split}"] += 1
        if self._lost[f"{task.key} {task.split}"] <= self._losses:
            return Completion(task, error="the worker was lost", worker="w", lost=True)
        return super()._run(task)


class Counted(Halves):
    """Counts how often it is asked for canonical candidates."""

    asked: ClassVar[Counter[Candidate]] = Counter()

    def canonical(self, candidate: Candidate) -> Candidate:
        self.asked[candidate] += 1
        return super().canonical(candidate)


class Listing(Searcher):
    """Counts through the candidates, and asks the space for nothing."""

    def propose(self, count: int) -> list[Candidate]:
        numbers = range(self.asked, self.asked + count)
        return [tuple(number // 4**i % 4 for i in range(len(self.problem.space.choices))) for number in numbers]

    def learn(self, results: list[Result]) -> None:
        """Learns nothing."""


class Polishing(ToyNetwork):
    """Halves the loss of a network that it polishes, and says so; polished calls are recorded as ``polished search``.

    Args:
        dull: candidates with such a sum of indices cannot be polished.
        heavy: what polishing adds to the size.
    """

    def __init__(self, network: Any, data: Any, *, dull: Sequence[int] = (), heavy: float = 0.0) -> None:
        super().__init__(network, data)
        self.dull, self.heavy = dull, heavy

    @property
    def polishes(self) -> bool:
        return True

    def score(self, prepared: Prepared, split: SplitName) -> Measurement:
        if not prepared.request.polish:
            return super().score(prepared, split)
        candidate = prepared.candidate
        assert candidate is not None
        CALLS.append((candidate, f"polished {split}"))
        if sum(candidate) in self.dull:
            raise ValueError(f"a sum of {sum(candidate)} cannot be polished")
        found = self.of(candidate)
        metrics = {**found.metrics, "loss": found.metrics["loss"] / 2, "size": found.metrics["size"] + self.heavy}
        return replace(found, metrics=metrics, notes=(f"{len(candidate)} choices were polished",))


class PolishedFiles(Polishing):
    """Leaves a checkpoint behind, and takes one for a polished network only if it is of one."""

    def score(self, prepared: Prepared, split: SplitName) -> Measurement:
        request = prepared.request
        kind = "polished" if request.polish else "plain"
        expected = f"memory:{kind}" if split == "test" and prepared.candidate is not None else None
        assert request.checkpoint == expected, f"{kind} on {split} was given {request.checkpoint}"
        artifacts = {"checkpoint": f"memory:{kind}"} if prepared.candidate is not None else {}
        return replace(super().score(prepared, split), artifacts=artifacts)
