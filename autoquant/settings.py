"""What comes from the environment rather than from a spec."""

from __future__ import annotations

import os
from pathlib import Path


def default_store() -> str:
    """Where jobs are kept when nothing else is said: ``AUTOQUANT_STORE``, else ``autoquant.db`` in this folder."""
    return os.environ.get("AUTOQUANT_STORE", "sqlite:///autoquant.db")


def data_folder() -> Path:
    """The real networks and data that examples and benchmarks use: ``AUTOQUANT_DATA``."""
    return Path(os.environ.get("AUTOQUANT_DATA", Path(__file__).parents[1].parent / "shared" / "data"))
