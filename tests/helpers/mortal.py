"""A store that dies at a chosen write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autoquant.store import HeldJob, Store
from autoquant.store.database import Database


class Killed(BaseException):
    """Nothing catches it, as nothing catches `kill -9`."""


class Mortal:
    """A store whose process dies at its k-th write: before it, or after it took effect. No write comes later."""

    def __init__(self, store: Store, kill_at: int, after: bool) -> None:
        self._store = store
        self.database = MortalDatabase(store.database, kill_at, after)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def hold(self, job_id: int, n_trials: int) -> HeldJob:
        return HeldJob(self, job_id, n_trials)  # type: ignore[arg-type]


class MortalDatabase:
    def __init__(self, database: Database, kill_at: int, after: bool) -> None:
        self._database = database
        self._left = kill_at
        self._after = after

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    def write(self, work: Callable[[Any], Any]) -> Any:
        self._left -= 1
        done = self._database.write(work) if self._left > 0 or (self._left == 0 and self._after) else None
        if self._left <= 0:
            raise Killed
        return done
