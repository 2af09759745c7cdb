"""Databases of both sorts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import postgres
import pytest


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Of a database without tables."""
    if request.param == "sqlite":
        yield str(tmp_path / "jobs.db")
        return
    server = postgres.Server()
    yield server.url(server.new_database())
    server.remove()
