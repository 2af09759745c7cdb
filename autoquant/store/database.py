"""Transactions that outlive a server that goes away for a while."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_delay, wait_exponential

from autoquant.errors import StoreError
from autoquant.store.engine import open_engine, shown

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 90.0
"""How long a server may be gone before a search gives up."""

T = TypeVar("T")


class Database:
    """Runs functions as transactions. On PostgreSQL a transaction whose connection was lost is run again.

    The outcome of a commit whose connection was lost is not known, so a write must do no harm when it is run twice.
    """

    def __init__(self, url: str, *, create: bool = True, upgrade: bool = False) -> None:
        self.url = shown(url)
        self._engine = open_engine(url, create=create, upgrade=upgrade)
        self.dialect = self._engine.dialect.name
        self.in_memory = isinstance(self._engine.pool, sa.StaticPool)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def write(self, work: Callable[[sa.Connection], T]) -> T:
        """Run ``work`` in a transaction. `StoreError` when it cannot be done; nothing of it is left then."""
        return self._run("write", work, self._engine.begin)

    def read(self, work: Callable[[sa.Connection], T]) -> T:
        """Run ``work`` on a connection. `StoreError` when it cannot be done."""
        return self._run("read", work, self._engine.connect)

    def _run(self, verb: str, work: Callable[[sa.Connection], T], enter: Callable[[], Any]) -> T:
        attempts = Retrying(
            retry=retry_if_exception(self._is_lost),
            stop=stop_after_delay(PATIENCE_SECONDS),
            wait=wait_exponential(multiplier=0.2, max=3),
            before_sleep=self._tell,
            reraise=True,
        )
        try:
            for attempt in attempts:
                with attempt, enter() as connection:
                    return work(connection)
        except SQLAlchemyError as error:
            reason = " ".join(str(getattr(error, "orig", None) or error).split())
            raise StoreError(f"store {self.url!r}: cannot {verb}: {reason}") from error
        raise AssertionError("unreachable")

    def _is_lost(self, error: BaseException) -> bool:
        return self.dialect != "sqlite" and isinstance(error, (OperationalError, InterfaceError))

    def _tell(self, state: RetryCallState) -> None:
        assert state.outcome is not None
        log.warning("action=retry store=%s reason=%s", self.url, " ".join(str(state.outcome.exception()).split())[:200])

    def now(self, connection: sa.Connection) -> datetime:
        """The database's clock: hosts that share a server share its time. SQLite's file has only one host."""
        if self.dialect == "sqlite":
            return datetime.now(UTC)
        moment: datetime = connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
        return moment

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
