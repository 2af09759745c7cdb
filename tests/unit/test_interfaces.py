"""What the contracts do by themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import toy
from hypothesis import given
from hypothesis import strategies as st
from measuring import measure, measure_many

from autoquant.errors import SearcherError
from autoquant.interfaces import KINDS, PricedCosts, SearchProblem, gather_and_sum
from autoquant.objective import Constraint, violations
from autoquant.testing.searchers import OBJECTIVES, price, problem
from autoquant.trial import Measurement


@given(
    st.integers(0, 5), st.lists(st.lists(st.integers(-9, 9), min_size=1, max_size=4), min_size=1, max_size=4), st.data()
)
def test_gather_and_sum_is_the_sum_over_layers(count: int, tables: list[list[int]], data: Any) -> None:
    rows = [[data.draw(st.integers(0, len(table) - 1)) for table in tables] for _ in range(count)]
    found = gather_and_sum(
        [np.array(table, dtype=float) for table in tables], np.array(rows, dtype=int).reshape(count, len(tables))
    )
    assert list(found) == [sum(table[i] for table, i in zip(tables, row, strict=True)) for row in rows]


@given(st.integers(0, 60), st.sampled_from(["<=", ">="]))
def test_feasible_costs_are_those_without_violations(bound: int, operator: str) -> None:
    constraint = Constraint.parse(f"bytes {operator} {bound}")
    given = SearchProblem(
        problem().space,
        OBJECTIVES[:1],
        (constraint, Constraint.parse("accuracy >= 1")),
        PricedCosts(problem().space, price),
    )
    candidates = given.space.sample(np.random.default_rng(0), 40)
    expected = [not violations((constraint,), {"bytes": float(cost)}) for cost in price(candidates)["bytes"]]
    assert list(given.feasible_costs(candidates)) == expected


def test_a_refused_tell_says_why() -> None:
    searcher = toy.Repeating(problem())
    first, second = searcher.ask(2)
    metrics = {"accuracy": 0.5, "bytes": 1.0}
    searcher.tell([(first, metrics)])
    cases: list[tuple[Any, str]] = [
        ((first, metrics), "proposal 0 .* was told before; nothing was learned"),
        ((second.__class__(7, (0,)), metrics), r"proposal 7 \(0,\) was never asked; nothing was learned"),
        (
            (second, {"accuracy": 0.5}),
            r"proposal 1 has no 'bytes'; it must hold every objective and every metric of a constraint, "
            r"it holds \['accuracy'\]",
        ),
        (
            (second, {"accuracy": 0.5, "bytes": float("inf")}),
            "bytes of proposal 1 is inf; tell None for a proposal that",
        ),
    ]
    for result, message in cases:
        with pytest.raises(SearcherError, match=message):
            searcher.tell([result])
    with pytest.raises(SearcherError, match=r"ask\(0\): ask for at least one"):
        searcher.ask(0)
    searcher.tell([(second, None)])


def test_many_are_measured_like_each_and_one_failure_stops_no_other() -> None:
    evaluator, space = toy.Toy(None, None, fail=[3]), problem().space
    candidates = [(0,) * 8, (3, *(0,) * 7), (1, *(0,) * 7)]
    found = measure_many(evaluator, space, candidates)
    assert isinstance(found[1], ValueError)
    assert [found[0], found[2]] == [measure(evaluator, space, candidates[i]) for i in (0, 2)]
    assert isinstance(found[0], Measurement)


def test_every_kind_of_plug_in_has_an_entry_point_group() -> None:
    assert len({kind.group for kind in KINDS.values()}) == len(KINDS) == 5
    assert all(name == kind.name for name, kind in KINDS.items())


@pytest.mark.parametrize(
    "wanted", [[0, 1], np.array([0, 1]), {"seed": np.int64(3)}, {"rate": float("nan")}, {"a": [1]}]
)
def test_what_is_no_proposal_is_refused_before_it_counts(wanted: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    searcher = toy.Repeating(problem())
    monkeypatch.setattr(searcher, "propose", lambda count: [wanted])
    with pytest.raises(
        SearcherError, match=r"(?s)^propose: .* is no proposal; accepted: a candidate, which is a tuple"
    ):
        searcher.ask(1)
    assert searcher.asked == 0
