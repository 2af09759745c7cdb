"""Opening a store to read makes nothing."""

from __future__ import annotations

import pytest

from autoquant.errors import StoreUnavailable
from autoquant.store import Store


def test_an_empty_file_is_said_to_be_empty_and_stays_so(tmp_path):
    path = tmp_path / "jobs.db"
    path.touch()
    with pytest.raises(StoreUnavailable, match=r"jobs\.db': it is empty; 'autoquant search' makes its tables"):
        Store(str(path), create=False)
    Store(str(path)).close()
    assert Store(str(path), create=False).jobs() == []
