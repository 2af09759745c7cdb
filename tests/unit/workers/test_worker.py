"""What a worker makes of an evaluator that is careless with its numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from autoquant_workers.worker import Worker
from toy import Toy

from autoquant.interfaces import Completion, EvaluationRequest, EvaluatorRecipe, Task
from autoquant.testing.pools import SPACE
from autoquant.trial import Measurement


def completion(metrics: dict[str, Any], errors: dict[str, Any] | None = None, candidate: Any = (0, 1)) -> Completion:
    """Of a task whose evaluator measures this."""

    class Careless(Toy):
        def score(self, *given: Any) -> Measurement:
            return Measurement(metrics, errors or {})

    threads = torch.get_num_threads()
    try:
        worker = Worker(EvaluatorRecipe(lambda: Careless(None, None), SPACE), "w")
        (done,) = worker.run_batch([Task("0", EvaluationRequest(candidate))])
    finally:
        torch.set_num_threads(threads)
    return done


@pytest.mark.parametrize("candidate", [(0, 1), None], ids=["candidate", "float network"])
@pytest.mark.parametrize("value", [np.float32(0.5), np.float64(0.5), torch.tensor(0.5), np.array(0.5)])
def test_numbers_of_other_libraries_become_plain(value: Any, candidate: Any) -> None:
    found = completion({"loss": value}, {"loss": value}, candidate).measurement
    assert found is not None
    assert found.metrics == found.standard_errors == {"loss": 0.5}
    assert type(found.metrics["loss"]) is type(found.standard_errors["loss"]) is float


@pytest.mark.parametrize("candidate", [(0, 1), None], ids=["candidate", "float network"])
@pytest.mark.parametrize("value", ["much", None, [1.0, 2.0], torch.zeros(3)])
def test_what_is_no_number_is_the_error_of_its_task(value: Any, candidate: Any) -> None:
    done = completion({"loss": value}, {}, candidate)
    assert done.measurement is None
    assert done.error is not None
    assert "loss" in done.error


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -0.1])
def test_a_standard_error_is_a_number_or_omitted(value: float) -> None:
    done = completion({"loss": 1.0}, {"loss": value})
    assert done.error is not None
    assert "the standard error of loss is" in done.error
