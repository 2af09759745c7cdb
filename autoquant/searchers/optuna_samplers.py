"""The samplers of Optuna by name, their options checked."""

from __future__ import annotations

import importlib.util
import inspect
import logging
import re
import typing
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution
from optuna.samplers import BaseSampler
from pydantic import ConfigDict, ValidationError, create_model

from autoquant.errors import SpecError, did_you_mean
from autoquant.interfaces import SearchProblem
from autoquant.texts.wording import explain

NO_CONSTRAINTS = ("CmaEsSampler",)
"""Samplers that learn from results and know no constraints."""

DATA = {"int", "float", "str", "bool", "None"}
"""Types of the arguments that a spec can give."""

LISTED = 1 << 16
"""GridSampler lists every candidate of a space of at most so many."""

SMALL = {"n_startup_trials": 4, "population_size": 6, "popsize": 6}
"""At most so much of these in a rehearsal, so that it comes to what follows them."""

REHEARSED = 16
"""Trials of a rehearsal."""


def make_sampler(problem: SearchProblem, name: str, options: Mapping[str, Any]) -> BaseSampler:
    """A sampler by the name of its class or a short form, with the seed of the problem.

    `SpecError` for a name or option that is not accepted, for a sampler that cannot search this problem, and for values
    that it refuses when it is built or when it is tried on a small study.
    """
    sampler = find(name, problem)
    checked = check(sampler, options)
    seed = int(np.random.SeedSequence(problem.seed).generate_state(1)[0])  # samplers take 32 bits
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", FutureWarning)  # a deprecated option may have no effect any more
            made: BaseSampler = sampler(**checked, **given_by_space(sampler, problem), seed=seed)
        if checked:
            rehearse(sampler, problem, checked)
    except Exception as error:
        given = ", ".join(f"{key}={value!r}" for key, value in checked.items())
        why = " ".join(str(error).split()) or type(error).__name__
        raise SpecError(f"searcher.options: {sampler.__name__} refuses {given}: {why}") from error
    return made


def new_study(problem: SearchProblem, sampler: BaseSampler) -> optuna.Study:
    """A study in memory that is asked and told; a sampler that has tried everything need not stop it."""
    study = optuna.create_study(directions=[objective.direction for objective in problem.objectives], sampler=sampler)
    study.stop = lambda: None  # type: ignore[method-assign]  # raises where no `optimize` runs
    return study


def given_by_space(sampler: type[Any], problem: SearchProblem) -> dict[str, Any]:
    """What a sampler must be given and the space says: the option indices of a grid."""
    if sampler.__name__ != "GridSampler":
        return {}
    return {"search_space": {choice.name: list(range(len(choice.options))) for choice in problem.space.choices}}


def samplers() -> list[type[Any]]:
    """The classes in ``optuna.samplers`` that are samplers."""
    classes = [value for value in vars(optuna.samplers).values() if inspect.isclass(value)]
    return [sampler for sampler in classes if issubclass(sampler, BaseSampler) and not inspect.isabstract(sampler)]


def short(name: str) -> str:
    """``NSGAIIISampler`` -> ``nsga3``; ``cma-es`` -> ``cmaes``."""
    plain = re.sub(r"[^a-z0-9]", "", name.lower()).removesuffix("sampler")
    return plain.replace("iii", "3").replace("ii", "2")


def find(name: str, problem: SearchProblem) -> type[Any]:
    """The class that a name or a short form means; it can search the problem."""
    known = {short(sampler.__name__): sampler for sampler in samplers()}
    fit = [key for key, sampler in known.items() if not unfit(sampler, problem)]
    if short(name) not in known:
        hint = did_you_mean(name, fit)
        raise SpecError(f"searcher.sampler: no sampler of Optuna is called {name!r}; {hint}, or the name of the class")
    sampler = known[short(name)]
    if reason := unfit(sampler, problem):
        raise SpecError(f"searcher.sampler: {sampler.__name__} {reason}; accepted here: {', '.join(sorted(fit))}")
    return sampler


def unfit(sampler: type[Any], problem: SearchProblem) -> str | None:
    """Why a sampler cannot search a problem."""
    if sampler.__name__ == "GridSampler":
        size = problem.space.size
        return f"lists every candidate, here are {size:,}; at most {LISTED:,}" if size > LISTED else None
    parameters = inspect.signature(sampler).parameters.values()
    if needed := [p.name for p in parameters if p.default is p.empty]:
        return f"needs {' and '.join(needed)}, which a spec cannot give"
    if sampler.__name__ == "CmaEsSampler":
        if len(problem.objectives) > 1:
            return f"takes one objective, here are {len(problem.objectives)}"
        if loose := [c.name for c in problem.space.choices if not c.ordered and len(c.options) > 1]:
            return f"takes choices whose options have an order, {loose[0]!r} has none"
        if importlib.util.find_spec("cmaes") is None:
            return "needs the package cmaes (pip install cmaes)"
    return None


def check(sampler: type[Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """The options with their types checked and turned."""
    parameters = inspect.signature(sampler).parameters
    types = {name: set(re.findall(r"[\w.]+", str(p.annotation))) for name, p in parameters.items()}
    data = {name: p for name, p in parameters.items() if types[name] <= DATA and name != "seed"}
    accepted = ", ".join(sorted(data)) or "(nothing)"
    for name in options:
        if name == "seed":
            raise SpecError(
                "searcher.options.seed: the seed is that of the search; give `seed` at the same level as `searcher`"
            )
        if name in parameters and name not in data:
            what = f"searcher.options.{name}: {sampler.__name__} takes an object of Python for it"
            raise SpecError(f"{what}, which a spec cannot give; accepted: {accepted}")
    hints = typing.get_type_hints(SimpleNamespace(__annotations__={name: p.annotation for name, p in data.items()}))
    fields: dict[str, Any] = {name: (hints[name], p.default) for name, p in data.items()}
    model = create_model(sampler.__name__, __config__=ConfigDict(extra="forbid", strict=True), **fields)
    try:
        checked = model.model_validate(dict(options))
    except ValidationError as error:
        raise SpecError(explain(error, "searcher.options", {"": list(data)})) from None
    return {name: getattr(checked, name) for name in options}


def rehearse(sampler: type[Any], problem: SearchProblem, options: Mapping[str, Any]) -> None:
    """Try a sampler on a small study, because some values are refused only when they are used."""
    known = inspect.signature(sampler).parameters
    given = {name: most if options.get(name) is None else options[name] for name, most in SMALL.items()}
    less = {name: min(value, SMALL[name]) for name, value in given.items() if name in known}
    study = new_study(problem, sampler(**{**options, **less}, seed=0))
    space: dict[str, BaseDistribution] = {"a": IntDistribution(0, 3), "b": IntDistribution(0, 3)}
    if not all(choice.ordered for choice in problem.space.choices):
        space["c"] = CategoricalDistribution(range(3))
    for number in range(REHEARSED):
        trial = study.ask(space)
        study.tell(trial, [float((7 * number + 3 * i) % 11) for i in range(len(problem.objectives))])


def distributions(problem: SearchProblem) -> dict[str, BaseDistribution]:
    """Choice -> distribution of its option index: a whole number where options have an order, so that it is known."""
    return {
        choice.name: IntDistribution(0, len(choice.options) - 1)
        if choice.ordered
        else CategoricalDistribution(range(len(choice.options)))
        for choice in problem.space.choices
    }


@contextmanager
def quiet() -> Iterator[None]:
    """Without Optuna's log below errors, and without warnings (experimental arguments, Sobol' sizes, ...)."""
    logger = logging.getLogger("optuna")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(before)
