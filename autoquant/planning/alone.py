"""A search space, a cost model or a searcher alone, by the name of its plug-in: no spec, no store, no workers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autoquant import plugins
from autoquant.errors import SpecError
from autoquant.interfaces import CostModel, NoCosts, PricedCosts, Searcher, SearchProblem
from autoquant.network import NetworkProfile
from autoquant.objective import Constraint, Objective, as_objective
from autoquant.space import SearchSpace


def make_space(name: str, network: NetworkProfile | None = None, **options: Any) -> SearchSpace:
    """A search space plug-in by name, its options checked."""
    space: SearchSpace = plugins.create("search space", name, network, options=options, place="space")
    return space


def make_cost_model(name: str, device: str | None = None, **options: Any) -> CostModel:
    """A cost model plug-in by name, its options checked."""
    positional = (device,) if plugins.load("cost model", name).uses_device else ()
    model: CostModel = plugins.create("cost model", name, *positional, options=options, place="cost_model")
    return model


def make_searcher(
    name: str,
    space: SearchSpace,
    objectives: list[str | Objective] | tuple[str | Objective, ...],
    *,
    constraints: list[str] | tuple[str, ...] = (),
    price: Callable[[np.ndarray[Any, Any]], Mapping[str, Any]] | None = None,
    seed: int = 0,
    **options: Any,
) -> Searcher:
    """A searcher alone, without store or workers: ``ask`` for proposals, ``tell`` their metrics.

    Args:
        name: of the plug-in, ``random`` or ``nsga3`` for instance.
        space: what may be chosen.
        objectives: metrics; `Objective` where the direction of a metric is not known.
        constraints: texts such as ``weight_bytes <= 65536``.
        price: candidates (n, choices) -> metric -> costs (n,), so that cost constraints are held without measuring.
        seed: of all its randomness.
        options: of the plug-in.

    `PluginError` for an unknown name, `SpecError` for a wrong option, objective or constraint, `SearcherError` where
    nothing can hold the constraints.
    """
    if not objectives:
        raise SpecError("objectives: name at least one")
    problem = SearchProblem(
        space,
        tuple(as_objective(objective) for objective in objectives),
        tuple(Constraint.parse(text) for text in constraints),
        NoCosts() if price is None else PricedCosts(space, price, seed),
        seed,
    )
    searcher: Searcher = plugins.create("searcher", name, problem, options=options, place="searcher")
    return searcher
