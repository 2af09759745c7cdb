"""Opening a store: to read makes nothing, and whoever makes it at the same time does not disturb."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from autoquant.errors import JobNotFound, StoreError, StoreUnavailable
from autoquant.store import Store, engine


def test_an_empty_file_is_reported_as_empty_and_stays_so(tmp_path):
    path = tmp_path / "jobs.db"
    path.touch()
    with pytest.raises(StoreUnavailable, match=r"jobs\.db': it is empty; 'autoquant search' makes its tables"):
        Store(str(path), create=False)
    Store(str(path)).close()
    assert Store(str(path), create=False).jobs() == []


def test_a_store_that_somebody_else_makes_while_it_is_looked_at_is_opened(new_url, monkeypatch):
    """Made between the look at its tables and the look at its version: no tables, and the version that is needed."""
    look, others = engine._version, []

    def look_late(connection: sa.Connection) -> str | None:
        if not others:
            others.append(None)
            Store(new_url).close()
        return look(connection)

    monkeypatch.setattr(engine, "_version", look_late)
    store = Store(new_url)
    assert len(others) == 1
    assert store.jobs() == []
    store.close()


SECRET = "p@ss/w0rd"
URLS = [
    f"postgresql://me:{SECRET}@host/jobs",
    "postgresql://me:p%40ss%2Fw0rd@host/jobs",
    f"postgresql://host/jobs?user=me&password={SECRET}",
    f"postgresql://host/jobs?sslPassword={SECRET}&x=1",
    f"me:{SECRET}@host/jobs",
    f"postgres://me:{SECRET}@host:port/jobs",
    f"postgresql://me:{SECRET}@host:port/jobs",
    f"host=nowhere password={SECRET} dbname=jobs",
    f"host=nowhere password='{SECRET}' dbname=jobs",
    f"mysql://me:{SECRET}@host/jobs",
    f"sqlite:///x.db?password={SECRET}",
]


@pytest.mark.parametrize("url", URLS)
def test_a_password_is_shown_nowhere(url: str) -> None:
    texts = [engine.shown(url), engine.without_password(f"it does not like {SECRET} in {url}", url)]
    with pytest.raises(StoreUnavailable) as caught:
        engine.open_engine(url.replace("host", "nowhere.invalid"), create=False)
    for text in (*texts, str(caught.value)):
        assert SECRET not in text
        assert "w0rd" not in text
        assert "***" in text


@pytest.mark.parametrize(
    "url", ["sqlite:///jobs.db", "postgresql://me@host:5432/jobs?timeout=3", "jobs.db", "/a:b/x.db"]
)
def test_an_url_without_a_password_is_shown_as_it_is(url: str) -> None:
    assert engine.shown(url) == url


UNUSABLE = {
    "postgresql://u@h:port/x": r"not a store \(invalid literal for int",
    "postgresql://u@[::1/x": "not a store",
    "sqlite:///jobs.db?timeout=abc": r"not a store \(could not convert string to float: 'abc'\); accepted",
    "sqlite:///jobs.db?check_same_thread=x": "not a store",
    "sqlite+foo:///jobs.db": "not a store",
    f"sqlite:///{'a' * 300}.db": "no file can be called so",
}


@pytest.mark.parametrize(("url", "message"), UNUSABLE.items(), ids=UNUSABLE)
def test_an_url_that_cannot_be_used_is_one_sentence(url: str, message: str) -> None:
    with pytest.raises(StoreUnavailable, match=message):
        Store(url)


@pytest.mark.parametrize("number", [2**63, 2**31, -1, -(2**63) - 1])
def test_an_id_beyond_all_is_no_job(number: int) -> None:
    store = Store("sqlite://")
    with pytest.raises(JobNotFound, match=f"has no job {number}"):
        store.job(number)
    store.close()


def test_a_number_that_is_too_large_is_a_sentence() -> None:
    store = Store("sqlite://")
    with pytest.raises(StoreError, match=r"cannot read: a number is 2\^63 or more"):
        store.events(1, after=2**63)
    store.close()
