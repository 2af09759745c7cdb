"""The contract of evaluators, as checks that raise `AssertionError` with what is wrong.

Run it over an evaluator of your own, in any test framework, with a small network and little data::

    from autoquant.testing.evaluators import check_evaluator

    def test_my_evaluator():
        check_evaluator(lambda: MyEvaluator(network(), data()), lambda evaluator: MySpace(evaluator.profile()))
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from autoquant.data import SplitName
from autoquant.interfaces import EvaluationRequest, Evaluator
from autoquant.objective import Objective, split_metric
from autoquant.space import Candidate, SearchSpace
from autoquant.trial import Measurement

MakeEvaluator = Callable[[], Evaluator]
MakeSpace = Callable[[Evaluator], SearchSpace]

SPLITS: tuple[SplitName, ...] = ("search", "test")


def check_evaluator(make: MakeEvaluator, make_space: MakeSpace) -> None:
    """Every check of the contract, over newly made evaluators and a space for them."""
    for check in CHECKS:
        check(make, make_space)


def candidates_of(space: SearchSpace, count: int = 6) -> list[Candidate]:
    """A few different candidates."""
    sampled = [tuple(map(int, row)) for row in space.sample(np.random.default_rng(0), 4 * count)]
    return list(dict.fromkeys(sampled))[:count]


def declares_its_metrics(make: MakeEvaluator, make_space: MakeSpace) -> None:
    """Metrics have names that a spec can hold, and directions; the version says something."""
    evaluator = make()
    assert evaluator.metrics, "it declares no metrics"
    for metric, direction in evaluator.metrics.items():
        assert split_metric(metric) == (metric, None), f"{metric!r} names a device"
        Objective(metric, direction)
    assert evaluator.version.strip(), "it has no version"
    evaluator.check(make_space(evaluator))


def measure(
    evaluator: Evaluator, space: SearchSpace, candidate: Candidate | None, split: SplitName = "search"
) -> Measurement:
    """A candidate, or the float network (None), prepared and scored."""
    return evaluator.score(evaluator.prepare(space, EvaluationRequest(candidate)), split)


def _all_of(evaluator: Evaluator, space: SearchSpace) -> list[Candidate | None]:
    """A few candidates, and the float network where there is one."""
    return [*candidates_of(space), *([None] if evaluator.has_reference else [])]


def measures_all_it_declares(make: MakeEvaluator, make_space: MakeSpace) -> None:
    """Every metric, finite, and nothing else, on both splits; standard errors are of metrics, and not negative."""
    evaluator = make()
    space = make_space(evaluator)
    for split in SPLITS:
        for candidate in _all_of(evaluator, space):
            measurement = measure(evaluator, space, candidate, split)
            assert isinstance(measurement, Measurement), f"it gave {measurement!r}, not a Measurement"
            assert measurement.metrics.keys() == evaluator.metrics.keys(), f"it measured {sorted(measurement.metrics)}"
            _check_numbers(measurement.metrics)
            _check_numbers(measurement.standard_errors)
            assert measurement.standard_errors.keys() <= measurement.metrics.keys()
            assert all(error >= 0 for error in measurement.standard_errors.values()), "a standard error is negative"
            assert measurement.seconds >= 0
            assert all(isinstance(uri, str) for uri in measurement.artifacts.values())


def measures_the_same_in_any_order(make: MakeEvaluator, make_space: MakeSpace) -> None:
    """In another worker, in reverse order, between others and on the other split: always the same numbers."""
    first, second = make(), make()
    space = make_space(first)
    wanted = _all_of(first, space)
    forward = {c: _numbers(measure(first, space, c, "search")) for c in wanted}
    for candidate in wanted[::-1]:
        measure(second, space, candidate, "test")
        again = _numbers(measure(second, space, candidate, "search"))
        assert again == forward[candidate], f"{candidate} was measured otherwise"
    again_all = {c: _numbers(measure(first, space, c, "search")) for c in wanted[::-1]}
    assert again_all == forward, "a second time differs"


def scores_what_was_prepared_on_any_split(make: MakeEvaluator, make_space: MakeSpace) -> None:
    """What is prepared once is scored on one split after the other, also after others were prepared."""
    evaluator = make()
    space = make_space(evaluator)
    wanted = _all_of(evaluator, space)
    prepared = [evaluator.prepare(space, EvaluationRequest(candidate)) for candidate in wanted]
    for split in SPLITS:
        alone = [_numbers(measure(make(), space, candidate, split)) for candidate in wanted]
        assert [_numbers(evaluator.score(ready, split)) for ready in prepared] == alone, "it scored otherwise"


def scores_many_as_it_scores_each(make: MakeEvaluator, make_space: MakeSpace) -> None:
    """`score_many` gives what `score` gives, in the order given, repeated ones too."""
    evaluator = make()
    space = make_space(evaluator)
    candidates = candidates_of(space)
    candidates = [*candidates[::-1], candidates[-1], *candidates[1:]]
    prepared = [evaluator.prepare(space, EvaluationRequest(candidate)) for candidate in candidates]
    for split in SPLITS:
        alone = [_numbers(measure(evaluator, space, candidate, split)) for candidate in candidates]
        many = evaluator.score_many(prepared, split)
        for outcome in many:
            assert isinstance(outcome, Measurement), f"score_many gave {outcome!r}"
        assert [_numbers(outcome) for outcome in many] == alone, "score_many measured otherwise"
        assert evaluator.score_many([], split) == []


def sees_differences(make: MakeEvaluator, make_space: MakeSpace) -> None:
    """Different candidates do not all measure the same, and the two splits are two."""
    evaluator = make()
    space = make_space(evaluator)
    measured = {
        split: [_numbers(measure(evaluator, space, candidate, split)) for candidate in candidates_of(space)]
        for split in SPLITS
    }
    assert any(numbers != measured["search"][0] for numbers in measured["search"]), "all candidates measured the same"
    assert measured["search"] != measured["test"], "both splits measured the same"


def knows_its_bounds(make: MakeEvaluator, make_space: MakeSpace) -> None:
    """Bounds are of metrics, the best is better than the worst, and nothing measured is better than the best."""
    evaluator = make()
    space = make_space(evaluator)
    measured = [measure(evaluator, space, candidate, "search") for candidate in candidates_of(space)]
    for metric, (best, worst) in evaluator.bounds().items():
        assert metric in evaluator.metrics, f"bounds name {metric!r}, which it does not measure"
        assert math.isfinite(best), f"{metric}: best is {best}"
        assert math.isfinite(worst), f"{metric}: worst is {worst}"
        objective = Objective(metric, evaluator.metrics[metric])
        assert objective.minimized(best) < objective.minimized(worst), f"{metric}: {best} is no better than {worst}"
        for measurement in measured:
            value = measurement.metrics[metric]
            assert objective.minimized(value) >= objective.minimized(best), f"{metric}: {value} is better than {best}"


def polishes_what_it_says(make: MakeEvaluator, make_space: MakeSpace) -> None:
    """Where it polishes: always the same numbers on both splits, not those of the search, and nothing else changes."""
    evaluator = make()
    if not evaluator.polishes:
        return
    space = make_space(evaluator)
    candidates = candidates_of(space, 3)
    changed = False
    for split in SPLITS:
        plain = [_numbers(measure(evaluator, space, candidate, split)) for candidate in candidates]
        polished = [_numbers(_polished(evaluator, space, candidate, split)) for candidate in candidates]
        again = [_numbers(_polished(make(), space, candidate, split)) for candidate in candidates[::-1]]
        assert again[::-1] == polished, "a polished network was measured otherwise in another worker or order"
        requests = [EvaluationRequest(c, polish=polish) for c in candidates for polish in (False, True)]
        together = evaluator.score_many([evaluator.prepare(space, request) for request in requests], split)
        found = [_numbers(outcome) for outcome in together]
        assert (found[::2], found[1::2]) == (plain, polished), "polished networks and others were taken for one another"
        changed = changed or plain != polished
    assert changed, "polishing changed no score"


def _polished(evaluator: Evaluator, space: SearchSpace, candidate: Candidate, split: SplitName) -> Measurement:
    measurement = evaluator.score(evaluator.prepare(space, EvaluationRequest(candidate, polish=True)), split)
    assert measurement.metrics.keys() == evaluator.metrics.keys(), (
        f"polished, it measured {sorted(measurement.metrics)}"
    )
    _check_numbers(measurement.metrics)
    return measurement


CHECKS: tuple[Callable[[MakeEvaluator, MakeSpace], None], ...] = (
    declares_its_metrics,
    measures_all_it_declares,
    measures_the_same_in_any_order,
    scores_what_was_prepared_on_any_split,
    scores_many_as_it_scores_each,
    sees_differences,
    knows_its_bounds,
    polishes_what_it_says,
)
"""The contract."""


def _check_numbers(values: Mapping[str, float]) -> None:
    for name, value in values.items():
        assert isinstance(value, (int, float)), f"{name} is {value!r}, no plain number"
        assert math.isfinite(value), f"{name} is {value}"


def _numbers(measurement: Measurement | Exception | None) -> object:
    """What must always be the same: all but the time it took."""
    if not isinstance(measurement, Measurement):
        return measurement
    return dict(measurement.metrics), dict(measurement.standard_errors)
