"""Who holds a job, whether that process still lives, and how long its lease runs.

A process is known by the boot of its machine, its pid namespace, its pid and its start (proc(5), pid_namespaces(7)):
two containers may share a host name, and a pid is given to another process once its own is gone. Where there is no
``/proc``, or the holder is of another boot or namespace, nobody can tell from here whether it lives, and its lease is
waited for.
"""

from __future__ import annotations

import os
import socket
import time
import uuid
from dataclasses import astuple, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

LEASE_SECONDS = 30.0
"""A holder that has not been heard of for so long is taken for dead."""

PROC = Path("/proc")

DEAD = ("Z", "X", "x")
"""States of a process that has ended, though its parent may not have asked how (proc(5))."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Now, as everybody who uses a database has it."""

    wall: datetime
    """By the database's clock; of a file, that of this host."""
    ticks: float | None
    """Of a file: seconds since this host was booted, which setting a clock does not change. None on a server."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that runs a job, as the store has it: its fields with colons between them."""

    host: str
    pid: str
    token: str
    """Of its own, since a process may hold a job twice, one after the other."""
    boot: str = ""
    """Of its machine, and what its ticks are counted from; empty where there is no ``/proc``."""
    namespace: str = ""
    started: str = ""
    """In clock ticks since the boot."""
    until: str = ""
    """On a file: when its lease ends, in seconds since the boot."""

    @classmethod
    def here(cls) -> Self:
        """This process, with a new token."""
        host, pid = socket.gethostname().replace(":", "_"), str(os.getpid())
        known = (_boot(), _namespace("pid"), _started("self")[1]) if _boot() else ()
        return cls(host, pid, uuid.uuid4().hex[:8], *known)

    @classmethod
    def parse(cls, text: str) -> Self:
        """What `str` wrote, here or in an earlier version, which knew the first three fields alone."""
        return cls(*[*text.split(":"), "", ""][: max(3, min(7, text.count(":") + 1))])

    def __str__(self) -> str:
        return ":".join(astuple(self))

    @property
    def is_dead(self) -> bool:
        """Whether it is known to have ended, so that its lease need not be waited for."""
        if not self.boot or (self.boot, self.namespace) != (_boot(), _namespace("pid")):
            return False
        try:
            state, started = _started(self.pid)
        except PermissionError:
            return False
        except OSError:
            return not _exists(self.pid)  # a /proc may hide the processes of others
        return state in DEAD or started != self.started

    def lease(self, now: Moment) -> dict[str, Any]:
        """The columns of a job that say that this process holds it, for one lease from now on."""
        until = f"{now.ticks + LEASE_SECONDS:.3f}" if self.boot and now.ticks is not None else ""
        return {
            "holder": str(replace(self, until=until)),
            "lease_until": now.wall + timedelta(seconds=LEASE_SECONDS),
        }

    def seconds_left(self, lease_until: datetime, now: Moment) -> float:
        """Of its lease: since the boot where holder and reader have the same one, else by the database's clock."""
        if self.until and now.ticks is not None and self.boot == _boot():
            return float(self.until) - now.ticks
        return (lease_until - now.wall).total_seconds()


def is_held(holder: str | None, lease_until: datetime | None, now: Moment) -> bool:
    """Whether a process has the job: its lease runs, and it is not known to be dead."""
    if holder is None or lease_until is None:
        return False
    process = Holder.parse(holder)
    return process.seconds_left(lease_until, now) > 0 and not process.is_dead


def ticks() -> float | None:
    """Seconds since this host was booted, asleep or not (clock_gettime(2)); None where that cannot be told."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if _boot() and hasattr(time, "CLOCK_BOOTTIME") else None


def _boot() -> str:
    """Of the kernel that runs this process, and of its time namespace, which may count from elsewhere.

    Empty where ``/proc`` is not there, or is that of another pid namespace.
    """
    try:
        if (PROC / "self").readlink().name != str(os.getpid()):
            return ""
        return (PROC / "sys/kernel/random/boot_id").read_text().strip() + f".{_namespace('time')}"
    except OSError:
        return ""


def _namespace(kind: str) -> str:
    """Its number; empty where the kernel has no namespaces of this kind."""
    try:
        return str((PROC / "self/ns" / kind).stat().st_ino)
    except OSError:
        return ""


def _started(pid: str) -> tuple[str, str]:
    """State and start of a process; its name, which may hold anything, stands before them in brackets."""
    state, *rest = (PROC / pid / "stat").read_bytes().decode(errors="replace").rpartition(")")[2].split()
    return state, rest[18]


def _exists(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except PermissionError:
        return True
    except (ProcessLookupError, ValueError):
        return False
    return True
