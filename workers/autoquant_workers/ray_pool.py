"""Trials on Ray: long-lived actors, on this machine or on a cluster."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections import deque
from typing import Annotated, Any

from pydantic import Field

from autoquant.errors import EvaluationError
from autoquant.interfaces import Completion, EvaluatorRecipe, Task, WorkerPool

AHEAD = 2
"""Tasks that one actor may hold: the one it runs and the next, so that it never waits for the driver."""


class RayPool(WorkerPool):
    """One actor a worker, each with its own evaluator.

    Args:
        workers: number of actors; one for each CPU of the Ray cluster by default.
        address: of a running Ray cluster; where none is given a Ray of this process is used, else a local one is
            started for this pool and stopped with it.
    """

    def __init__(self, *, workers: Annotated[int, Field(ge=1)] | None = None, address: str | None = None) -> None:
        self._wanted = workers
        self._address = address
        self._queue: deque[Task] = deque()
        self._actors: list[Any] = []
        self._held: list[int] = []
        self._running: dict[Any, tuple[int, Task]] = {}
        self._owns_ray = False

    def start(self, recipe: EvaluatorRecipe) -> None:
        """Start the actors and wait until each has built its evaluator."""
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        import ray

        if not ray.is_initialized():
            self._init_ray(ray)
        from ray import cloudpickle

        count = self._wanted or max(1, int(ray.cluster_resources().get("CPU", 1)))
        packed = ray.put(cloudpickle.dumps(recipe))
        actor = ray.remote(num_cpus=1, max_restarts=-1, max_task_retries=0)(RemoteWorker)
        self._actors = [actor.remote(recipe.import_paths, packed, f"ray-{i}") for i in range(count)]
        self._held = [0] * count
        try:
            problems = ray.get([one.problem.remote() for one in self._actors])
        except ray.exceptions.RayError as error:
            raise EvaluationError(f"a Ray worker did not start: {error}") from error
        for problem in filter(None, problems):
            raise EvaluationError(f"a Ray worker could not build its evaluator:\n{problem}")

    def _init_ray(self, ray: Any) -> None:
        quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
        try:
            if self._address is not None:
                ray.init(address=self._address, **quiet)
            else:
                ray.init(address="local", num_cpus=self._wanted, include_dashboard=False, **quiet)
        except (ConnectionError, ValueError, RuntimeError) as error:
            where = "a local Ray" if self._address is None else f"Ray at {self._address!r}"
            raise EvaluationError(f"pool: {where} cannot be reached: {error}") from error
        self._owns_ray = True

    @property
    def workers(self) -> int:
        return len(self._actors)

    def submit(self, task: Task) -> None:
        self._queue.append(task)
        self._dispatch()

    def _dispatch(self) -> None:
        """Give queued tasks to the actors that hold the fewest."""
        while self._queue:
            index = min(range(len(self._actors)), key=self._held.__getitem__)
            if self._held[index] >= AHEAD:
                return
            task = self._queue.popleft()
            self._running[self._actors[index].run.remote(task)] = (index, task)
            self._held[index] += 1

    def completions(self, timeout: float) -> list[Completion]:
        """Whatever has finished. A task whose actor died comes back with that as its error; Ray restarts the actor."""
        import ray

        if not self._running:
            time.sleep(timeout)
            return []
        references = list(self._running)
        done, _ = ray.wait(references, num_returns=1, timeout=timeout)
        if done:
            done, _ = ray.wait(references, num_returns=len(references), timeout=0)
        found = []
        for reference in done:
            index, task = self._running.pop(reference)
            self._held[index] -= 1
            try:
                found.append(ray.get(reference))
            except ray.exceptions.RayError as error:
                found.append(Completion(task, error=f"the worker was lost: {error}", worker=f"ray-{index}"))
        self._dispatch()
        return found

    @property
    def running(self) -> int:
        return len(self._queue) + len(self._running)

    def cancel_queued(self) -> None:
        """What an actor already holds (the task it runs and the next) still completes."""
        self._queue.clear()

    def close(self) -> None:
        """Stop the actors, and the local Ray if this pool started it."""
        import ray

        self._queue.clear()
        self._running.clear()
        for actor in self._actors:
            ray.kill(actor)
        self._actors = []
        if self._owns_ray:
            ray.shutdown()
            self._owns_ray = False


class RemoteWorker:
    """The actor. Its import path is set before the recipe, which may name the user's modules, is unpacked."""

    def __init__(self, import_paths: tuple[str, ...], packed: bytes, name: str) -> None:
        import traceback

        sys.path[:] = [*import_paths, *(path for path in sys.path if path not in import_paths)]
        from ray import cloudpickle

        from autoquant_workers.worker import Worker

        self._problem: str | None = None
        try:
            self._worker = Worker(cloudpickle.loads(packed), name)
        except Exception:
            self._problem = traceback.format_exc()

    def problem(self) -> str | None:
        """The traceback of a build that failed; answers once the actor is up."""
        return self._problem

    def run(self, task: Task) -> Completion:
        """Measure one task."""
        return self._worker.run(task)
