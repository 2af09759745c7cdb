"""What runs in the process that drives Ray: it starts or finds one, and does with it what a pool asks for.

Ray ends the process that drives it, at once and without a word, when that process next touches the object store after
the raylet is gone ("The connection to the plasma store is failed. Terminate the process", plasma/connection.cc). A
raylet goes when one of its agents does (agent_manager.cc). So the search is another process than this one.
"""

from __future__ import annotations

import logging
import os
import queue
import sys
import threading
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

from autoquant.errors import EvaluationError
from autoquant.interfaces import Task
from autoquant_workers.ray_worker import Outcome, RemoteWorker


class Connected(NamedTuple):
    """A Ray that was found or started."""

    ports: dict[str, str]
    """What of it listens where."""
    cpus: int


class Event(NamedTuple):
    """What became of a batch, or of the build of an actor."""

    actor: str
    batch: int | None
    """None of a build."""
    outcome: Outcome | str | None = None
    """Of a batch; of a build, the problem, if there was one."""
    lost: str | None = None
    """Why there is no outcome: the actor died."""


class Driver:
    """Actors and what they are at. Its methods are the messages that the pool sends."""

    def __init__(self) -> None:
        self._actors: dict[str, Any] = {}
        self._pending: dict[Any, tuple[str, int | None]] = {}
        """Reference to an outcome -> the actor and the batch that it is of."""

    def connect(self, address: str | None, cpus: int | None, folder: str | None) -> Connected:
        """Find a Ray and bring the user's folder there, or start a local one. `EvaluationError` where there is none."""
        import ray

        quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
        try:
            if address is None:
                ray.init(address="local", num_cpus=cpus, include_dashboard=False, **quiet)
            else:
                # Its workers may be on other machines: the user's folder travels, and is found where Ray unpacks it.
                brought = {} if folder is None else {"runtime_env": working_dir(folder)}
                ray.init(address=address, **brought, **quiet)
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise EvaluationError(str(error)) from error
        here = ray.get_runtime_context()
        ports = {"its head": here.gcs_address}
        for node in ray.nodes():
            if node["NodeID"] == here.get_node_id():
                ports["the raylet here"] = f"{node['NodeManagerAddress']}:{node['NodeManagerPort']}"
        return Connected(ports, max(1, int(ray.cluster_resources().get("CPU", 1))))

    def prepare(
        self, recipe: bytes, import_paths: tuple[str, ...], memory_mb: int | None, cpus: float, gpus: float
    ) -> None:
        """What actors are made of."""
        import ray

        # Made once: Ray sends each new class to its head and waits, for ever when that is gone.
        self._class = ray.remote(RemoteWorker).options(num_cpus=cpus, num_gpus=gpus)
        self._given, self._memory_mb = (import_paths, ray.put(recipe)), memory_mb

    def bring_up(self, actor: str) -> None:
        """Start an actor, in the place of one of its name; Ray waits until there is a CPU for it."""
        self.kill(actor)
        self._actors[actor] = self._class.remote()
        build = self._actors[actor].build.remote(*self._given, actor, self._memory_mb)
        self._pending[build] = (actor, None)

    def run_batch(self, actor: str, batch: int, tasks: list[Task]) -> None:
        """Have an actor measure a batch once it is done with those before."""
        self._pending[self._actors[actor].run_batch.remote(tasks)] = (actor, batch)

    def wait(self, timeout: float, count: int) -> list[Event]:
        """What is done once ``count`` of what is under way is, or the time is up."""
        import ray

        pending = list(self._pending)
        if not pending:
            return []
        done, _ = ray.wait(pending, num_returns=min(count, len(pending)), timeout=timeout)
        if done:
            done, _ = ray.wait(pending, num_returns=len(pending), timeout=0)
        return [self._event(reference) for reference in done]

    def _event(self, reference: Any) -> Event:
        import ray

        actor, batch = self._pending.pop(reference)
        try:
            return Event(actor, batch, ray.get(reference))
        except ray.exceptions.RayError as error:
            return Event(actor, batch, lost=_short(error))

    def kill(self, actor: str) -> None:
        """End an actor, if there is one of this name; what it was at is forgotten."""
        import ray

        if actor in self._actors:
            ray.kill(self._actors.pop(actor))
        self._pending = {one: what for one, what in self._pending.items() if what[0] != actor}

    def room(self) -> str:
        """How many CPUs are free."""
        import ray

        free, every = (int(cpus.get("CPU", 0)) for cpus in (ray.available_resources(), ray.cluster_resources()))
        return f"{free} of the cluster's {every} CPUs are free"

    def close(self) -> None:
        """End the actors, and a Ray that was started here."""
        import ray

        for actor in list(self._actors):
            self.kill(actor)
        ray.shutdown()


def working_dir(folder: str) -> dict[str, Any]:
    """The folder without the databases in it that are in use, whose newest part a copy of the file would lack."""
    used = [str(file.relative_to(folder)).removesuffix("-shm") for file in Path(folder).rglob("*-shm")]
    return {"working_dir": folder, "excludes": [f"/{name}{end}" for name in used for end in ("", "-shm", "-wal")]}


def _short(error: Exception) -> str:
    """Ray's reason without its advice, on one line."""
    return " ".join(str(error).split("Some common causes")[0].split())


def main(descriptor: int, program: str) -> None:
    """Do what comes through the socket, until it ends: with it this process ends, and a Ray that it started.

    ``program`` is the one that runs the search; Ray lets workers import what lies next to it.
    """
    os.set_inheritable(descriptor, False)
    sys.argv[:] = [program]
    link = Connection(descriptor)
    messages: queue.SimpleQueue[tuple[str, Sequence[Any], bool]] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(link, messages), daemon=True).start()
    driver, failure = Driver(), None
    while True:
        name, given, answered = messages.get()
        try:
            answer = getattr(driver, name)(*given)
        except Exception as error:
            answer, failure = None, failure or error
        if answered:
            _reply(link, answer, failure)
            failure = None
        if name == "close":
            return


def _listen(link: Connection, messages: queue.SimpleQueue[Any]) -> None:
    """Put in line what comes; without the search there is nothing to do here, whatever Ray is waited for."""
    while True:
        try:
            messages.put(link.recv())
        except (EOFError, OSError):
            os._exit(0)


def _reply(link: Connection, answer: Any, failure: Exception | None) -> None:
    """The answer, or what went wrong in this message or one before that has no answer."""
    from ray import cloudpickle

    if failure is not None and not isinstance(failure, EvaluationError):
        failure = EvaluationError(f"Ray failed: {type(failure).__name__}: {failure}")
    link.send_bytes(cloudpickle.dumps((answer, failure)))
