"""Databases of both sorts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import postgres
import pytest


@pytest.fixture
def server_url() -> Iterator[str]:
    """Of a database without tables on a server."""
    server = postgres.Server()
    yield server.url(server.new_database())
    server.remove()


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of a database without tables."""
    url: str = request.getfixturevalue("server_url") if request.param == "postgresql" else str(tmp_path / "jobs.db")
    return url
