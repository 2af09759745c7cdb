"""Preparing and scoring in one call, as a worker does."""

from __future__ import annotations

from collections.abc import Sequence

from autoquant.data import SplitName
from autoquant.interfaces import EvaluationRequest, Evaluator, Prepared
from autoquant.space import Candidate, Choice, SearchSpace
from autoquant.testing.evaluators import measure
from autoquant.trial import Measurement

__all__ = ["measure", "measure_many", "measure_reference"]

NO_SPACE = SearchSpace([Choice("nothing", (0,))])


def measure_reference(evaluator: Evaluator, split: SplitName = "search") -> Measurement:
    """The float network."""
    return measure(evaluator, NO_SPACE, None, split)


def measure_many(
    evaluator: Evaluator, space: SearchSpace, candidates: Sequence[Candidate], split: SplitName = "search"
) -> list[Measurement | Exception]:
    """What `score_many` gives for those that can be prepared, and the errors of the others, in their order."""
    ready: list[Prepared | Exception] = []
    for candidate in candidates:
        try:
            ready.append(evaluator.prepare(space, EvaluationRequest(candidate)))
        except Exception as error:
            ready.append(error)
    scored = iter(evaluator.score_many([one for one in ready if isinstance(one, Prepared)], split))
    return [one if isinstance(one, Exception) else next(scored) for one in ready]
