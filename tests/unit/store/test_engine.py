"""Opening a store: to read makes nothing, and whoever makes it at the same time does not disturb."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from autoquant.errors import StoreUnavailable
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
