"""The wheel holds the four packages and nothing else."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {"autoquant", "autoquant_search_spaces", "autoquant_cost_models", "autoquant_workers"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Names of the files in the wheel that the source builds."""
    if importlib.util.find_spec("hatchling") is None:
        pytest.skip("hatchling is not installed: it builds the wheel")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return zipfile.ZipFile(built).namelist()


def test_the_top_level_is_exactly_the_four_packages(wheel: list[str]) -> None:
    top = {name.partition("/")[0] for name in wheel}
    assert {name for name in top if not name.endswith(".dist-info")} == PACKAGES
    assert len(top) == len(PACKAGES) + 1


def test_every_module_and_its_data_is_in_it(wheel: list[str]) -> None:
    folders = [ROOT, ROOT / "search_spaces", ROOT / "cost_models", ROOT / "workers"]
    sources = {
        str(file.relative_to(folder))
        for folder in folders
        for package in PACKAGES
        for file in (folder / package).rglob("*")
        if file.is_file() and file.suffix != ".pyc"
    }
    missing = sources - set(wheel)
    assert not missing
    assert any(name.startswith("autoquant_cost_models/devices/") and name.endswith(".toml") for name in wheel)
    assert "autoquant/store/migrations/versions/v0001_first.py" in wheel


def test_commands_and_plug_ins_are_declared(wheel: list[str]) -> None:
    assert sum(name.endswith("dist-info/entry_points.txt") for name in wheel) == 1
    assert any("LICENSE" in name for name in wheel)
