"""What Optuna's samplers cost as searchers, and how fast a job is written as a study.

    python benchmarks/optuna_speed.py --told 400 2000 --exported 10000

Proposals: 50 choices of 5 ordered options, 2 objectives, random results told before. Studies: 20 choices of 4 options,
3 objectives, to SQLite; compared with Optuna's own `add_trials` of some of the same trials.
"""

from __future__ import annotations

import argparse
import tempfile
import time

import numpy as np
import optuna
from coordinator import spec

import autoquant as aq

PROPOSALS = 10
COMPARED = 200
SAMPLERS = {
    "tpe": ("tpe", {}),
    "tpe, multivariate": ("tpe", {"multivariate": True}),
    "nsga2": ("nsga2", {}),
    "random": ("random", {}),
}


def proposal(sampler: str, options: dict[str, object], told: int) -> float:
    """Median milliseconds of processor time that a proposal takes after so many results."""
    space = aq.SearchSpace([aq.Choice(f"layer{i}", (2, 3, 4, 6, 8)) for i in range(50)])
    objectives = ["accuracy", aq.Objective("size", "minimize")]
    searcher = aq.make_searcher("optuna", space, objectives, sampler="random")
    random = np.random.default_rng(0)
    results = [({"accuracy": random.random(), "size": float(sum(p.candidate))}, p) for p in searcher.ask(told)]
    learner = aq.make_searcher("optuna", space, objectives, sampler=sampler, options=options)
    study = learner._study  # filled by hand: asking for 2,000 proposals first would take TPE a quarter of an hour
    for number, (metrics, done) in enumerate(results):
        params = {f"layer{i}": index for i, index in enumerate(done.candidate)}
        generation = {"NSGAIISampler:generation": number // 50}
        trial = optuna.create_trial(
            params=params, distributions=learner._distributions, values=list(metrics.values()), system_attrs=generation
        )
        study.add_trial(trial)
    taken = []
    for _ in range(PROPOSALS):
        begun = time.process_time()
        (asked,) = learner.ask(1)
        learner.tell([(asked, {"accuracy": random.random(), "size": float(sum(asked.candidate))})])
        taken.append((time.process_time() - begun) * 1e3)
    return float(np.median(taken))


def exported(n_trials: int) -> None:
    """Seconds of writing a job as a study, compared with Optuna's own way."""
    with tempfile.TemporaryDirectory() as folder:
        job = aq.search(spec("inline", n_trials), f"sqlite:///{folder}/jobs.db")
        begun = time.perf_counter()
        study = job.to_optuna(f"sqlite:///{folder}/study.db")
        taken = time.perf_counter() - begun
        some = job.to_optuna().get_trials()[:COMPARED]
        plain = optuna.create_study(directions=study.directions, storage=f"sqlite:///{folder}/other.db")
        begun = time.perf_counter()
        plain.add_trials(some)
        theirs = (time.perf_counter() - begun) / COMPARED * n_trials
    print(
        f"{n_trials:,} trials: {taken:.1f} s; add_trials would take {theirs:.0f} s ({theirs / taken:.0f} times as long)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--told", type=int, nargs="+", default=[400, 2000])
    parser.add_argument("--exported", type=int, default=10_000)
    arguments = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    for name, (sampler, options) in SAMPLERS.items():
        times = [f"{proposal(sampler, options, told):.1f}" for told in arguments.told]
        print(f"{name}: {' / '.join(times)} ms a proposal after {arguments.told} results", flush=True)
    exported(arguments.exported)


if __name__ == "__main__":
    main()
