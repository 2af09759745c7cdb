"""Whether a Ray answers, with sockets in its place; and what of a folder travels."""

from __future__ import annotations

import signal
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from autoquant_workers import ray_cluster
from autoquant_workers.ray_cluster import RayCluster, RayLost
from autoquant_workers.ray_driver import working_dir

from autoquant.errors import EvaluationError


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def connected(listener: socket.socket, address: str | None) -> RayCluster:
    """As after `connect`, its head where the listener is."""
    cluster = RayCluster(address, 1)
    cluster._ports = {"its head": listener.getsockname()}
    return cluster


def test_a_local_ray_that_is_gone_is_noticed_at_once(listener):
    cluster = connected(listener, None)
    assert cluster.is_ours
    assert (cluster.silent(), cluster.dead()) == (None, "")
    host, port = listener.getsockname()
    listener.close()
    assert cluster.silent() == cluster.dead() == f"its head ({host}:{port})"


def test_a_cluster_may_be_silent_for_a_while(listener, monkeypatch):
    cluster = connected(listener, "10.0.0.1:6379")
    assert not cluster.is_ours
    address = listener.getsockname()
    listener.close()
    assert [cluster.silent(), cluster.silent()] == [None, None]
    with socket.create_server(address):
        assert cluster.silent() is None
    monkeypatch.setattr(ray_cluster, "PATIENCE_SECONDS", 0.0)
    assert cluster.silent() is None
    with pytest.raises(EvaluationError, match=r"pool: Ray at '10.0.0.1:6379' is lost: no answer from its head \(127.0"):
        cluster.silent()


def test_a_database_that_is_in_use_does_not_travel(tmp_path: Path):
    (tmp_path / "data").mkdir()
    (tmp_path / "closed.db").touch()
    with closing(sqlite3.connect(tmp_path / "data" / "jobs.db")) as one:
        one.execute("PRAGMA journal_mode=WAL")
        one.execute("CREATE TABLE t (x)")
        found = working_dir(str(tmp_path))
    assert found == {
        "working_dir": str(tmp_path),
        "excludes": ["/data/jobs.db", "/data/jobs.db-shm", "/data/jobs.db-wal"],
    }


@pytest.fixture
def driven() -> Iterator[RayCluster]:
    """A driver without a Ray."""
    cluster = RayCluster(None, 1)
    cluster._start_driver()
    yield cluster
    cluster.disconnect()
    assert cluster._driver is None


def test_what_goes_wrong_is_told_with_the_next_answer(driven):
    assert driven.call("wait", 0.1, 1) == []
    driven.tell("run_batch", "ray-0", 0, [])
    with pytest.raises(EvaluationError, match=r"^Ray failed: KeyError: 'ray-0'$"):
        driven.call("wait", 0.1, 1)
    assert driven.call("wait", 0.1, 1) == []


def test_a_driver_that_ends_is_missed_and_another_one_is_started(driven):
    driven._driver.kill()
    driven.tell("kill", "ray-0")
    with pytest.raises(RayLost, match=r"^the process that drives it, which Ray ended$"):
        driven.call("wait", 0.1, 1)
    driven.disconnect()
    driven._start_driver()
    assert driven.call("wait", 0.1, 1) == []


def test_a_driver_that_hangs_with_a_dead_ray_is_not_waited_for(driven, listener, monkeypatch):
    monkeypatch.setattr(ray_cluster, "WATCH_SECONDS", 0.05)
    driven.call("wait", 0.1, 1)
    driven._ports = {"its head": listener.getsockname()}
    listener.close()
    driven._driver.send_signal(signal.SIGSTOP)
    with pytest.raises(RayLost, match=r"^its head \(127"):
        driven.call("wait", 0.1, 1)


def test_a_driver_ends_with_the_search():
    cluster = RayCluster(None, 1)
    cluster._start_driver()
    cluster.call("wait", 0.1, 1)
    cluster._link.close()
    assert cluster._driver.wait(20) == 0
