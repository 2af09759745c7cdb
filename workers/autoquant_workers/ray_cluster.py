"""The Ray that a pool runs on, driven by a process of its own: started for it or found, watched, left."""

from __future__ import annotations

import json
import os
import pickle
import socket
import subprocess
import sys
import time
from multiprocessing.connection import Connection
from typing import Any

from autoquant.errors import EvaluationError
from autoquant_workers.ray_driver import Connected

PATIENCE_SECONDS = 30.0
"""How long a cluster may be silent; its head may be started again. Ray itself ends its driver after 60 seconds."""

PROBE_SECONDS = 1.0
"""How long to wait for an answer."""

WATCH_SECONDS = 1.0
"""How often to see whether Ray still answers."""

CLOSE_SECONDS = 20.0
"""How long a Ray may take to stop before it is killed."""

SETTINGS = {
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    # What the raylet has to say of workers goes to its driver's output, in the middle of a table or of JSON. The
    # errors of tasks and actors hold the same; the pool hands those on.
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".",
}
"""Ray reads them when it is imported."""

RUN_DRIVER = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[2]); from autoquant_workers import ray_driver; "
    "ray_driver.main(int(sys.argv[1]), sys.argv[3])"
)


class RayLost(EvaluationError):
    """Ray, or the process that drives it, is gone; the text says which part."""


class RayCluster:
    """A connection to Ray.

    Args:
        address: of a running cluster; where none is given a Ray of this process is used, else a local one is started.
        cpus: what a local one has; all of this machine by default.
    """

    def __init__(self, address: str | None, cpus: int | None) -> None:
        self._address = address or os.environ.get("AUTOQUANT_RAY_ADDRESS")
        self._cpus = cpus
        self._found: str | None = None
        """Address of a Ray of this process."""
        self._driver: subprocess.Popen[bytes] | None = None
        self._link: Connection | None = None
        self._ports: dict[str, tuple[str, int]] = {}
        """What of Ray listens where, as seen from here."""
        self._silent_since: float | None = None
        self.brought: str | None = None
        """Folder that Ray brings to its workers."""

    @property
    def to_start(self) -> bool:
        """Whether a local one has yet to be started: none is named, and this process has none."""
        ray = sys.modules.get("ray")
        return self._address is None and (ray is None or not ray.is_initialized())

    @property
    def is_ours(self) -> bool:
        """Whether it was started here, and another one can be started in its place."""
        return self._address is None and self._found is None

    def connect(self, folder: str | None) -> int:
        """Start or find it; ``folder`` is the user's code. How many CPUs it has; `EvaluationError` where there is none.

        A Ray of this process already brings what it was told to.
        """
        self._found = _address_here() if self._address is None else None
        self.brought = folder if self._address is not None else None
        self._silent_since = None
        self._start_driver()
        try:
            connected: Connected = self.call("connect", self._address or self._found, self._cpus, self.brought)
        except EvaluationError as error:
            raise EvaluationError(f"pool: {self} cannot be reached: {error}") from error
        addresses = {name: _host_and_port(address) for name, address in connected.ports.items()}
        self._ports = {name: at for name, at in addresses.items() if _answers(at)}
        return connected.cpus

    def _start_driver(self) -> None:
        """In a session of its own, so that Ctrl-C in a terminal is only for the search."""
        here, there = socket.socketpair()
        command = [sys.executable, "-c", RUN_DRIVER, str(there.fileno()), json.dumps(sys.path), sys.argv[0]]
        with there:
            self._driver = subprocess.Popen(
                command,
                env=SETTINGS | os.environ,
                pass_fds=[there.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._link = Connection(here.detach())

    def __str__(self) -> str:
        return "a local Ray" if self._address is None else f"Ray at {self._address!r}"

    def tell(self, message: str, *given: Any) -> None:
        """Have the driver do something (`Driver`); what goes wrong is raised by the next `call`."""
        assert self._link is not None
        try:
            self._link.send((message, given, False))
        except OSError:
            return

    def call(self, message: str, *given: Any) -> Any:
        """What the driver answers. `RayLost` when it, or a Ray that is ours, is gone meanwhile."""
        assert self._link is not None
        try:
            self._link.send((message, given, True))
            while not self._link.poll(WATCH_SECONDS):
                if silent := self.silent():
                    raise RayLost(silent)
            answer, failure = pickle.loads(self._link.recv_bytes())
        except (OSError, EOFError):
            raise RayLost(self.dead() or "the process that drives it, which Ray ended") from None
        if failure is not None:
            raise failure
        return answer

    def silent(self) -> str | None:
        """What of a Ray that is ours no longer answers, if anything: a process that is gone refuses at once.

        `EvaluationError` when it is not ours to start again, and has been silent for `PATIENCE_SECONDS`.
        """
        dead = self.dead()
        if not dead:
            self._silent_since = None
        elif self.is_ours:
            return dead
        elif self._silent_since is None:
            self._silent_since = time.monotonic()
        elif time.monotonic() - self._silent_since > PATIENCE_SECONDS:
            raise self.lost(f"{dead} for {PATIENCE_SECONDS:g} seconds")
        return None

    def lost(self, silent: str) -> EvaluationError:
        """That it does not answer, and is not ours to start again."""
        return EvaluationError(
            f"pool: {self} is lost: no answer from {silent}; 'autoquant resume' goes on when it is back"
        )

    def dead(self) -> str:
        """What does not answer at this moment; the rest may wait for it for ever."""
        return " and ".join(f"{name} ({at[0]}:{at[1]})" for name, at in self._ports.items() if not _answers(at))

    def disconnect(self) -> None:
        """Stop it if it was started here, else leave it."""
        if self._driver is None or self._link is None:
            return
        self.tell("close")
        try:
            self._driver.wait(0 if self.dead() else CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            self._driver.kill()
            self._driver.wait()
        self._link.close()
        self._driver, self._link, self._ports = None, None, {}


def _address_here() -> str | None:
    """Of the Ray that this process is connected to, if it is."""
    ray = sys.modules.get("ray")
    return ray.get_runtime_context().gcs_address if ray is not None and ray.is_initialized() else None


def _host_and_port(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def _answers(at: tuple[str, int]) -> bool:
    try:
        socket.create_connection(at, PROBE_SECONDS).close()
    except OSError:
        return False
    return True
