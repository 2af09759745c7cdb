"""What grows with a job and what does not: cost of a trial, reading the front, a page of trials, and resuming.

    python benchmarks/large_jobs.py --trials 100000 --resumed 10000

The no-op evaluator of `benchmarks/coordinator.py`, inline, on SQLite: 20 choices of 4 options, 3 measured objectives.
What is resumed is NSGA-III, and with its model a fifth of the trials. Compare ratios: this kind of machine is shared.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from coordinator import spec

import autoquant as aq
from autoquant.store import Store

WINDOW = 1000


def grown(url: str, n_trials: int) -> aq.Job:
    """A random search of so many trials; prints what a trial costs early and late."""
    moments: dict[int, float] = {}
    job = aq.search(spec("inline", n_trials), url, progress=lambda now: moments.setdefault(now.finished, time.time()))

    def cost(middle: int) -> float:
        inside = sorted(count for count in moments if abs(count - middle) <= WINDOW // 2)
        return (moments[inside[-1]] - moments[inside[0]]) / (inside[-1] - inside[0])

    marks = [count for count in (WINDOW, 10_000, 30_000, n_trials - WINDOW) if count < n_trials]
    costs = [cost(count) for count in marks]
    for count, seconds in zip(marks, costs, strict=True):
        share = seconds / costs[0]
        print(f"  a trial around trial {count:7,}: {seconds * 1e3:.2f} ms, {share:.2f} of that around {marks[0]:,}")
    return job


def timed(work: Callable[[], object]) -> float:
    """Median milliseconds of seven runs, the first excluded."""
    times = []
    for _ in range(8):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times[1:])


def resumed(url: str, n_trials: int, model: str) -> None:
    """Seconds from resuming an NSGA-III job of so many trials to its next result, compared with those of the search."""
    start = time.perf_counter()
    job = aq.search(spec("inline", n_trials, {"name": "nsga3", "model": model}), url)
    searched = time.perf_counter() - start
    first: list[float] = []
    start = time.perf_counter()
    aq.resume(job.id, url, n_trials=n_trials + 1, progress=lambda _: first.append(time.perf_counter() - start))
    print(f"  NSGA-III, model {model}, {n_trials:,} trials: searched in {searched:.1f} s, resumed in {first[0]:.1f} s")


def main() -> None:
    """Print every figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=100_000)
    parser.add_argument("--resumed", type=int, default=10_000)
    arguments = parser.parse_args()
    print(f"{os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'large.db'}"
        job = grown(url, arguments.trials)
        opened = Store(url, create=False)
        front = opened.front(job.id)
        print(f"  front of {len(front)} of {arguments.trials:,} trials: {timed(lambda: opened.front(job.id)):.1f} ms")
        middle = arguments.trials // 2
        page = timed(lambda: list(opened.trials(job.id, after=middle, limit=50)))
        print(f"  a page of 50 trials from the middle: {page:.1f} ms")
        resumed(f"sqlite:///{Path(folder) / 'plain.db'}", arguments.resumed, "none")
        resumed(f"sqlite:///{Path(folder) / 'resumed.db'}", arguments.resumed // 5, "gaussian_process")


if __name__ == "__main__":
    main()
