"""PostgreSQL: a connection that notices when nobody answers any more."""

from __future__ import annotations

import math
import time
from typing import Any, TypeVar

import psycopg
import sqlalchemy as sa
from psycopg.abc import PQGen

T = TypeVar("T")


class Connection(psycopg.Connection[Any]):
    """A connection that is lost when nothing is heard of the server for ``silence`` seconds.

    TCP alone does not notice a server that hangs, nor one lost behind a proxy: a machine still acknowledges every byte.
    """

    silence = math.inf
    backend = (0, "")
    """The server's process behind it: its number, and when it began."""

    def wait(self, gen: PQGen[T], *arguments: Any, **options: Any) -> T:
        """As in psycopg, but not for ever; it hands the server's answers to ``gen``."""
        return super().wait(self._while_heard(gen), *arguments, **options)

    def _while_heard(self, gen: PQGen[T]) -> PQGen[T]:
        """Between psycopg, which looks up ten times a second, and what waits for the answer."""
        heard = time.monotonic()
        try:
            waits_for = next(gen)
            while True:
                ready = yield waits_for
                if ready:
                    heard = time.monotonic()
                elif time.monotonic() - heard > self.silence:
                    self.close()
                    raise psycopg.OperationalError(f"the server has not answered for {self.silence:g} seconds")
                waits_for = gen.send(ready)
        except StopIteration as end:
            answer: T = end.value
            return answer


START = """
SELECT set_config('idle_in_transaction_session_timeout', %s, false), pid, backend_start::text
FROM pg_stat_activity WHERE pid = pg_backend_pid()
"""

END = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = %s AND backend_start::text = %s"


def make_engine(url: sa.URL, silence: float) -> sa.Engine:
    """An engine whose connections are lost after so many seconds without an answer.

    What was lost could not be run again while the server's process behind the lost connection kept its locks. So the
    next connection ends that process. The server, too, ends a transaction of which it hears nothing for so long,
    unless it waits for the rest of a message.
    """
    alive = {"keepalives": 1, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3}
    limits = {"connect_timeout": min(5, math.ceil(silence)), "tcp_user_timeout": 10_000}
    engine = sa.create_engine(url, pool_pre_ping=True, connect_args={**alive, **limits})
    lost: list[tuple[int, str]] = []

    @sa.event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, arguments: Any, settings: Any) -> Connection:
        connection = Connection.connect(*arguments, **settings, autocommit=True)
        try:
            connection.silence = silence
            began = connection.execute(START, (f"{silence * 1000:.0f}",)).fetchone()
            assert began is not None
            connection.backend = began[1], began[2]
            while lost:
                connection.execute(END, lost[-1])
                lost.pop()
            connection.autocommit = False
        except BaseException:
            connection.close()
            raise
        return connection

    @sa.event.listens_for(engine, "invalidate")
    def note(connection: Any, _record: Any, _error: BaseException | None) -> None:
        lost.append(connection.backend)

    return engine
