"""The Ray that a pool runs on: started for it or found, watched, left."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from autoquant.errors import EvaluationError

PATIENCE_SECONDS = 30.0
"""How long a cluster may be silent; its head may be started again. Ray itself ends this process after 60 seconds."""

PROBE_SECONDS = 1.0
"""How long to wait for an answer."""

SETTINGS = {
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    # What the raylet has to say of workers goes to this process's output, in the middle of a table or of JSON. The
    # errors of tasks and actors hold the same; the pool hands those on.
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".",
}
"""Ray reads them when it is imported."""


class RayCluster:
    """A connection to Ray.

    Args:
        address: of a running cluster; where none is given a Ray of this process is used, else a local one is started.
        cpus: what a local one has; all of this machine by default.
    """

    def __init__(self, address: str | None, cpus: int | None) -> None:
        self._address = address or os.environ.get("AUTOQUANT_RAY_ADDRESS")
        self._cpus = cpus
        self._connected_here = False
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
        return self._connected_here and self._address is None

    def connect(self, folder: str | None) -> None:
        """Start or find it; ``folder`` is the user's code. `EvaluationError` where there is none."""
        for name, value in SETTINGS.items():
            os.environ.setdefault(name, value)
        import ray

        if not ray.is_initialized():
            with _signal_handlers_kept():
                self._init(ray, folder)
            self._connected_here = True
        ports = {"its head": ray.get_runtime_context().gcs_address}
        for node in ray.nodes():
            if node["NodeID"] == ray.get_runtime_context().get_node_id():
                ports["the raylet here"] = f"{node['NodeManagerAddress']}:{node['NodeManagerPort']}"
        addresses = {name: _host_and_port(address) for name, address in ports.items()}
        self._ports = {name: at for name, at in addresses.items() if _answers(at)}
        self._silent_since = None

    def _init(self, ray: Any, folder: str | None) -> None:
        quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
        try:
            if self._address is not None:
                # Its workers may be on other machines: the user's folder travels, and is found where Ray unpacks it.
                self.brought = folder
                brought = {} if folder is None else {"runtime_env": _working_dir(folder)}
                ray.init(address=self._address, **brought, **quiet)
            else:
                ray.init(address="local", num_cpus=self._cpus, include_dashboard=False, **quiet)
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise EvaluationError(f"pool: {self} cannot be reached: {error}") from error

    def __str__(self) -> str:
        return "a local Ray" if self._address is None else f"Ray at {self._address!r}"

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
            raise EvaluationError(
                f"pool: {self} is lost: no answer from {dead} for {PATIENCE_SECONDS:g} seconds; "
                "'autoquant resume' goes on when it is back"
            )
        return None

    def dead(self) -> str:
        """What does not answer at this moment; the rest may wait for it for ever."""
        return " and ".join(f"{name} ({at[0]}:{at[1]})" for name, at in self._ports.items() if not _answers(at))

    def disconnect(self) -> None:
        """Stop it if it was started here, else leave it."""
        if self._connected_here:
            import ray

            ray.shutdown()
            self._connected_here = False
        self._ports = {}


def _working_dir(folder: str) -> dict[str, Any]:
    """The folder without the databases in it that are in use.

    Ray would open and close their files in this process; with that the system drops the locks by which SQLite knows
    that this process writes to them (fcntl(2); https://www.sqlite.org/howtocorrupt.html, section 2.2).
    """
    used = [str(file.relative_to(folder)).removesuffix("-shm") for file in Path(folder).rglob("*-shm")]
    return {"working_dir": folder, "excludes": [f"/{name}{end}" for name in used for end in ("", "-shm", "-wal")]}


@contextmanager
def _signal_handlers_kept() -> Iterator[None]:
    """Ray takes SIGTERM for itself; what this process has set for it stays."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            if callable(handler):
                signal.signal(number, handler)


def _host_and_port(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def _answers(at: tuple[str, int]) -> bool:
    try:
        socket.create_connection(at, PROBE_SECONDS).close()
    except OSError:
        return False
    return True
