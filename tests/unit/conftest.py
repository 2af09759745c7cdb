"""A search by hand, without processes: spec, plan, store and job."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import toy

from autoquant.job import JobState
from autoquant.planning.plan import Plan, make_plan
from autoquant.running.job_run import run_job
from autoquant.spec import SearchSpec
from autoquant.store import Store

CHOICES = {"name": "choices", "choices": {f"c{i}": [0, 1, 2, 3] for i in range(5)}}


def toy_spec(**changes: Any) -> SearchSpec:
    """A search over the choices with the toy evaluator, in this process."""
    fields: dict[str, Any] = {
        "space": CHOICES,
        "evaluator": "toy:Toy",
        "objectives": ["loss", "size"],
        "searcher": {"name": "nsga3", "population": 8},
        "pool": "inline",
        "budget": {"n_trials": 24},
        "max_pending": 4,
        "sensitivity_baseline": False,
    }
    return SearchSpec.from_dict(fields | changes)


def network_spec(**changes: Any) -> SearchSpec:
    """A search over the bit-widths of the toy network, with their bytes as cost."""
    fields: dict[str, Any] = {
        "space": {"name": "bit_widths", "weights": [2, 4, 8], "activations": [4, 8]},
        "evaluator": "toy:ToyNetwork",
        "objectives": ["loss", "weight_bytes"],
    }
    return toy_spec(**fields | changes)


class Run:
    """One job in one store, run, and run again."""

    def __init__(self, spec: SearchSpec, store: Store | None = None) -> None:
        self.plan: Plan = make_plan(spec)
        self.store = store or Store("sqlite://")
        self.id = self.store.create_job(spec.name, spec.to_dict(), self.plan.definition, spec.budget.n_trials)

    def run(self, store: Store | None = None, n_trials: int | None = None, **options: Any) -> JobState:
        total = self.plan.spec.budget.n_trials if n_trials is None else n_trials
        return run_job(self.plan, store or self.store, self.id, total, **options)

    @property
    def trials(self) -> list[Any]:
        return list(self.store.trials(self.id))

    @property
    def truth(self) -> dict[str, Any]:
        """All that must not depend on timing, workers or interruptions."""
        record = self.store.job(self.id)
        return {
            "trials": [
                (t.number, t.state, t.candidate, t.told, t.metrics, t.standard_errors, t.violations, t.artifacts,
                 t.test_metrics, t.test_standard_errors, t.error)
                for t in self.trials
            ],
            "front": [trial.number for trial in self.store.front(self.id)],
            "hypervolume": record.hypervolume,
            "counts": (record.n_trials, record.finished, record.failed, record.pruned, record.front_size),
            "ended": (record.state, record.message),
            "baselines": self.store.baselines(self.id),
            "curves": self.store.curves(self.id),
        }  # fmt: skip


@pytest.fixture
def calls() -> Iterator[list[Any]]:
    """Every (candidate, split) that the toy evaluators measure in this test."""
    toy.CALLS.clear()
    yield toy.CALLS
    toy.CALLS.clear()


@pytest.fixture
def new_run() -> Callable[..., Run]:
    """Makes a job over choices: keywords change its spec."""
    return lambda store=None, **changes: Run(toy_spec(**changes), store)


@pytest.fixture
def new_network_run() -> Callable[..., Run]:
    """Makes a job over bit-widths with a price: keywords change its spec."""
    return lambda store=None, **changes: Run(network_spec(**changes), store)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a cache of the test's own, empty."""
    monkeypatch.setenv("AUTOQUANT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"
