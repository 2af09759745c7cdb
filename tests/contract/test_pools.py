"""Every installed pool, third-party ones included, keeps the contract."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
import torch
from autoquant_workers.inline import InlinePool

from autoquant.interfaces import Completion, Task, WorkerPool
from autoquant.testing.pools import CHECKS, STARTED_CHECKS, check_pool, discovered, recipe

OPTIONS: dict[str, dict[str, Any]] = {"ray": {"workers": 2}}
POOLS = discovered()


def make(name: str) -> WorkerPool:
    return POOLS[name](**OPTIONS.get(name, {}))


@pytest.fixture(scope="module")
def local_ray() -> Iterator[None]:
    """One Ray for all pools of this module, with room for two pools at a time."""
    import ray

    ray.init(address="local", num_cpus=6, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    yield
    ray.shutdown()


@pytest.fixture(scope="module", params=sorted(POOLS))
def started(request: pytest.FixtureRequest) -> Iterator[WorkerPool]:
    if request.param == "ray":
        request.getfixturevalue("local_ray")
    threads = torch.get_num_threads()
    pool = make(request.param)
    pool.start(recipe())
    yield pool
    pool.close()
    assert torch.get_num_threads() == threads


def test_the_built_in_pools_are_found() -> None:
    assert {"inline", "ray"} <= set(POOLS)


@pytest.mark.parametrize("check", STARTED_CHECKS, ids=lambda check: check.__name__)
def test_contract_of_a_started_pool(started: WorkerPool, check: Callable[[WorkerPool], None]) -> None:
    check(started)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", sorted(POOLS))
def test_contract(name: str, check: Callable[..., None], request: pytest.FixtureRequest) -> None:
    if name == "ray":
        request.getfixturevalue("local_ray")
    check(lambda: make(name))


# The suite itself.


class Repeats(InlinePool):
    """Gives a completion twice."""

    def completions(self, timeout: float) -> list[Completion]:
        return super().completions(timeout) * 2


class Loses(InlinePool):
    """Forgets a task now and then."""

    submitted = 0

    def submit(self, task: Task) -> None:
        self.submitted += 1
        if self.submitted % 7:
            super().submit(task)


class Silent(InlinePool):
    """Gives errors without their traceback."""

    def completions(self, timeout: float) -> list[Completion]:
        found = super().completions(timeout)
        return [Completion(c.task, c.measurement, c.error and c.error.splitlines()[-1], c.worker) for c in found]


class SearchOnly(InlinePool):
    """Measures everything on the search split."""

    def submit(self, task: Task) -> None:
        super().submit(Task(task.key, task.request))


class Stubborn(InlinePool):
    """Drops nothing."""

    def cancel_queued(self) -> None:
        """Does nothing."""


class Careless(InlinePool):
    """Starts whatever happens."""

    def start(self, given: Any) -> None:
        try:
            super().start(given)
        except ValueError:
            return


class Mixed(InlinePool):
    """Gives tasks the measurements of their neighbours."""

    def completions(self, timeout: float) -> list[Completion]:
        found: Sequence[Completion] = super().completions(timeout)
        turned = [*found[1:], *found[:1]]
        return [Completion(a.task, b.measurement, b.error, b.worker) for a, b in zip(found, turned, strict=True)]


def test_the_suite_accepts_the_inline_pool() -> None:
    check_pool(InlinePool)


@pytest.mark.parametrize("pool", [Repeats, Loses, Silent, SearchOnly, Stubborn, Careless, Mixed])
def test_the_suite_catches_a_pool_that_breaks_the_contract(pool: type[WorkerPool]) -> None:
    with pytest.raises(AssertionError):
        check_pool(pool)
