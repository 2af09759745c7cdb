"""A connection that is lost is made again and the transaction run again; what cannot pass is reported at once."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import postgres
import pytest
import sqlalchemy as sa

from autoquant.errors import StoreError
from autoquant.store import Store, tables
from autoquant.testing.examples import change, held, new_job, trial


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    one = postgres.Server()
    yield one
    one.remove()


@pytest.fixture
def network(server: postgres.Server) -> Iterator[postgres.Network]:
    one = postgres.Network(server.port)
    yield one
    one.close()


@pytest.fixture
def name(server: postgres.Server) -> str:
    """Of a new database."""
    return server.new_database()


@pytest.fixture
def open_store(
    server: postgres.Server, network: postgres.Network, name: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Store]]:
    """Opens the database through a network that can be cut; silence is noticed soon and waited for long."""
    monkeypatch.setenv("AUTOQUANT_STORE_PATIENCE", "9")
    opened: list[Store] = []

    def open_one(url: str = "") -> Store:
        opened.append(Store(url or server.url(name, network.port)))
        opened[-1].database._patience = 600.0
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


def count(connection: sa.Connection) -> None:
    """Add one to a number that only `job_id` 1 has."""
    job = tables.jobs.c
    connection.execute(tables.jobs.update().where(job.id == 1).values(failed=job.failed + 1))


def test_a_connection_that_the_server_ends_is_made_again(open_store, server, name):
    store = open_store()
    new_job(store)
    tries = []

    def work(connection: sa.Connection) -> None:
        tries.append(connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one())
        count(connection)
        if len(tries) == 1:
            server.sql(f"SELECT pg_terminate_backend({tries[0]})")
        count(connection)

    store.database.write(work)
    assert len(set(tries)) == 2
    assert store.job(1).failed == 2


@pytest.mark.parametrize("how", ["silent", "reset", "answers"])
def test_a_network_that_is_cut_in_a_transaction_loses_nothing(open_store, network, how):
    """The server of a silent network still holds the locks of the transaction that it hears nothing of."""
    store = open_store()
    new_job(store)
    tries = []

    def work(connection: sa.Connection) -> None:
        tries.append(connection)
        count(connection)
        if len(tries) == 1:
            network.cut(how)
            network.restore()
        connection.execute(sa.select(tables.jobs)).all()

    store.database.write(work)
    assert len(tries) >= 2
    assert store.job(1).failed == 1


def test_a_network_that_is_cut_in_the_middle_of_a_message_loses_nothing(open_store, server, network, name):
    """The server waits for the rest: no time limit of its own ends that transaction, which holds its locks."""
    store = open_store()
    new_job(store)
    tries = []

    def work(connection: sa.Connection) -> None:
        tries.append(connection)
        count(connection)
        if len(tries) == 1:
            raw = connection.connection.driver_connection
            assert raw is not None
            raw.pgconn.enter_pipeline_mode()
            raw.pgconn.send_query_params(b"SELECT 'half a message'", None)
            raw.pgconn.flush()
            begun = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'SELECT ''half%' AND state = 'active'"
            while not server.sql(begun):
                time.sleep(0.01)
            network.cut("silent")
            network.restore()
            connection.execute(sa.select(tables.jobs)).all()

    store.database.write(work)
    assert len(tries) >= 2
    assert store.job(1).failed == 1


def test_law_2_a_commit_whose_answer_was_lost_is_done_once(open_store, network):
    store = open_store()
    job = held(store, new_job(store))
    cuts = []

    def lose_the_answer(connection: sa.Connection) -> None:
        if not cuts:
            cuts.append(connection)
            network.cut("answers")
            network.restore()

    sa.event.listen(store.database._engine, "commit", lose_the_answer)
    job.add_trials([trial(0)], change())
    assert len(cuts) == 1
    job.add_trials([trial(1)], change())
    assert [one.number for one in store.trials(job.id)] == [0, 1]


CANNOT_PASS = {
    "read-only server": ("ALTER DATABASE {} SET default_transaction_read_only = on", "read-only", "not a standby"),
    "no right": ("REVOKE ALL ON jobs FROM guest", "permission denied for table jobs", "grant this user the right"),
    "full disk": ("53100", "raised", "free some space on the server's disk"),
    "no memory": ("53200", "raised", "the server needs more memory"),
    "cancelled": ("57014", "raised", ""),
}


def raises(code: str) -> str:
    """A statement that the server refuses with this SQLSTATE."""
    return f"DO $$ BEGIN RAISE 'raised' USING ERRCODE = '{code}'; END $$"


@pytest.mark.parametrize("case", CANNOT_PASS)
def test_what_cannot_pass_is_reported_at_once(open_store, server, name, case):
    fault, text, fix = CANNOT_PASS[case]
    url = server.url(name)
    new_job(open_store(url))
    if case == "no right":
        server.sql("CREATE ROLE guest LOGIN")
        server.sql("GRANT SELECT ON ALL TABLES IN SCHEMA public TO guest", name)
        url = url.replace("postgres@", "guest@")
    elif not fault.isdigit():
        server.sql(fault.format(name))
    store, tries = open_store(url), []

    def work(connection: sa.Connection) -> None:
        tries.append(connection)
        connection.execute(sa.text(raises(fault))) if fault.isdigit() else count(connection)

    with pytest.raises(StoreError, match=rf"cannot write: .*{text}.*{fix}"):
        store.database.write(work)
    assert len(tries) == 1


@pytest.mark.parametrize("code", ["40001", "40P01", "53300", "57P03"])
def test_what_the_server_asks_to_try_again_is_tried_again(open_store, code):
    store = open_store()
    new_job(store)
    tries = []

    def work(connection: sa.Connection) -> None:
        tries.append(connection)
        count(connection)
        if len(tries) == 1:
            connection.execute(sa.text(raises(code)))

    store.database.write(work)
    assert len(tries) == 2
    assert store.job(1).failed == 1


def test_a_server_gone_for_longer_than_the_patience_is_waited_for_once(open_store, network, monkeypatch):
    store = open_store()
    new_job(store)
    store.database._patience = 1.0
    network.cut("reset")
    began = time.monotonic()
    with pytest.raises(StoreError, match=r"given up after \d+ seconds, 'autoquant resume' goes on when it is back"):
        store.job(1)
    assert time.monotonic() - began >= 1
    waits: list[float] = []
    with monkeypatch.context() as patch:
        patch.setattr("tenacity.nap.time", SimpleNamespace(sleep=waits.append))
        for _ in range(5):
            with pytest.raises(StoreError, match="given up"):
                store.job(1)
    assert waits == []
    network.restore()
    assert store.job(1).id == 1
    network.cut("reset")
    again = time.monotonic()
    with pytest.raises(StoreError, match="given up after"):
        store.job(1)
    assert time.monotonic() - again >= 1, "once it was back it is waited for again"


def test_whoever_interrupts_the_waiting_need_not_wait_again(open_store, network, monkeypatch):
    def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt

    store = open_store()
    new_job(store)
    network.cut("reset")
    monkeypatch.setattr("tenacity.nap.time", SimpleNamespace(sleep=interrupted))
    with pytest.raises(KeyboardInterrupt):
        store.job(1)
    with pytest.raises(StoreError, match="given up after"):
        store.job(1)
    network.restore()
    assert store.job(1).id == 1


def test_one_line_says_that_the_server_is_gone_and_one_that_it_is_back(open_store, network, caplog):
    store = open_store()
    new_job(store)
    store.database._patience = 1.0
    network.cut("reset")
    with pytest.raises(StoreError):
        store.job(1)
    network.restore()
    store.job(1)
    assert [record.getMessage().split()[0] for record in caplog.records] == ["action=retry", "action=reconnected"]


def test_a_server_that_is_silent_when_it_is_opened(open_store, network):
    network.cut("silent")
    with pytest.raises(StoreError, match="cannot be opened: connection timeout expired"):
        open_store()


def test_sqlite_is_never_tried_again(tmp_path):
    store = Store(str(tmp_path / "jobs.db"))
    tries = []

    def work(connection: sa.Connection) -> None:
        tries.append(connection)
        raise sa.exc.OperationalError("", {}, sqlite3.OperationalError("disk I/O error"))

    with pytest.raises(StoreError, match=r"jobs\.db': cannot write: disk I/O error"):
        store.database.write(work)
    assert len(tries) == 1


def test_what_autoquant_did_not_write_is_reported(tmp_path):
    store = Store(str(tmp_path / "jobs.db"))
    job_id = new_job(store)
    store.database.write(lambda connection: connection.execute(sa.text("UPDATE jobs SET definition = '{broken'")))
    with pytest.raises(StoreError, match=r"jobs\.db': cannot read: it holds something that AutoQuant did not write"):
        store.job(job_id)
