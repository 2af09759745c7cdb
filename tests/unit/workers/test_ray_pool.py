"""What is reported of a Ray that cannot be had or is lost. `test_batches` runs a real one."""

from __future__ import annotations

import sys
from collections import deque

import pytest
from autoquant_workers.ray_cluster import RayLost
from autoquant_workers.ray_pool import MAX_DEATHS, RayPool, _Actor

from autoquant import plugins
from autoquant.errors import EvaluationError, SpecError
from autoquant.interfaces import Completion, EvaluationRequest, Resources, Task
from autoquant.testing.pools import recipe


def test_an_address_where_no_ray_is_says_so() -> None:
    pool = RayPool(address="no-such-scheme://nowhere")
    with pytest.raises(EvaluationError, match="pool: Ray at 'no-such-scheme://nowhere' cannot be reached"):
        pool.start(recipe())
    pool.close()


def test_options_are_checked() -> None:
    assert plugins.check_options(RayPool, {"workers": 3, "address": None}, "pool") == {"workers": 3, "address": None}
    with pytest.raises(SpecError, match=r"pool.workers: .*must be 1 or more \(given: 0\)"):
        plugins.check_options(RayPool, {"workers": 0}, "pool")


def test_more_workers_than_the_machine_can_start_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    monkeypatch.delenv("AUTOQUANT_RAY_ADDRESS", raising=False)
    monkeypatch.delitem(sys.modules, "ray", raising=False)
    with pytest.raises(SpecError, match=r"^pool.workers: 48 are more than this machine of 2 CPUs can start; .* 16"):
        RayPool(workers=48).check(Resources())
    RayPool(workers=16).check(Resources())
    RayPool(workers=48, address="cluster:6379").check(Resources())


def test_nothing_runs_in_a_pool_that_was_not_started() -> None:
    pool = RayPool(workers=2)
    assert (pool.workers, pool.running) == (0, 0)
    pool.close()


@pytest.fixture
def brought_up(monkeypatch: pytest.MonkeyPatch) -> RayPool:
    """A pool of three actors whose Ray is as soon started again as it is lost."""
    pool = RayPool(workers=3)
    pool._recipe = recipe()
    pool._actors = [_Actor(f"ray-{index}") for index in range(3)]
    monkeypatch.setattr(pool._cluster, "connect", lambda folder: None)
    monkeypatch.setattr(pool, "_bring_up_all", lambda: None)
    return pool


def test_when_ray_is_lost_what_ran_runs_again_and_what_waited_waits(brought_up: RayPool) -> None:
    notices: list[str] = []
    brought_up.notice = notices.append
    tasks = [Task(str(number), EvaluationRequest((number, 0))) for number in range(6)]
    alone, several, waiting = tasks[:1], tasks[1:3], tasks[3:5]
    brought_up._queue.append(tasks[5])
    brought_up._actors[0].batches = {0: alone}
    brought_up._actors[1].batches = {1: several, 2: waiting}
    why = "the local Ray was lost: no answer from its head"
    assert brought_up._start_again("its head") == [Completion(tasks[0], error=why, worker="ray-0", lost=True)]
    assert notices == [f"{why}; another one is started"]
    assert list(brought_up._isolated) == several
    assert list(brought_up._queue) == tasks[3:]
    assert brought_up.running == 5


def test_a_driver_that_ray_ended_is_as_a_ray_that_died(brought_up: RayPool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that came before it is lost."""
    tasks = [Task(str(number), EvaluationRequest((number, 0))) for number in range(2)]
    brought_up._actors[0].batches = {0: tasks}

    def end(*given: object) -> None:
        raise RayLost("the process that drives it, which Ray ended")

    monkeypatch.setattr(brought_up._cluster, "call", end)
    monkeypatch.setattr(brought_up._cluster, "tell", lambda *given: None)
    assert brought_up.completions(0.1) == []
    assert list(brought_up._isolated) == tasks
    monkeypatch.setattr(brought_up._cluster, "_address", "10.0.0.1:6379")
    brought_up._actors[0].batches, brought_up._isolated = {0: tasks}, deque()
    with pytest.raises(EvaluationError, match=r"Ray at '10.0.0.1:6379' is lost: no answer from the process that"):
        brought_up.completions(0.1)


def test_a_ray_that_dies_again_and_again_ends_the_search(brought_up: RayPool) -> None:
    for _ in range(MAX_DEATHS):
        assert brought_up._start_again("its head") == []
    with pytest.raises(EvaluationError, match="the local Ray died 3 times before anything was measured"):
        brought_up._start_again("its head")
