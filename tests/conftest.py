"""Makes `tests/helpers` importable, so that specs can name its plug-ins as ``toy:Class``."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from autoquant import plugins

sys.path.append(str(Path(__file__).parent / "helpers"))


os.environ.setdefault("RAY_worker_niceness", "0")
"""Ray's workers are nice by default, and on a busy machine they would hardly ever run."""

settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")  # one that is busy is no failure


@pytest.fixture(scope="session", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A folder of its own for what is worked out once, also in the processes that tests start."""
    os.environ["AUTOQUANT_CACHE"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(autouse=True)
def _import_path() -> Iterator[None]:
    """The import path as it was, whatever spec folder a test used."""
    before = list(sys.path)
    yield
    plugins.leave_folder()
    sys.path[:] = before
