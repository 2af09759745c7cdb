"""`import autoquant` and `autoquant --help` cost next to nothing."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

import autoquant

HEAVY = "torch ray sqlalchemy fastapi numpy pandas matplotlib pymoo alembic pydantic"
LOADED = "import sys; print([name for name in '{names}'.split() if name in sys.modules])"


def fresh(code: str) -> tuple[float, str]:
    """Processor seconds that the code takes in a new interpreter, the best of three, and what it printed."""
    runs = []
    for _ in range(3):
        timed = f"import time; begun = time.process_time()\n{code}\nprint(time.process_time() - begun)"
        done = subprocess.run([sys.executable, "-c", timed], capture_output=True, text=True, check=True, timeout=600)
        printed, _, seconds = done.stdout.rstrip().rpartition("\n")
        runs.append((float(seconds), printed))
    return min(runs)


def test_import_loads_nothing_heavy_and_is_instant():
    seconds, printed = fresh(f"import autoquant\n{LOADED.format(names=HEAVY)}")
    assert printed == "[]"
    assert seconds < 0.3


def test_data_and_interfaces_load_no_framework():
    modules = "errors network space objective trial data job spec pareto interfaces plugins"
    imports = "\n".join(f"import autoquant.{name}" for name in modules.split())
    assert fresh(f"{imports}\n{LOADED.format(names='torch ray sqlalchemy fastapi moocore')}")[1] == "[]"


def test_help_loads_nothing_heavy_and_is_quick():
    code = (
        "import sys; sys.argv = ['autoquant', '--help']\n"
        "from autoquant.cli import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
    )
    seconds, printed = fresh(code + LOADED.format(names="torch ray sqlalchemy fastapi numpy pandas matplotlib pymoo"))
    assert printed.endswith("[]")
    assert "search" in printed
    assert seconds < 0.6


def test_every_public_name_is_there():
    begun = time.process_time()
    assert all(getattr(autoquant, name) is not None for name in autoquant.__all__)
    assert set(autoquant.__all__) <= set(dir(autoquant))
    assert time.process_time() - begun < 60


def test_other_names_are_not():
    with pytest.raises(AttributeError, match="module 'autoquant' has no attribute 'no_such_name'"):
        autoquant.no_such_name  # noqa: B018
