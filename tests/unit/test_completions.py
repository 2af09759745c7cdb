"""Whatever an evaluator gives, its completion can be stored: as a measurement, or as one sentence."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
import toy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autoquant.completions import checked
from autoquant.data import SplitName
from autoquant.errors import TEXT_LENGTH, kept_text
from autoquant.interfaces import Completion, Prepared, Task
from autoquant.job import JobState
from autoquant.store.codec import measurement_from_json, measurement_to_json
from autoquant.trial import Measurement, Step, TrialState


class Hostile:
    """Raises wherever it can."""

    def __repr__(self) -> str:
        raise RuntimeError("no")

    def __float__(self) -> float:
        raise RuntimeError("no")

    @property
    def item(self) -> Any:
        raise RuntimeError("no")


class Torn(dict[str, Any]):
    """A mapping that cannot be read."""

    def items(self) -> Any:
        raise OSError("gone \ud800 \0")


NUMBERS = st.one_of(
    st.floats(),
    st.integers(),
    st.booleans(),
    st.builds(np.float32, st.floats(width=32)),
    st.builds(np.int64, st.integers(-(2**63), 2**63 - 1)),
    st.builds(lambda value: torch.tensor(value), st.floats()),
    st.builds(lambda value: np.array([value]), st.floats()),
)
TEXTS = st.one_of(st.text(max_size=8), st.sampled_from(["loss", "size", "top-1", "a\0", "\ud800", "checkpoint"]))
STRANGE = st.one_of(
    st.none(),
    st.text(max_size=5),
    st.binary(max_size=5),
    st.complex_numbers(),
    st.sampled_from([Decimal("NaN"), Decimal("sNaN"), Decimal("1e999"), float, Path("x")]),
    st.builds(lambda digits: 10**digits, st.sampled_from([400, 5000])),
    st.builds(Hostile),
    st.builds(Torn, loss=st.just(1.0)),
    st.builds(lambda size: np.zeros(size), st.integers(0, 3)),
    st.builds(lambda: np.datetime64("now")),
    st.lists(st.floats(), max_size=2),
)
ANYTHING = st.one_of(NUMBERS, TEXTS, STRANGE)
NAMED = st.dictionaries(st.one_of(TEXTS, st.integers(), st.none()), ANYTHING, max_size=3)
MEASUREMENTS = st.builds(
    Measurement,
    metrics=st.one_of(st.dictionaries(TEXTS, NUMBERS, max_size=3), NAMED, ANYTHING),
    standard_errors=st.one_of(st.just({}), NAMED, ANYTHING),
    artifacts=st.one_of(st.just({}), st.dictionaries(TEXTS, TEXTS, max_size=2), NAMED, ANYTHING),
    seconds=st.one_of(st.floats(0, 1e9), ANYTHING),
    candidate=st.one_of(st.none(), st.lists(st.integers(), max_size=3), ANYTHING),
    steps=st.one_of(
        st.just(()),
        st.lists(st.builds(Step, st.integers(), st.dictionaries(TEXTS, NUMBERS, max_size=2)), max_size=2),
        st.lists(st.tuples(ANYTHING, NAMED), max_size=2),
        ANYTHING,
    ),
    notes=st.one_of(st.just(()), st.lists(TEXTS, max_size=2), ANYTHING),
)
TASK = Task("trial 0")


@given(st.one_of(MEASUREMENTS, ANYTHING))
def test_a_measurement_is_kept_as_it_is_or_refused_in_a_sentence(measured: Any) -> None:
    done = checked(Completion(TASK, measurement=measured, worker="w"))
    assert repr(checked(done)) == repr(done)
    if done.measurement is None:
        assert measured is None or done.error
        (done.error or "").encode()
        assert len(done.error or "") < 400
        assert "\0" not in (done.error or "")
        return
    data = measurement_to_json(done.measurement)
    finite = json.dumps({**(data or {}), "metrics": {}}, allow_nan=False)  # that metrics are finite is seen elsewhere
    assert "\\u0000" not in finite
    kept = measurement_from_json(data)
    assert repr(kept) == repr(checked(Completion(TASK, kept)).measurement)


@given(st.text(st.one_of(st.characters(), st.sampled_from("\0\ud800\x1b")), max_size=50), st.integers(1, 3000))
def test_an_error_is_kept_as_a_text_of_limited_length(text: str, times: int) -> None:
    kept = kept_text(text * times)
    kept.encode()
    assert "\0" not in kept
    assert len(kept) <= TEXT_LENGTH
    assert kept_text(kept) == kept
    done = checked(Completion(TASK, error=text * times))
    assert (done.error, done.measurement) == (kept, None)


@pytest.mark.parametrize(
    ("value", "number"),
    [(np.float32(0.5), 0.5), (np.array([2]), 2.0), (torch.tensor([[3.0]], requires_grad=True), 3.0), (True, 1.0),
     (Decimal("0.25"), 0.25), (np.bool_(False), 0.0), (np.longdouble(1), 1.0)],
)  # fmt: skip
def test_numbers_of_other_libraries_become_floats(value: Any, number: float) -> None:
    done = checked(Completion(TASK, Measurement({"a": value}, {"a": value}, seconds=value)))
    assert done.measurement is not None
    for kept in (done.measurement.metrics["a"], done.measurement.standard_errors["a"], done.measurement.seconds):
        assert (type(kept), kept) == (float, number)


class Fuzzed(toy.Toy):
    """Every fourth candidate of `toy.Listing` measures one of these."""

    given: ClassVar[list[Any]] = []

    def score(self, prepared: Prepared, split: SplitName) -> Measurement:
        first, second, *_ = prepared.candidate or (0, 0)
        return self.given[second] if first == 3 else super().score(prepared, split)  # type: ignore[no-any-return]


@given(st.lists(MEASUREMENTS, min_size=4, max_size=4))
@settings(max_examples=4, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("pool", ["inline", "toy:Shuffled"])
def test_no_measurement_is_the_end_of_a_job(new_run: Any, pool: str, measured: list[Any]) -> None:
    toy.Fuzzed, Fuzzed.given = Fuzzed, measured  # type: ignore[attr-defined]
    job = new_run(evaluator="toy:Fuzzed", searcher="toy:Listing", pool=pool, budget={"n_trials": 16})
    assert job.run() is JobState.SUCCEEDED
    states = [trial.state for trial in job.trials]
    assert [state for i, state in enumerate(states) if i % 4 != 3] == [TrialState.COMPLETE] * 12
    assert set(states) <= {TrialState.COMPLETE, TrialState.FAIL}
