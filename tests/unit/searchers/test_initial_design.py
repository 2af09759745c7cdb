"""The first candidates of a search."""

from __future__ import annotations

import numpy as np

from autoquant.interfaces import Result
from autoquant.searchers.initial_design import InitialDesign, equal_positions
from autoquant.space import Choice, SearchSpace
from autoquant.testing.searchers import measure, unordered
from autoquant.trial import Proposal


def test_where_a_space_names_no_uniform_candidates_the_start_has_the_same_place_everywhere() -> None:
    space = SearchSpace(
        [Choice("a", (2, 4, 8)), Choice("b", (4, 8)), Choice("c", ("x", "y"), ordered=False), Choice("d", (1,))]
    )
    assert equal_positions(space).tolist() == [[0, 0, 0, 0], [1, 0, 1, 0], [2, 1, 0, 0]]


def test_the_front_of_the_additive_model_joins_when_all_is_told_and_only_once() -> None:
    design = InitialDesign(unordered(0), 6, True, np.random.default_rng(0))
    probes = list(design.candidates)
    results: list[Result] = [(Proposal(i, c), measure(c)) for i, c in enumerate(probes)]
    design.learn(results[:-1])
    assert (design.told, design.extend(), design.candidates) == (False, False, probes)
    design.learn(results[-1:])
    assert (design.told, design.extend(), design.extend()) == (True, True, False)
    assert design.candidates[: len(probes)] == probes
    assert len(design.candidates) == len(probes) + 6
    assert set(design.candidates[len(probes) :]) <= {tuple(row) for row in design.modelled_front.tolist()}
    assert design.model is not None
    assert not design.told
