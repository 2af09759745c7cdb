"""Random search: what it promises beyond the contract of searchers."""

from __future__ import annotations

import numpy as np
import pytest

from autoquant.errors import SearcherError
from autoquant.interfaces import SearchProblem
from autoquant.objective import Constraint, Objective
from autoquant.searchers.random import RandomSearch
from autoquant.space import Choice, SearchSpace
from autoquant.testing.searchers import PROBLEMS, problem


@pytest.mark.parametrize("task", ["two objectives", "hardly anything fits", "small and switched"])
def test_the_sizes_of_the_asks_make_no_difference(task: str) -> None:
    at_once = RandomSearch(PROBLEMS[task](3)).ask(40)
    searcher = RandomSearch(PROBLEMS[task](3))
    in_pieces = [proposal for count in (1, 7, 2, 13, 1, 1, 15) for proposal in searcher.ask(count)]
    assert in_pieces == at_once


def test_it_draws_uniformly() -> None:
    space = SearchSpace([Choice("a", tuple(range(4))), Choice("b", tuple(range(500)))])
    sampled = RandomSearch(SearchProblem(space, (Objective("x", "minimize"),))).ask(800)
    counts = np.bincount([proposal.candidate[0] for proposal in sampled], minlength=4)
    # Chi-squared with 3 degrees of freedom is above 16.3 once in a thousand.
    assert float(((counts - 200) ** 2 / 200).sum()) < 16.3


def test_what_it_is_told_makes_no_difference() -> None:
    told, untold = RandomSearch(problem()), RandomSearch(problem())
    first = told.ask(5)
    assert untold.ask(5) == first
    told.tell([(one, {"accuracy": 0.5, "bytes": 1.0}) for one in first])
    assert told.ask(20) == untold.ask(20)


def test_constraints_that_nothing_holds_are_named() -> None:
    impossible = problem(bound=-1)
    with pytest.raises(SearcherError, match=r"no candidate was found .* bytes <= -1; accuracy >= 0.2; loosen one"):
        RandomSearch(impossible).ask(1)


def test_a_constraint_on_what_is_measured_is_not_its_business() -> None:
    given = SearchProblem(problem().space, problem().objectives, (Constraint.parse("accuracy >= 2"),))
    assert len(RandomSearch(given).ask(9)) == 9


def test_it_is_exhausted_once_everything_is_proposed() -> None:
    searcher = RandomSearch(PROBLEMS["three candidates"](0))
    assert not searcher.exhausted
    assert len(searcher.ask(2)) == 2
    assert not searcher.exhausted
    assert len(searcher.ask(5)) == 1
    assert searcher.exhausted
    assert searcher.ask(1) == []
