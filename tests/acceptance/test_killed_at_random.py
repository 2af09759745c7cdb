"""`kill -9` at moments that a seed draws, twenty times in one job: it ends as a search that nobody touched."""

from __future__ import annotations

import random
import signal
import time

import pytest

POOLS = {"inline": ("inline", 20), "ray": ({"name": "ray", "workers": 2}, 5)}
SIZE = {"budget": {"n_trials": 400}, "max_pending": 5, "reuse": False}


@pytest.fixture(scope="module")
def untouched(shared, toy, truth):
    """What the search comes to when nobody touches it."""
    assert shared.run("search", shared.write(toy, **SIZE)).code == 0
    return truth(shared.job())


@pytest.mark.slow
@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_law_1_killed_at_random(folder, toy, truth, untouched, request, newest_job, pool, database):
    store = folder.store if database == "sqlite" else request.getfixturevalue("postgresql")
    name, kills = POOLS[pool]
    slow = {"name": "workers:Toy", "seconds": 0.03, "test_seconds": 0.05}
    spec = folder.write(toy, evaluator=slow, pool=name, **SIZE)
    rng = random.Random(f"{pool} {database}")
    running = folder.start("search", spec, store=store)
    job = running.until(lambda job: job.state == "RUNNING")
    died_at = [0]
    for kill in range(kills):
        if kill % 2:  # while it works, else most likely while it comes up
            running.until(lambda job: job.record.finished > died_at[-1])
        time.sleep(rng.uniform(0, 0.5 if kill % 2 else 2.5))
        assert running.kill().code == -signal.SIGKILL
        died_at.append(job.record.finished)
        running = folder.start("resume", job.id, store=store)
    ended = running.wait()
    assert ended.code == 0, ended.err
    print(f"killed after {died_at} trials")
    assert 0 < died_at[-1] < 400
    assert truth(job) == untouched
