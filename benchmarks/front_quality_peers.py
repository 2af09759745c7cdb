"""The searches of front_quality.py: AutoQuant's searchers, Optuna's samplers and pymoo's algorithms, each a generator.

It yields candidates to be measured and is sent their points, (n, 2), unscaled. Ours keep 16 proposals open, as a job
does; peers are asked for one candidate (Optuna) or one generation (pymoo) at a time, which favours them.
"""

from __future__ import annotations

import warnings
from collections import deque
from collections.abc import Callable, Generator
from functools import partial
from typing import Any

import optuna
from front_quality_tasks import FloatArray, Task
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.algorithms.moo.nsga3 import NSGA3
from pymoo.core.evaluator import Evaluator
from pymoo.core.problem import Problem
from pymoo.operators.crossover.sbx import SBX
from pymoo.operators.mutation.pm import PM
from pymoo.operators.repair.rounding import RoundingRepair
from pymoo.operators.sampling.rnd import IntegerRandomSampling
from pymoo.problems.static import StaticProblem
from pymoo.util.ref_dirs import get_reference_directions

from autoquant import make_searcher
from autoquant.space import Candidate
from autoquant.trial import Proposal

PENDING = 16
POPULATION = 20
"""Of pymoo's algorithms. With 12 they do about as well in 400 evaluations, with 40 and 100 worse."""

Run = Generator[list[Candidate], FloatArray, None]
Start = Callable[[Task, int], Run]


def with_autoquant(name: str, options: dict[str, Any], task: Task, seed: int) -> Run:
    """One of AutoQuant's searchers: results reported in the order of proposals, asked after each."""
    searcher = make_searcher(name, task.space, list(task.objectives), price=task.price, seed=seed, **options)
    waiting: deque[Proposal] = deque()
    known: dict[Candidate, FloatArray] = {}
    while True:
        if len(waiting) < PENDING:
            waiting.extend(searcher.ask(PENDING - len(waiting)))
        if not waiting:
            return
        first = waiting.popleft()
        if first.candidate not in known:
            wanted = [first.candidate, *(p.candidate for p in waiting if p.candidate not in known)]
            known.update(zip(wanted, (yield wanted), strict=True))
        error, cost = known[first.candidate]
        searcher.tell([(first, {"error": float(error), "cost": float(cost)})])


def with_optuna(sampler: Callable[..., optuna.samplers.BaseSampler], task: Task, seed: int) -> Run:
    """A sampler of Optuna with its default options."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with warnings.catch_warnings():  # NSGA-III counts as experimental
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        study = optuna.create_study(directions=["minimize"] * 2, sampler=sampler(seed=seed))
    while True:
        trial = study.ask()
        candidate = tuple(
            trial.suggest_int(choice.name, 0, len(choice.options) - 1)
            if choice.ordered
            else trial.suggest_categorical(choice.name, list(range(len(choice.options))))
            for choice in task.space.choices
        )
        point = (yield [candidate])[0]
        study.tell(trial, [float(value) for value in point])


def with_pymoo(algorithm: str, task: Task, seed: int) -> Run:
    """NSGA-II or NSGA-III as pymoo's guide sets them up for whole numbers."""
    problem = Problem(n_var=len(task.space.choices), n_obj=2, xl=0, xu=task.space.sizes - 1, vtype=int)
    arguments = {
        "pop_size": POPULATION,
        "sampling": IntegerRandomSampling(),
        "crossover": SBX(prob=1.0, eta=3.0, vtype=float, repair=RoundingRepair()),
        "mutation": PM(prob=1.0, eta=3.0, vtype=float, repair=RoundingRepair()),
        "eliminate_duplicates": True,
    }
    directions = get_reference_directions("das-dennis", 2, n_partitions=POPULATION - 1)
    made = NSGA2(**arguments) if algorithm == "nsga2" else NSGA3(directions, **arguments)
    made.setup(problem, termination=("n_gen", 10**6), seed=seed, verbose=False)
    while True:
        population = made.ask()
        candidates = [tuple(int(i) for i in row) for row in population.get("X")]
        points = yield candidates
        Evaluator().eval(StaticProblem(problem, F=points), population)
        with warnings.catch_warnings():  # a front of one point has no extent
            warnings.simplefilter("ignore", RuntimeWarning)
            made.tell(infills=population)


SEARCHES: dict[str, Start] = {
    "random": partial(with_autoquant, "random", {}),
    "pymoo NSGA-II": partial(with_pymoo, "nsga2"),
    "pymoo NSGA-III": partial(with_pymoo, "nsga3"),
    "Optuna NSGA-III": partial(with_optuna, optuna.samplers.NSGAIIISampler),
    "Optuna TPE": partial(with_optuna, optuna.samplers.TPESampler),
    "sensitivity": partial(with_autoquant, "sensitivity", {}),
    "ppo": partial(with_autoquant, "ppo", {}),
    "nsga3, plain": partial(with_autoquant, "nsga3", {"model": "none", "start": "uniform"}),
    "nsga3, sensitive": partial(with_autoquant, "nsga3", {"start": "sensitivity"}),
    "nsga3": partial(with_autoquant, "nsga3", {}),
}
