"""Makes `tests/helpers` importable, so that specs can name its plug-ins as ``toy:Class``."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from autoquant import plugins

sys.path.append(str(Path(__file__).parent / "helpers"))


os.environ.setdefault("RAY_worker_niceness", "0")
"""Ray's workers are nice by default, and on a busy machine they would hardly ever run."""


def _own_cache() -> None:
    """No test reads or fills the user's cache; processes that tests start have this one too."""
    folder = tempfile.mkdtemp(prefix="autoquant-cache-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["AUTOQUANT_CACHE"] = folder


if "PYTEST_XDIST_WORKER" not in os.environ:  # a worker of pytest-xdist has the environment of the process above it
    _own_cache()

settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")  # one that is busy is no failure


@pytest.fixture(autouse=True)
def _import_path() -> Iterator[None]:
    """The import path as it was, whatever spec folder a test used."""
    before = list(sys.path)
    yield
    plugins.leave_folder()
    sys.path[:] = before
