"""Trials on Ray: long-lived actors, on this machine or on a cluster."""

from __future__ import annotations

import itertools
import os
import time
from collections import deque
from dataclasses import dataclass, field, replace
from typing import Annotated, ClassVar

from pydantic import Field

from autoquant.errors import EvaluationError, SpecError
from autoquant.interfaces import Completion, EvaluatorRecipe, Resources, Task, WorkerPool
from autoquant_workers.ray_cluster import WATCH_SECONDS, RayCluster, RayLost
from autoquant_workers.ray_driver import Event
from autoquant_workers.ray_worker import Outcome, out_of_memory
from autoquant_workers.worker import Batches

AHEAD = 2
"""Batches that one actor may hold: the one it runs and the next, so that it never waits for the driver."""

START_SECONDS = 120.0
"""How long to wait for all actors; the search begins with those that are up by then."""

MAX_DEATHS = 3
"""How often in a row an actor may die while it builds its evaluator, and Ray before anything was measured."""

WORKERS_A_CPU, LEAST_WORKERS = 4, 16
"""A Ray that is started here gets at most so many workers a CPU, and may always have so many."""


@dataclass(eq=False)
class _Actor:
    """A Ray actor, and the batches that it holds by their numbers, the one that runs first."""

    name: str
    building: bool = True
    batches: dict[int, list[Task]] = field(default_factory=dict)
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
    When a local Ray dies, or the process that drives it, another one is started, as if all actors had died.

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
        self._numbers = itertools.count()
        """Of batches."""
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
        cpus = self._cluster.connect(recipe.folder)
        self._actors = [_Actor(f"ray-{index}") for index in range(self._wanted or cpus)]
        self._bring_up_all()

    def _bring_up_all(self) -> None:
        """Every actor."""
        from ray import cloudpickle

        needed, brought = self._recipe.resources, self._cluster.brought
        import_paths = tuple(path for path in self._recipe.import_paths if path != brought)
        packed = cloudpickle.dumps(self._recipe)
        try:
            self._cluster.call("prepare", packed, import_paths, self._memory_mb, needed.cpus, needed.gpus)
            for actor in self._actors:
                self._bring_up(actor)
            self._await_builds()
        except RayLost as lost:
            raise EvaluationError(f"Ray died while its workers started: no answer from {lost}") from lost

    def _await_builds(self) -> None:
        """All of them; after `START_SECONDS` one will do."""
        give_up = time.monotonic() + START_SECONDS
        while any(actor.building for actor in self._actors) and time.monotonic() < give_up:
            if silent := self._cluster.silent():
                raise RayLost(silent)
            for event in self._cluster.call("wait", WATCH_SECONDS, len(self._actors)):
                if event.lost is not None:
                    raise EvaluationError(f"a Ray worker did not start: {event.lost}")
                self._note_built(event)
        if all(actor.building for actor in self._actors):
            room = self._cluster.call("room")
            raise EvaluationError(f"no Ray worker started in {START_SECONDS:g} seconds: {room}")

    def _bring_up(self, actor: _Actor) -> None:
        """Start it, in the place of what was there."""
        actor.building = True
        self._cluster.tell("bring_up", actor.name)

    def _note_built(self, event: Event) -> None:
        """`EvaluationError` when it could not be built; it takes no tasks before it is."""
        if event.outcome is not None:
            raise EvaluationError(f"a Ray worker could not build its evaluator:\n{event.outcome}")
        actor = self._named(event.actor)
        actor.building, actor.deaths = False, 0

    def _named(self, name: str) -> _Actor:
        return next(actor for actor in self._actors if actor.name == name)

    @property
    def workers(self) -> int:
        return len(self._actors)

    def submit(self, task: Task) -> None:
        """Queue a task. It starts at once on an idle actor, else in a batch when completions are asked for."""
        self._queue.append(task)
        if any(not actor.batches and not actor.building for actor in self._actors):
            self._dispatch()

    def _dispatch(self) -> None:
        """Give batches of what is queued to the actors that hold the fewest."""
        built = [actor for actor in self._actors if not actor.building]
        while built and (self._queue or self._isolated):
            actor = min(built, key=lambda actor: actor.load)
            if actor.load >= self._most:
                return
            actor.alone = bool(self._isolated)
            batch = [self._isolated.popleft()] if self._isolated else self._batches.take(self._queue, self.workers)
            if not actor.batches:
                actor.since = time.monotonic()
            number = next(self._numbers)
            actor.batches[number] = batch
            self._cluster.tell("run_batch", actor.name, number, batch)

    @property
    def _most(self) -> int:
        """Batches that an actor may hold. None waits behind long tasks: another actor may be free before."""
        return AHEAD if not self._isolated and self._batches.short(self._queue[0]) else 1

    def completions(self, timeout: float) -> list[Completion]:
        """Whatever has finished. An actor that died is replaced; a task it ran alone comes back with that error."""
        self._dispatch()
        if not any(actor.batches or actor.building for actor in self._actors):
            time.sleep(timeout)
            return []
        try:
            events: list[Event] = self._cluster.call("wait", timeout, 1)
        except RayLost as lost:
            return self._start_again(str(lost))
        finished = [completion for event in events for completion in self._take(event)]
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

    def _take(self, event: Event) -> list[Completion]:
        """The outcomes of what an actor has done; nothing of one that was replaced meanwhile."""
        actor = self._named(event.actor)
        if event.batch is None:
            self._take_build(actor, event)
            return []
        if event.batch not in actor.batches:
            return []
        if not isinstance(event.outcome, Outcome):
            return self._replace(actor, f"the worker was lost: {event.lost}", lost=True)
        completions = []
        if event.outcome.completions:
            batch = actor.batches.pop(event.batch)
            self._batches.note(batch, event.outcome.seconds)
            actor.alone, actor.since = False, time.monotonic()
            self._ray_deaths = 0
            completions = self._conclusive(event.outcome.completions)
        if event.outcome.recycle_reason is not None:
            self._recycle(actor, event.outcome.recycle_reason)
        return completions

    def _take_build(self, actor: _Actor, event: Event) -> None:
        """It is built, or died and is brought up again."""
        if event.lost is None:
            self._note_built(event)
            return
        actor.deaths += 1
        if actor.deaths > MAX_DEATHS:
            raise EvaluationError(f"a Ray worker died {MAX_DEATHS} times while it was built: {event.lost}")
        self._bring_up(actor)

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
        self._bring_up(actor)
        return completions

    def _recycle(self, actor: _Actor, reason: str) -> None:
        """A new actor in the place of one whose trials are done; what waits there goes back in line."""
        self.notice(f"{actor.name} is replaced: {reason}")
        self._put_back(actor, list(actor.batches.values()))
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
        if not self._cluster.is_ours:
            raise self._cluster.lost(silent)
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
        self.cancel_queued()
        self._actors = []
        self._cluster.disconnect()
