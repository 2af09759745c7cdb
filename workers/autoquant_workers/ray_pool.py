"""Trials on Ray: long-lived actors, on this machine or on a cluster."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, ClassVar

from pydantic import Field

from autoquant.errors import EvaluationError, SpecError
from autoquant.interfaces import Completion, EvaluatorRecipe, Resources, Task, WorkerPool
from autoquant_workers.ray_cluster import RayCluster
from autoquant_workers.ray_worker import RemoteWorker, out_of_memory
from autoquant_workers.worker import Batches

AHEAD = 2
"""Batches that one actor may hold: the one it runs and the next, so that it never waits for the driver."""

START_SECONDS = 120.0
"""How long to wait for all actors; the search begins with those that are up by then."""

MAX_DEATHS = 3
"""How often in a row an actor may die while it builds its evaluator, and Ray before anything was measured."""

WORKERS_A_CPU, LEAST_WORKERS = 4, 16
"""A Ray that is started here gets at most so many workers a CPU, and may always have so many."""

WATCH_SECONDS = 1.0
"""How often to see whether Ray still answers."""


@dataclass(eq=False)
class _Actor:
    """A Ray actor, and the batches that it holds by the reference to their outcome, the one that runs first."""

    name: str
    handle: Any
    building: Any = None
    """Reference to the outcome of its build; None once it is built."""
    batches: dict[Any, list[Task]] = field(default_factory=dict)
    alone: bool = False
    """It runs a task in isolation, and is given nothing else until that is done."""
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
        limits = [task.request.seconds for task in next(iter(self.batches.values()), [])]
        if not limits or None in limits:
            return None
        allowed = sum(limit for limit in limits if limit is not None)
        return allowed if time.monotonic() - self.since > allowed else None


class RayPool(WorkerPool):
    """One actor a worker, each with its own evaluator.

    Queued tasks go to an actor in batches that take about half a second: the actor shares work within a batch, and
    neither it nor the driver is busy with messages. When an actor dies it is replaced, and the tasks of the batch that
    it ran are run again one by one: only a task that its actor held alone when it died comes back with that error.
    When a local Ray dies, another one is started, as if all actors had died.

    Args:
        workers: number of actors; one for each CPU of the Ray cluster by default.
        address: of a running Ray cluster; where none is given a Ray of this process is used, else a local one is
            started for this pool and stopped with it.
        worker_memory_mb: megabytes that a worker may hold; without it, as many as there are.
    """

    limits_time: ClassVar[bool] = True

    def __init__(
        self,
        *,
        workers: Annotated[int, Field(ge=1, le=10_000)] | None = None,
        address: str | None = None,
        worker_memory_mb: Annotated[int, Field(ge=1, le=2**31)] | None = None,
    ) -> None:
        self._wanted = workers
        self._memory_mb = worker_memory_mb
        self._cluster = RayCluster(address, workers)
        self._queue: deque[Task] = deque()
        self._isolated: deque[Task] = deque()
        """Tasks of batches whose actor died: each runs alone."""
        self._actors: list[_Actor] = []
        self._batches = Batches()
        self._ray_deaths = 0
        """How often in a row Ray died before anything was measured."""
        self._watched = 0.0

    def check(self, resources: Resources) -> None:
        """A Ray that is started here gets no more workers than this machine can start."""
        cpus = os.cpu_count() or 1
        most = max(LEAST_WORKERS, WORKERS_A_CPU * cpus)
        if self._wanted is not None and self._wanted > most and self._cluster.to_start:
            raise SpecError(
                f"pool.workers: {self._wanted} are more than this machine of {cpus} CPUs can start; accepted: "
                f"at most {most}, best none, which is one a CPU; or name a cluster with pool.address"
            )

    def start(self, recipe: EvaluatorRecipe) -> None:
        """Start the actors and wait until they have built their evaluators; one that lacks a CPU joins later."""
        self._recipe = recipe
        self._cluster.connect(recipe.folder)
        import ray

        count = self._wanted or max(1, int(ray.cluster_resources().get("CPU", 1)))
        self._actors = [_Actor(f"ray-{index}", None) for index in range(count)]
        self._bring_up_all()

    def _bring_up_all(self) -> None:
        """Every actor."""
        import ray
        from ray import cloudpickle

        self._packed = ray.put(cloudpickle.dumps(self._recipe))
        # Made once: Ray sends each new class to its head and waits, for ever when that is gone.
        needed = self._recipe.resources
        self._actor_class = ray.remote(RemoteWorker).options(num_cpus=needed.cpus, num_gpus=needed.gpus)
        brought = self._cluster.brought
        self._import_paths = tuple(path for path in self._recipe.import_paths if path != brought)
        for actor in self._actors:
            self._bring_up(actor)
        try:
            self._await_builds([actor.building for actor in self._actors])
            for actor in self._actors:
                self._see_whether_built(actor)
        except ray.exceptions.RayError as error:
            raise EvaluationError(f"a Ray worker did not start: {error}") from error

    def _await_builds(self, builds: list[Any]) -> None:
        """All of them; after `START_SECONDS` one will do."""
        import ray

        built: list[Any] = []
        give_up = time.monotonic() + START_SECONDS
        while len(built) < len(builds) and time.monotonic() < give_up:
            built, _ = ray.wait(builds, num_returns=len(builds), timeout=WATCH_SECONDS)
            if silent := self._cluster.silent():
                raise EvaluationError(f"Ray died while its workers started: no answer from {silent}")
        if not built:
            free, all_cpus = (int(cpus.get("CPU", 0)) for cpus in (ray.available_resources(), ray.cluster_resources()))
            room = f"{free} of the cluster's {all_cpus} CPUs are free"
            raise EvaluationError(f"no Ray worker started in {START_SECONDS:g} seconds: {room}")

    def _bring_up(self, actor: _Actor) -> None:
        """Start it; Ray waits until there is a CPU for it."""
        actor.handle = self._actor_class.remote()
        actor.building = actor.handle.build.remote(self._import_paths, self._packed, actor.name, self._memory_mb)

    def _see_whether_built(self, actor: _Actor) -> None:
        """`EvaluationError` when it could not be built; it takes no tasks before it is."""
        import ray

        if actor.building is None or not ray.wait([actor.building], timeout=0)[0]:
            return
        if problem := ray.get(actor.building):
            raise EvaluationError(f"a Ray worker could not build its evaluator:\n{problem}")
        actor.building, actor.deaths = None, 0

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
        while built and (self._queue or self._isolated):
            actor = min(built, key=lambda actor: actor.load)
            if actor.load >= self._most:
                return
            actor.alone = bool(self._isolated)
            batch = [self._isolated.popleft()] if self._isolated else self._batches.take(self._queue, self.workers)
            if not actor.batches:
                actor.since = time.monotonic()
            actor.batches[actor.handle.run_batch.remote(batch)] = batch

    @property
    def _most(self) -> int:
        """Batches that an actor may hold. None waits behind long tasks: another actor may be free before."""
        return AHEAD if not self._isolated and self._batches.short(self._queue[0]) else 1

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
        finished = [completion for actor in self._actors for completion in self._collect(actor, set(done))]
        for actor in self._actors:
            if (limit := actor.over_time) is not None:
                error = f"it took longer than the {limit:g} seconds that it may take"
                finished += self._replace(actor, error, lost=False)
        if time.monotonic() - self._watched > WATCH_SECONDS:
            self._watched = time.monotonic()
            if silent := self._cluster.silent():
                finished += self._start_again(silent)
        self._dispatch()
        return finished

    def _collect(self, actor: _Actor, done: Collection[Any]) -> list[Completion]:
        """The outcomes of the batches of one actor that are done."""
        import ray

        completions: list[Completion] = []
        recycle_reason: str | None = None
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
        for batch_done in [reference for reference in actor.batches if reference in done]:
            try:
                outcome = ray.get(batch_done)
            except ray.exceptions.RayError as error:
                return completions + self._replace(actor, f"the worker was lost: {_short(error)}", lost=True)
            recycle_reason = outcome.recycle_reason
            if not outcome.completions:
                break
            batch = actor.batches.pop(batch_done)
            self._batches.note(batch, outcome.seconds)
            actor.alone, actor.since = False, time.monotonic()
            self._ray_deaths = 0
            completions += self._conclusive(outcome.completions)
        if recycle_reason is not None:
            self._recycle(actor, recycle_reason)
        return completions

    def _conclusive(self, completions: list[Completion]) -> list[Completion]:
        """Without tasks that ran out of memory in a batch: they run again in isolation, as others may have held it."""
        if len(completions) == 1:
            return [replace(completion, lost=out_of_memory(completion)) for completion in completions]
        self._isolated.extend(completion.task for completion in completions if out_of_memory(completion))
        return [completion for completion in completions if not out_of_memory(completion)]

    def _replace(self, actor: _Actor, error: str, lost: bool) -> list[Completion]:
        """A new actor in the place of one that died, or that is made to."""
        self.notice(f"{actor.name} is replaced: {error}")
        completions = self._take_back(actor, error, lost)
        self._renew(actor)
        return completions

    def _recycle(self, actor: _Actor, reason: str) -> None:
        """A new actor in the place of one whose trials are done; what waits there goes back in line."""
        self.notice(f"{actor.name} is replaced: {reason}")
        self._put_back(actor, list(actor.batches.values()))
        self._renew(actor)

    def _renew(self, actor: _Actor) -> None:
        import ray

        ray.kill(actor.handle)
        self._bring_up(actor)

    def _take_back(self, actor: _Actor, error: str, lost: bool) -> list[Completion]:
        """What an actor that died held.

        The oldest batch ran, or had just ended: a process that dies takes the last outcome along. The others go back
        in line.
        """
        if not actor.batches:
            return []
        ran, *waiting = actor.batches.values()
        self._put_back(actor, waiting)
        if len(ran) == 1 and not (lost and waiting):
            return [Completion(ran[0], error=error, worker=actor.name, lost=lost)]
        self._isolated.extend(ran)
        return []

    def _put_back(self, actor: _Actor, batches: list[list[Task]]) -> None:
        """Tasks that nobody began, to the head of the line; the actor holds nothing after this."""
        actor.batches.clear()
        actor.alone = False
        self._queue.extendleft(reversed([task for batch in batches for task in batch]))

    def _start_again(self, silent: str) -> list[Completion]:
        """Another local Ray in the place of one that died; to the actors it is as if each had died."""
        self._ray_deaths += 1
        if self._ray_deaths > MAX_DEATHS:
            raise EvaluationError(f"the local Ray died {MAX_DEATHS} times before anything was measured")
        error = f"the local Ray was lost: no answer from {silent}"
        self.notice(f"{error}; another one is started")
        completions = [completion for actor in self._actors for completion in self._take_back(actor, error, lost=True)]
        self._cluster.disconnect()
        self._cluster.connect(self._recipe.folder)
        self._bring_up_all()
        return completions

    @property
    def running(self) -> int:
        held = sum(len(batch) for actor in self._actors for batch in actor.batches.values())
        return len(self._queue) + len(self._isolated) + held

    def cancel_queued(self) -> None:
        """What an actor already holds (the batch it runs and the next) still completes."""
        self._queue.clear()
        self._isolated.clear()

    def close(self) -> None:
        """Stop the actors, and the local Ray if this pool started it."""
        import ray

        self.cancel_queued()
        if not self._cluster.dead():
            for actor in self._actors:
                if actor.handle is not None:
                    ray.kill(actor.handle)
        self._actors = []
        self._cluster.disconnect()


def _short(error: Exception) -> str:
    """Ray's reason without its advice, on one line."""
    return " ".join(str(error).split("Some common causes")[0].split())
