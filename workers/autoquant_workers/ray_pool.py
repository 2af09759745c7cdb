"""Trials on Ray: long-lived actors, on this machine or on a cluster."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

from pydantic import Field

from autoquant.errors import EvaluationError
from autoquant.interfaces import Completion, EvaluatorRecipe, Task, WorkerPool
from autoquant_workers.worker import Batches

AHEAD = 2
"""Batches that one actor may hold: the one it runs and the next, so that it never waits for the driver."""

START_SECONDS = 120.0
"""How long to wait for all actors; the search begins with those that are up by then."""

MAX_DEATHS = 3
"""How often in a row an actor may die while it builds its evaluator."""


@dataclass(eq=False)
class _Actor:
    """A Ray actor, and the batches that it holds by the reference to their outcome, the one that runs first."""

    name: str
    handle: Any
    building: Any = None
    """Reference to the outcome of its build; None once it is built."""
    batches: dict[Any, list[Task]] = field(default_factory=dict)
    alone: bool = False
    """It runs a suspect, and is given nothing else until that is done."""
    deaths: int = 0
    """How often in a row it died while it was built."""
    since: float = 0.0
    """When the batch that it runs began, at the earliest."""

    @property
    def load(self) -> int:
        return AHEAD if self.alone else len(self.batches)

    @property
    def over_time(self) -> float | None:
        """The limit of the batch that it runs, where that has been exceeded."""
        limits = [task.seconds for task in next(iter(self.batches.values()), [])]
        if not limits or None in limits:
            return None
        allowed = sum(limit for limit in limits if limit is not None)
        return allowed if time.monotonic() - self.since > allowed else None


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

    limits_time: ClassVar[bool] = True

    def __init__(self, *, workers: Annotated[int, Field(ge=1)] | None = None, address: str | None = None) -> None:
        self._wanted = workers
        self._address = address or os.environ.get("AUTOQUANT_RAY_ADDRESS")
        self._queue: deque[Task] = deque()
        self._suspects: deque[Task] = deque()
        """Tasks of batches whose actor died: each runs alone."""
        self._actors: list[_Actor] = []
        self._batches = Batches()
        self._owns_ray = False
        self._brought: str | None = None
        """Folder that Ray brings to its workers."""

    def start(self, recipe: EvaluatorRecipe) -> None:
        """Start the actors and wait until they have built their evaluators; one that lacks a CPU joins later."""
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        import ray

        if not ray.is_initialized():
            self._init_ray(ray, recipe.folder)
        from ray import cloudpickle

        self._recipe = ray.put(cloudpickle.dumps(recipe))
        self._import_paths = tuple(path for path in recipe.import_paths if path != self._brought)
        count = self._wanted or max(1, int(ray.cluster_resources().get("CPU", 1)))
        self._actors = [_Actor(f"ray-{index}", None) for index in range(count)]
        try:
            for actor in self._actors:
                self._bring_up(actor)
            builds = [actor.building for actor in self._actors]
            if not ray.wait(builds, num_returns=count, timeout=START_SECONDS)[0]:
                free, all_cpus = (
                    int(found().get("CPU", 0)) for found in (ray.available_resources, ray.cluster_resources)
                )
                room = f"{free} of the cluster's {all_cpus} CPUs are free"
                raise EvaluationError(f"no Ray worker started in {START_SECONDS:g} seconds: {room}")
            for actor in self._actors:
                self._see_whether_built(actor)
        except ray.exceptions.RayError as error:
            raise EvaluationError(f"a Ray worker did not start: {error}") from error

    def _bring_up(self, actor: _Actor) -> None:
        """Start it; Ray waits until there is a CPU for it."""
        import ray

        actor.handle = ray.remote(RemoteWorker).options(num_cpus=1).remote()
        actor.building = actor.handle.build.remote(self._import_paths, self._recipe, actor.name)

    def _see_whether_built(self, actor: _Actor) -> None:
        """`EvaluationError` when it could not be built; it takes no tasks before it is."""
        import ray

        if actor.building is None or not ray.wait([actor.building], timeout=0)[0]:
            return
        if problem := ray.get(actor.building):
            raise EvaluationError(f"a Ray worker could not build its evaluator:\n{problem}")
        actor.building, actor.deaths = None, 0

    def _init_ray(self, ray: Any, folder: str | None) -> None:
        quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
        try:
            if self._address is not None:
                # Its workers may be on other machines: the user's folder travels, and is found where Ray unpacks it.
                self._brought = folder
                brought = {} if folder is None else {"runtime_env": {"working_dir": folder}}
                ray.init(address=self._address, **brought, **quiet)
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
        if any(not actor.batches and actor.building is None for actor in self._actors):
            self._dispatch()

    def _dispatch(self) -> None:
        """Give batches of what is queued to the actors that hold the fewest."""
        built = [actor for actor in self._actors if actor.building is None]
        while built and (self._queue or self._suspects):
            actor = min(built, key=lambda actor: actor.load)
            if actor.load >= self._most:
                return
            actor.alone = bool(self._suspects)
            batch = [self._suspects.popleft()] if self._suspects else self._batches.take(self._queue, self.workers)
            if not actor.batches:
                actor.since = time.monotonic()
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
        references += [actor.building for actor in self._actors if actor.building is not None]
        if not references:
            time.sleep(timeout)
            return []
        done, _ = ray.wait(references, num_returns=1, timeout=timeout)
        if done:
            done, _ = ray.wait(references, num_returns=len(references), timeout=0)
        found = [completion for actor in self._actors for completion in self._collect(actor, set(done))]
        for actor in self._actors:
            if (limit := actor.over_time) is not None:
                found += self._replace(actor, f"it took longer than the {limit:g} seconds that it may take", lost=False)
        self._dispatch()
        return found

    def _collect(self, actor: _Actor, done: Collection[Any]) -> list[Completion]:
        """The outcomes of the batches of one actor that are done."""
        import ray

        found: list[Completion] = []
        if actor.building in done:
            try:
                self._see_whether_built(actor)
            except ray.exceptions.RayError as error:
                actor.deaths += 1
                if actor.deaths > MAX_DEATHS:
                    raise EvaluationError(
                        f"a Ray worker died {MAX_DEATHS} times while it was built: {error}"
                    ) from error
                self._bring_up(actor)
        for reference in [one for one in actor.batches if one in done]:
            try:
                completions, seconds = ray.get(reference)
            except ray.exceptions.RayError as error:
                return found + self._replace(actor, f"the worker was lost: {_short(error)}", lost=True)
            self._batches.note(actor.batches.pop(reference), seconds)
            actor.alone, actor.since = False, time.monotonic()
            found += completions
        return found

    def _replace(self, actor: _Actor, error: str, lost: bool) -> list[Completion]:
        """A new actor in the place of one that died, or that is made to.

        The oldest batch that it held ran, or had just ended: a process that dies takes the last outcome along. The
        others go back in line.
        """
        import ray

        ray.kill(actor.handle)
        ran, *waiting = actor.batches.values()
        actor.batches.clear()
        actor.alone = False
        self._queue.extendleft(reversed([task for batch in waiting for task in batch]))
        self._bring_up(actor)
        if len(ran) == 1 and not (lost and waiting):
            return [Completion(ran[0], error=error, worker=actor.name, lost=lost)]
        self._suspects.extend(ran)
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


def _short(error: Exception) -> str:
    """Ray's reason without its advice, on one line."""
    return " ".join(str(error).split("Some common causes")[0].split())


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
