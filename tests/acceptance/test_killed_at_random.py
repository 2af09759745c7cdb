"""`kill -9` at moments that a seed draws, twenty times in one job: it ends as a search that nobody touched."""

from __future__ import annotations

import random
import signal
import time

import pytest

import autoquant as aq

POOLS = {"inline": ("inline", 20), "ray": ({"name": "ray", "workers": 2}, 5)}
TRIALS = 240


@pytest.fixture(scope="module")
def untouched(shared, toy, truth):
    """What the search comes to when nobody touches it."""
    assert shared.run("search", shared.write(toy, budget={"n_trials": TRIALS})).code == 0
    return truth(shared.job())


def starts(job: aq.Job) -> int:
    """How often the job was taken up."""
    return sum(event.text.startswith("started") for event in job.logs())


@pytest.mark.slow
@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_law_1_killed_at_random(folder, toy, truth, untouched, request, newest_job, pool, database):
    store = folder.store if database == "sqlite" else request.getfixturevalue("postgresql")
    name, kills = POOLS[pool]
    slow = {"name": "workers:Toy", "seconds": 0.03, "test_seconds": 0.05}
    spec = folder.write(toy, evaluator=slow, pool=name, budget={"n_trials": TRIALS}, reuse=False)
    rng = random.Random(f"{pool} {database}")
    running = folder.start("search", spec, store=store)
    job = running.until(lambda job: job.state == "RUNNING")
    died_at, before = [], 0
    for kill in range(kills):
        if kill % 2:  # while it works, else while it comes up
            running.until(lambda job, before=before: starts(job) > before)
        time.sleep(rng.uniform(0, 0.7))
        assert running.kill().code == -signal.SIGKILL
        died_at.append(job.record.finished)
        before = starts(job)
        running = folder.start("resume", job.id, store=store)
    ended = running.wait(120)
    assert ended.code == 0, ended.err
    print(f"killed after {died_at} trials")
    assert 0 < died_at[-1] < TRIALS
    assert truth(job) == untouched
