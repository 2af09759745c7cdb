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
        self._held: list[deque[Any]] = []
        self._running: dict[Any, tuple[int, Task]] = {}
        self._owns_ray = False

    def start(self, recipe: EvaluatorRecipe) -> None:
        """Start the actors and wait until each has built its evaluator."""
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        import ray

        if not ray.is_initialized():
            self._init_ray(ray)
        from ray import cloudpickle

        self._recipe = ray.put(cloudpickle.dumps(recipe))
        self._import_paths = recipe.import_paths
        count = self._wanted or max(1, int(ray.cluster_resources().get("CPU", 1)))
        self._held = [deque() for _ in range(count)]
        self._actors, builds = [], []
        for index in range(count):
            actor, build = self._new_actor(index)
            self._actors.append(actor)
            builds.append(build)
        try:
            problems = ray.get(builds)
        except ray.exceptions.RayError as error:
            raise EvaluationError(f"a Ray worker did not start: {error}") from error
        for problem in filter(None, problems):
            raise EvaluationError(f"a Ray worker could not build its evaluator:\n{problem}")

    def _new_actor(self, index: int) -> tuple[Any, Any]:
        """An actor that builds its evaluator before anything else it is told to do, and the outcome of the build."""
        import ray

        actor = ray.remote(num_cpus=1)(RemoteWorker).remote()
        return actor, actor.build.remote(self._import_paths, self._recipe, f"ray-{index}")

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
            index = min(range(len(self._actors)), key=lambda i: len(self._held[i]))
            if len(self._held[index]) >= AHEAD:
                return
            task = self._queue.popleft()
            reference = self._actors[index].run.remote(task)
            self._held[index].append(reference)
            self._running[reference] = (index, task)

    def completions(self, timeout: float) -> list[Completion]:
        """Whatever has finished. An actor that died is replaced; the task that it ran comes back with that error."""
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
            if reference not in self._running:
                continue
            try:
                found.append(ray.get(reference))
            except ray.exceptions.RayError as error:
                found.append(self._replace_actor(reference, error))
            else:
                index, _ = self._running.pop(reference)
                self._held[index].remove(reference)
        self._dispatch()
        return found

    def _replace_actor(self, reference: Any, error: Exception) -> Completion:
        """A new actor for the one that died. The oldest task that it held was running; the others go back in line."""
        index, _ = self._running[reference]
        held = [self._running.pop(one)[1] for one in self._held[index]]
        self._held[index].clear()
        self._queue.extendleft(reversed(held[1:]))
        self._actors[index], _ = self._new_actor(index)
        return Completion(held[0], error=f"the worker was lost: {error}", worker=f"ray-{index}")

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
    """The actor."""

    def build(self, import_paths: tuple[str, ...], packed: bytes, name: str) -> str | None:
        """Build the evaluator; the traceback when that fails.

        The import path is set before the recipe, which may name the user's modules, is unpacked.
        """
        import traceback

        from ray import cloudpickle

        sys.path[:] = [*import_paths, *(path for path in sys.path if path not in import_paths)]
        try:
            from autoquant_workers.worker import Worker

            self._worker = Worker(cloudpickle.loads(packed), name)
        except Exception:
            return traceback.format_exc()
        return None

    def run(self, task: Task) -> Completion:
        """Measure one task."""
        return self._worker.run(task)
