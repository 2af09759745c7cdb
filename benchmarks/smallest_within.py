"""How many evaluations until the smallest network within a drop of accuracy is proposed?

    python benchmarks/smallest_within.py --folder tables
    python benchmarks/smallest_within.py --folder tables --tasks dscnn --searches nsga3 "nsga3, two objectives"

A known cost is minimised, the error is measured and at most so many points above a good network's: that of 8 bits
everywhere (DS-CNN), of the best cell (NAS-Bench-201: 1 point) or the least there is (synthetic: 5). All networks of the
first two are in a table (`front_quality_tasks`), so the optimum is known; on the synthetic layers it comes from dynamic
programming. Median [least, most] of the seeds; runs end after `LIMIT` evaluations. Ours keep 16 proposals open, as a
job does; Optuna's samplers are asked for one candidate at a time, which favours them.
"""

from __future__ import annotations

import argparse
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import optuna
from front_quality_tasks import Task, keyword_spotting_weights, nasbench201, synthetic

from autoquant import Objective, make_searcher
from autoquant.space import Candidate
from autoquant.trial import Proposal

LIMIT = 300
OPEN = 16
SLACK = 1e-9


@dataclass(frozen=True)
class Question:
    """The smallest network of a task whose error is at most so much, and what it costs."""

    name: str
    task: Task
    bound: float
    optimum: float

    @classmethod
    def of(cls, name: str, task: Task, bound: float) -> Question:
        """With the optimum of the table, or of the front."""
        assert task.front is not None
        return cls(name, task, float(bound + SLACK), float(task.front[task.front[:, 0] <= bound + SLACK, 1].min()))

    def measured(self, candidate: Candidate) -> tuple[float, float]:
        """Error and cost."""
        error, cost = self.task.points([candidate])[0]
        return float(error), float(cost)

    def answered(self, error: float, cost: float) -> bool:
        """Whether this is a smallest network."""
        return error <= self.bound and cost <= self.optimum * (1 + SLACK)


Run = Callable[[Question, int], int]
"""Question and seed -> evaluations until it was answered, `LIMIT` where it was not."""


def questions(wanted: Sequence[str], folder: Path) -> Iterator[Question]:
    """Of the tasks whose name begins with one of these words."""
    if "dscnn" in wanted:
        weights = keyword_spotting_weights(folder)
        best = float(weights.error([tuple(int(size) - 1 for size in weights.space.sizes)])[0])
        for points in (1, 2, 5):
            yield Question.of(f"DS-CNN, {points} points", weights, best + points / 100)
    if "nasbench201" in wanted:
        for cells in nasbench201():
            assert cells.front is not None
            yield Question.of(cells.name, cells, float(cells.front[:, 0].min()) + 0.01)
    if "synthetic" in wanted:
        layers = synthetic(60)
        yield Question.of("60 synthetic layers", layers, layers.best[0] + 0.05)


def with_nsga3(objectives: Sequence[str], question: Question, seed: int) -> int:
    """Results in the order of proposals, 16 of which are always open."""
    search = make_searcher(
        "nsga3",
        question.task.space,
        [Objective(name, "minimize") for name in objectives],
        constraints=[f"error <= {question.bound!r}"],
        price=question.task.price,
        seed=seed,
    )
    waiting: deque[Proposal] = deque()
    for count in range(1, LIMIT + 1):
        if len(waiting) < OPEN:
            waiting.extend(search.ask(OPEN - len(waiting)))
        first = waiting.popleft()
        error, cost = question.measured(first.candidate)
        if question.answered(error, cost):
            return count
        search.tell([(first, {"error": error, "cost": cost})])
    return LIMIT


def with_optuna(sampler: Callable[..., optuna.samplers.BaseSampler], question: Question, seed: int) -> int:
    """A sampler with a constraint on the error."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        made = sampler(seed=seed)
    study = optuna.create_study(direction="minimize", sampler=made)
    for count in range(1, LIMIT + 1):
        trial = study.ask()
        candidate = tuple(
            trial.suggest_int(choice.name, 0, len(choice.options) - 1)
            if choice.ordered
            else trial.suggest_categorical(choice.name, list(range(len(choice.options))))
            for choice in question.task.space.choices
        )
        error, cost = question.measured(candidate)
        if question.answered(error, cost):
            return count
        trial.set_constraint("error", error - question.bound)
        study.tell(trial, cost)
    return LIMIT


SEARCHES: dict[str, Run] = {
    "nsga3": partial(with_nsga3, ["cost"]),
    "nsga3, two objectives": partial(with_nsga3, ["error", "cost"]),
    "Optuna TPE": partial(with_optuna, lambda **options: optuna.samplers.TPESampler(multivariate=True, **options)),
    "Optuna GP": partial(with_optuna, optuna.samplers.GPSampler),
}


def rows(asked: Iterable[Question], searches: Sequence[str], seeds: int) -> Iterator[list[str]]:
    """A row for each question."""
    for question in asked:
        yield [question.name, *(spread([SEARCHES[name](question, seed) for seed in range(seeds)]) for name in searches)]


def spread(counts: Sequence[int]) -> str:
    """Median [least, most]; what was not found in time counts as the limit."""
    return f"{np.median(counts):.0f} [{min(counts)}, {max(counts)}]"


def main() -> None:
    """Print a row after each question."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path("front_quality"), help="where tables are kept")
    parser.add_argument("--tasks", nargs="*", default=["dscnn", "nasbench201", "synthetic"])
    parser.add_argument("--searches", nargs="*", default=list(SEARCHES), choices=list(SEARCHES))
    parser.add_argument("--seeds", type=int, default=5)
    arguments = parser.parse_args()
    arguments.folder.mkdir(exist_ok=True)
    print(f"| evaluations until found, at most {LIMIT} | {' | '.join(arguments.searches)} |")
    print("|" + "---|" * (1 + len(arguments.searches)))
    for row in rows(questions(arguments.tasks, arguments.folder), arguments.searches, arguments.seeds):
        print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
