"""A cost model from somebody else's package: installed, listed, checked by the shipped suite, and searched with."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "third_party_cost_model"


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder that the example is installed into, first on the path of every process that these tests start."""
    pytest.importorskip("hatchling", reason="needs hatchling to build the example without a network")
    target = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-build-isolation", "--no-index", "--quiet"]
    done = subprocess.run(
        [*command, "--disable-pip-version-check", "--target", str(target), str(EXAMPLE)],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(target), prepend=os.pathsep)
        yield target


def test_it_is_listed_with_its_distribution(installed, shared):
    listed = {info["name"]: info for info in shared.run("plugins", "--json").json}
    assert listed["horowitz"] == {
        "kind": "cost model",
        "name": "horowitz",
        "target": "horowitz_energy:HorowitzEnergy",
        "distribution": "horowitz-energy",
        "version": "0.1.0",
        "error": None,
    }


def test_its_own_tests_run_the_shipped_suite(installed):
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(EXAMPLE / "tests")],
        capture_output=True,
        text=True,
        cwd=installed,
        timeout=600,
        check=False,
    )
    assert "3 passed" in done.stdout, done.stdout + done.stderr


def test_a_search_uses_its_costs(installed, shared, cnn):
    spec = {**cnn, "objectives": ["loss", "ideal_energy_uj"], "cost_models": [{"name": "horowitz", "memory_pj": 5.0}]}
    found = shared.run("search", shared.write(spec, "energy.yaml"), "--json")
    assert found.code == 0, found.err
    energies = [trial["metrics"]["ideal_energy_uj"] for trial in found.json["front"]]
    assert energies
    assert all(energy > 0 for energy in energies)


def test_a_wrong_option_of_it_is_named(installed, shared, cnn):
    spec = {**cnn, "objectives": ["loss", "ideal_energy_uj"], "cost_models": [{"name": "horowitz", "memory_pj": -1}]}
    refused = shared.run("search", shared.write(spec, "wrong.yaml"))
    assert refused.code == 2
    assert "cost_models[0].memory_pj" in refused.err
