"""Trials on Ray: long-lived actors, on this machine or on a cluster."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import Field

from autoquant.errors import EvaluationError
from autoquant.interfaces import Completion, EvaluatorRecipe, Task, WorkerPool
from autoquant_workers.worker import Batches

AHEAD = 2
"""Batches that one actor may hold: the one it runs and the next, so that it never waits for the driver."""


@dataclass(eq=False)
class _Actor:
    """A Ray actor, and the batches that it holds by the reference to their outcome, the one that runs first."""

    name: str
    handle: Any
    batches: dict[Any, list[Task]] = field(default_factory=dict)
    alone: bool = False
    """It runs a suspect, and is given nothing else until that is done."""

    @property
    def load(self) -> int:
        return AHEAD if self.alone else len(self.batches)


class RayPool(WorkerPool):
    """One actor a worker, each with its own evaluator.

    Queued tasks go to an actor in batches that take about half a second: the actor shares work within a batch, and
    neither it nor the driver is busy with messages. When an actor dies it is replaced, and the tasks of the batch that
    it ran are run again one by one: only a task that its actor held alone when it died comes back with that error.

    Args:
        workers: number of actors; one for each CPU of the Ray cluster by default.
        address: of a running Ray cluster; where none is given a Ray of this process is used, else a local one is
            started for this pool and stopped with it.
    """

    def __init__(self, *, workers: Annotated[int, Field(ge=1)] | None = None, address: str | None = None) -> None:
        self._wanted = workers
        self._address = address
        self._queue: deque[Task] = deque()
        self._suspects: deque[Task] = deque()
        """Tasks of batches whose actor died: each runs alone."""
        self._actors: list[_Actor] = []
        self._batches = Batches()
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
        self._actors = [_Actor(f"ray-{index}", None) for index in range(count)]
        try:
            problems = ray.get([self._bring_up(actor) for actor in self._actors])
        except ray.exceptions.RayError as error:
            raise EvaluationError(f"a Ray worker did not start: {error}") from error
        for problem in filter(None, problems):
            raise EvaluationError(f"a Ray worker could not build its evaluator:\n{problem}")

    def _bring_up(self, actor: _Actor) -> Any:
        """Start it; it builds its evaluator before anything else it is told to do. The outcome of the build."""
        import ray

        actor.handle = ray.remote(num_cpus=1)(RemoteWorker).remote()
        return actor.handle.build.remote(self._import_paths, self._recipe, actor.name)

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
        """Queue a task. It starts at once on an idle actor, else in a batch when completions are asked for."""
        self._queue.append(task)
        if any(not actor.batches for actor in self._actors):
            self._dispatch()

    def _dispatch(self) -> None:
        """Give batches of what is queued to the actors that hold the fewest."""
        while self._queue or self._suspects:
            actor = min(self._actors, key=lambda actor: actor.load)
            if actor.load >= self._most:
                return
            actor.alone = bool(self._suspects)
            batch = [self._suspects.popleft()] if self._suspects else self._batches.take(self._queue, self.workers)
            actor.batches[actor.handle.run_batch.remote(batch)] = batch

    @property
    def _most(self) -> int:
        """Batches that an actor may hold. None waits behind long tasks: another actor may be free before."""
        return AHEAD if not self._suspects and self._batches.short(self._queue[0]) else 1

    def completions(self, timeout: float) -> list[Completion]:
        """Whatever has finished. An actor that died is replaced; a task it ran alone comes back with that error."""
        import ray

        self._dispatch()
        references = [reference for actor in self._actors for reference in actor.batches]
        if not references:
            time.sleep(timeout)
            return []
        done, _ = ray.wait(references, num_returns=1, timeout=timeout)
        if done:
            done, _ = ray.wait(references, num_returns=len(references), timeout=0)
        found = [completion for actor in self._actors for completion in self._collect(actor, set(done))]
        self._dispatch()
        return found

    def _collect(self, actor: _Actor, done: Collection[Any]) -> list[Completion]:
        """The outcomes of the batches of one actor that are done."""
        import ray

        found: list[Completion] = []
        for reference in [one for one in actor.batches if one in done]:
            try:
                completions, seconds = ray.get(reference)
            except ray.exceptions.RayError as error:
                return found + self._replace(actor, error)
            self._batches.note(actor.batches.pop(reference), seconds)
            actor.alone = False
            found += completions
        return found

    def _replace(self, actor: _Actor, error: Exception) -> list[Completion]:
        """A new actor in the place of one that died.

        The oldest batch that it held ran, or had just ended: a process that dies takes the last outcome along. The
        others go back in line.
        """
        import ray

        ray.kill(actor.handle)
        lost, *waiting = actor.batches.values()
        actor.batches.clear()
        actor.alone = False
        self._queue.extendleft(reversed([task for batch in waiting for task in batch]))
        self._bring_up(actor)
        if len(lost) == 1 and not waiting:
            return [Completion(lost[0], error=f"the worker was lost: {error}", worker=actor.name)]
        self._suspects.extend(lost)
        return []

    @property
    def running(self) -> int:
        held = sum(len(batch) for actor in self._actors for batch in actor.batches.values())
        return len(self._queue) + len(self._suspects) + held

    def cancel_queued(self) -> None:
        """What an actor already holds (the batch it runs and the next) still completes."""
        self._queue.clear()
        self._suspects.clear()

    def close(self) -> None:
        """Stop the actors, and the local Ray if this pool started it."""
        import ray

        self.cancel_queued()
        for actor in self._actors:
            if actor.handle is not None:
                ray.kill(actor.handle)
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

    def run_batch(self, tasks: list[Task]) -> tuple[list[Completion], float]:
        """Measure a batch; the outcomes, and the seconds that they took."""
        began = time.perf_counter()
        return self._worker.run_batch(tasks), time.perf_counter() - began
