"""Transactions that outlive a server that goes away for a while."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from tenacity import RetryCallState, Retrying, retry_if_exception, wait_exponential

from autoquant.errors import StoreError
from autoquant.settings import store_patience
from autoquant.store.engine import open_engine, shown, without_password
from autoquant.store.faults import error_text, is_lost
from autoquant.store.lease import Moment, ticks
from autoquant.store.sqlite import OpenedFile

log = logging.getLogger(__name__)

T = TypeVar("T")


class Database:
    """Runs functions as transactions. On PostgreSQL a transaction whose connection was lost is run again.

    The outcome of a commit whose connection was lost is not known, so a write must be safe to run twice.
    Once the patience with a server that is gone is used up, a transaction is tried only once, until one succeeds.
    """

    def __init__(self, url: str, *, create: bool = True, upgrade: bool = False) -> None:
        self.url, self._secret_url = shown(url), url
        self._patience = store_patience()
        self._lost_at: float | None = None
        """When the connection was lost, while it is."""
        self._interrupted = False
        """Somebody interrupted the waiting for it; what is still to be written is tried once."""
        self._engine = open_engine(url, create=create, upgrade=upgrade)
        self.dialect = self._engine.dialect.name
        self.in_memory = isinstance(self._engine.pool, sa.StaticPool)
        self._file = OpenedFile(self._engine.url) if self.dialect == "sqlite" else None

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def write(self, work: Callable[[sa.Connection], T]) -> T:
        """Run ``work`` in a transaction. `StoreError` when it cannot be done; nothing of it is left then."""

        def alone(connection: sa.Connection) -> T:
            if self.dialect == "sqlite":  # else what it reads first may have changed when it writes
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            return work(connection)

        return self._run("write", alone, self._engine.begin)

    def read(self, work: Callable[[sa.Connection], T]) -> T:
        """Run ``work`` on a connection. `StoreError` when it cannot be done."""
        try:
            return self._run("read", work, self._engine.connect)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            damage = f"it holds something that AutoQuant did not write ({error}); put a copy of it back"
            raise StoreError(f"store {self.url!r}: cannot read: {damage}") from error

    def _run(self, verb: str, work: Callable[[sa.Connection], T], enter: Callable[[], Any]) -> T:
        attempts = Retrying(
            retry=retry_if_exception(is_lost),
            after=self._note_loss,
            stop=lambda _: self._interrupted or self._lost_seconds >= self._patience,
            wait=wait_exponential(multiplier=0.2, max=3),
            reraise=True,
        )
        try:
            done: T = attempts(self._once, work, enter)
            return done
        except KeyboardInterrupt:
            self._interrupted = self._lost_at is not None
            raise
        except SQLAlchemyError as error:
            text = f"store {self.url!r}: cannot {verb}: {error_text(error)}"
            text = without_password(text, self._secret_url)
            if is_lost(error):
                text += f"; given up after {self._lost_seconds:.0f} seconds, 'autoquant resume' goes on when it is back"
            raise StoreError(text) from error
        except OverflowError as error:
            why = "a number is 2^63 or more, which it does not keep"
            raise StoreError(f"store {self.url!r}: cannot {verb}: {why}") from error

    def _once(self, work: Callable[[sa.Connection], T], enter: Callable[[], Any]) -> T:
        self._check_file()
        with enter() as connection:
            done = work(connection)
            self._check_file()
        if self._lost_at is not None:
            log.warning("action=reconnected store=%s seconds=%.0f", self.url, self._lost_seconds)
            self._lost_at, self._interrupted = None, False
        return done

    def _check_file(self) -> None:
        if self._file is not None:
            self._file.check()

    def _note_loss(self, state: RetryCallState) -> None:
        if self._lost_at is None and state.outcome is not None:
            self._lost_at = state.start_time
            reason = without_password(error_text(state.outcome.exception()), self._secret_url)
            log.warning("action=retry store=%s patience=%g reason=%s", self.url, self._patience, reason)

    @property
    def _lost_seconds(self) -> float:
        lost_at = self._lost_at  # which another thread that got through takes away
        return 0.0 if lost_at is None else time.monotonic() - lost_at

    def now(self, connection: sa.Connection) -> Moment:
        """The database's clock: hosts that share a server share its time. SQLite's file has only one host."""
        if self.dialect == "sqlite":
            return Moment(datetime.now(UTC), ticks())
        return Moment(connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one(), None)

    def insert_new(self, connection: sa.Connection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
        """Insert the rows whose primary key is not there yet."""
        if not rows:
            return
        if self.dialect == "sqlite":
            from sqlalchemy.dialects.sqlite import insert as sqlite_insert

            connection.execute(sqlite_insert(table).on_conflict_do_nothing(), rows)
        else:
            from sqlalchemy.dialects.postgresql import insert as postgresql_insert

            connection.execute(postgresql_insert(table).on_conflict_do_nothing(), rows)
