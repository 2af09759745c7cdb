"""What comes from the environment rather than from a spec."""

from __future__ import annotations

import os
from pathlib import Path

from autoquant.errors import SpecError

LEAST_PATIENCE = 6.0
"""With less a server that is merely slow would be taken for gone."""


def default_store() -> str:
    """Where jobs are kept by default: ``AUTOQUANT_STORE``, else ``autoquant.db`` in this folder."""
    return os.environ.get("AUTOQUANT_STORE", "sqlite:///autoquant.db")


def store_patience() -> float:
    """How many seconds a database server may be gone before a search gives up: ``AUTOQUANT_STORE_PATIENCE``, else 90.

    `SpecError` when it is no number, or less than 6.
    """
    text = os.environ.get("AUTOQUANT_STORE_PATIENCE", "90")
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not LEAST_PATIENCE <= seconds < float("inf"):
        raise SpecError(f"AUTOQUANT_STORE_PATIENCE: {text!r} is no number of seconds from {LEAST_PATIENCE:g} on")
    return seconds


def data_folder() -> Path:
    """The real networks and data that examples and benchmarks use: ``AUTOQUANT_DATA``."""
    return Path(os.environ.get("AUTOQUANT_DATA", Path(__file__).parents[1].parent / "shared" / "data"))


def cache_folder() -> Path:
    """Where what is worked out once is kept, for all jobs of this machine: ``AUTOQUANT_CACHE``, else
    ``autoquant`` in the user's folder for such files. It may be deleted at any time."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("AUTOQUANT_CACHE") or Path(home) / "autoquant")
