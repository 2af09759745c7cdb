"""A debug hook: the process dies, as by ``kill -9``, at a write to the store that the environment names."""

from __future__ import annotations

import os
import re
import signal
import threading
from collections.abc import Callable
from typing import NoReturn, TypeVar

import sqlalchemy as sa

from autoquant.errors import SpecError
from autoquant.store.database import Database

VARIABLE = "AUTOQUANT_CRASH_AT"
"""``17:before`` is just before the commit of this store's 17th write by this process, ``17:after`` just after it."""

T = TypeVar("T")


def open_database(url: str, *, create: bool, upgrade: bool) -> Database:
    """A database; one that kills this process where the environment says so."""
    wanted = os.environ.get(VARIABLE)
    if wanted is None:
        return Database(url, create=create, upgrade=upgrade)
    if not re.fullmatch(r"[1-9]\d*:(before|after)", wanted):
        raise SpecError(f"{VARIABLE}: {wanted!r} is no moment; accepted: the number of a write and :before or :after")
    number, when = wanted.split(":")
    return CrashingDatabase(url, int(number), when, create=create, upgrade=upgrade)


class CrashingDatabase(Database):
    """Counts the writes of the main thread. Those of other threads, which renew a lease, come when a clock says so."""

    def __init__(self, url: str, number: int, when: str, *, create: bool, upgrade: bool) -> None:
        super().__init__(url, create=create, upgrade=upgrade)
        self._left = number
        self._when = when

    def write(self, work: Callable[[sa.Connection], T]) -> T:
        """As without the hook, or the end of this process."""
        self._left -= threading.current_thread() is threading.main_thread()
        if self._left != 0:
            return super().write(work)
        if self._when == "after":
            super().write(work)
            die()

        def fatal(connection: sa.Connection) -> NoReturn:
            work(connection)
            die()

        return super().write(fatal)


def die() -> NoReturn:
    """Nothing of this process runs after this: no handler, no ``finally``, no thread."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("unreachable")
