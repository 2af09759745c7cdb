"""Optuna's samplers as searchers: what they promise beyond the contract of searchers."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import warnings
from functools import partial
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.distributions import CategoricalDistribution, IntDistribution
from optuna.trial import TrialState

import autoquant as aq
from autoquant import plugins
from autoquant.errors import SearcherError, SpecError
from autoquant.interfaces import PricedCosts, SearchProblem
from autoquant.objective import Constraint
from autoquant.searchers import optuna_samplers
from autoquant.searchers.optuna import SUGGESTIONS, OptunaSearch
from autoquant.space import Choice, SearchSpace
from autoquant.testing.searchers import CHECKS, OBJECTIVES, PROBLEMS, Log, measure, price, problem

BITS = SearchSpace([Choice(f"layer{i}", (2, 3, 4, 8)) for i in range(6)])


def ordered(seed: int) -> SearchProblem:
    """One objective over bit-widths, as CMA-ES needs it."""
    constraints = (Constraint.parse("bytes <= 45"), Constraint.parse("accuracy >= 0.3"))
    return SearchProblem(BITS, OBJECTIVES[:1], constraints, PricedCosts(BITS, price), seed)


def study(searcher: OptunaSearch) -> optuna.Study:
    return searcher._study


@pytest.mark.parametrize("name", ["tpe", "TPE", "TPESampler", "tpesampler"])
def test_short_and_long_names(name: str) -> None:
    assert type(study(OptunaSearch(problem(), sampler=name)).sampler) is optuna.samplers.TPESampler


@pytest.mark.parametrize(
    ("name", "sampler"),
    [
        ("nsga2", "NSGAIISampler"),
        ("NSGA-II", "NSGAIISampler"),
        ("nsga3", "NSGAIIISampler"),
        ("NSGAIIISampler", "NSGAIIISampler"),
        ("cma-es", "CmaEsSampler"),
        ("cmaes", "CmaEsSampler"),
        ("gp", "GPSampler"),
        ("random", "RandomSampler"),
        ("qmc", "QMCSampler"),
        ("grid", "GridSampler"),
        ("brute_force", "BruteForceSampler"),
    ],
)
def test_every_sampler_that_can_search_is_found(name: str, sampler: str) -> None:
    assert type(study(OptunaSearch(ordered(0), sampler=name)).sampler).__name__ == sampler


def test_every_sampler_of_this_optuna_is_accounted_for() -> None:
    names = {one.__name__ for one in optuna_samplers.samplers()}
    fit = {one.__name__ for one in optuna_samplers.samplers() if optuna_samplers.unfit(one, ordered(0)) is None}
    assert names - fit == {"PartialFixedSampler"}


def test_a_grid_of_too_many_candidates_is_refused() -> None:
    space = SearchSpace([Choice(f"c{i}", (0, 1)) for i in range(17)])
    given = SearchProblem(space, OBJECTIVES[:1], (), PricedCosts(space, price), 0)
    with pytest.raises(
        SpecError, match=r"GridSampler lists every candidate, here are 131,072; at most 65,536; accepted"
    ):
        OptunaSearch(given, sampler="grid")


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"sampler": "tpee"}, "searcher.sampler", "no sampler of Optuna is called 'tpee'; did you mean 'tpe'? accepted: "),
    (
        {"sampler": ""},
        "searcher.sampler",
        "accepted: bruteforce, gp, nsga2, nsga3, qmc, random, tpe, or the name of the class",
    ),
    ({"sampler": "BaseSampler"}, "searcher.sampler", "no sampler of Optuna is called 'BaseSampler'"),
    ({"sampler": "partial_fixed"}, "searcher.sampler", "PartialFixedSampler needs fixed_params and base_sampler"),
    ({"sampler": "brute_force", "options": {"seed": 1}}, "searcher.options.seed", "the seed is that of the search"),
    ({"sampler": "cmaes"}, "searcher.sampler", "takes one objective, here are 2; accepted here: bruteforce, gp, nsga2"),
    ({"options": {"seed": 3}}, "searcher.options.seed", "the seed is that of the search"),
    ({"options": {"n_startup": 3}}, "searcher.options.n_startup", "did you mean 'n_startup_trials'? accepted: "),
    (
        {"options": {"n_startup_trials": "many"}},
        "searcher.options.n_startup_trials",
        "whole number (given: 'many')",
    ),
    ({"options": {"constant_liar": "no"}}, "searcher.options.constant_liar", "must be true or false"),
    ({"options": {"constraints_func": "mine:f"}}, "searcher.options.constraints_func", "an object of Python"),
    ({"options": {"gamma": 0.1}}, "searcher.options.gamma", "an object of Python for it, which a spec cannot give"),
    ({"options": {"n_ei_candidates": 0}}, "searcher.options", "TPESampler refuses n_ei_candidates=0: "),
    ({"options": {"n_startup_trials": 900, "n_ei_candidates": -1}}, "searcher.options", "n_ei_candidates=-1: "),
    ({"options": {"group": True, "multivariate": False}}, "searcher.options", "``group`` option can only be"),
    ({"options": {"prior_weight": 2.0}}, "searcher.options", "`prior_weight` has been deprecated"),
    ({"sampler": "nsga2", "options": {"population_size": 1}}, "searcher.options", "greater than or equal to 2"),
    ({"sampler": "nsga2", "options": {"crossover_prob": 2.0}}, "searcher.options", "crossover_prob=2.0: "),
    ({"sampler": "nsga2", "options": {"crossover": "uniform"}}, "searcher.options.crossover", "an object of Python"),
    ({"sampler": "nsga3", "options": {"dividing_parameter": -1}}, "searcher.options", "dividing_parameter=-1: "),
    ({"sampler": "qmc", "options": {"qmc_type": "latin"}}, "searcher.options", "Choose either `halton` or `sobol`"),
    ({"sampler": "random", "options": {"x": 1}}, "searcher.options.x", "there is no such field"),
    ({"sampler": "gp", "options": {"independent_sampler": "tpe"}}, "searcher.options.independent_sampler", "object"),
]


@pytest.mark.parametrize(("options", "place", "text"), WRONG)
def test_wrong_samplers_and_options_are_refused_in_one_line(options: dict[str, Any], place: str, text: str) -> None:
    with pytest.raises(SpecError) as caught:
        OptunaSearch(problem(), **options)
    (line,) = caught.value.problems
    assert line.startswith(f"{place}: ")
    assert text in line
    assert "\n" not in line


@pytest.mark.parametrize("popsize", [0, 1])
def test_values_that_are_refused_only_when_used_are_refused_at_once(popsize: int) -> None:
    with pytest.raises(SpecError, match=rf"CmaEsSampler refuses popsize={popsize}: "):
        OptunaSearch(ordered(0), sampler="cmaes", options={"popsize": popsize})


def test_cma_es_takes_choices_with_an_order_only() -> None:
    with pytest.raises(SpecError, match="takes choices whose options have an order, 'kind' has none"):
        OptunaSearch(problem(1), sampler="cmaes")


def test_cma_es_without_its_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(optuna_samplers.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SpecError, match=r"CmaEsSampler needs the package cmaes \(pip install cmaes\); accepted here: "):
        OptunaSearch(ordered(0), sampler="cmaes")


@pytest.mark.parametrize(
    ("options", "place"),
    [({"sampler": 5}, "searcher.sampler"), ({"options": [1]}, "searcher.options"), ({"smapler": "tpe"}, "searcher.s")],
)
def test_options_of_the_plug_in_are_typed(options: dict[str, Any], place: str) -> None:
    with pytest.raises(SpecError) as caught:
        plugins.check_options(OptunaSearch, options, "searcher")
    assert caught.value.problems[0].startswith(place)


def test_options_reach_the_sampler_and_the_seed_is_the_problems() -> None:
    def proposals(seed: int, **options: Any) -> list[object]:
        made = aq.make_searcher("optuna", BITS, ["accuracy"], seed=seed, sampler="nsga2", options=options)
        return [proposal.candidate for proposal in made.ask(10)]

    assert proposals(1) == proposals(1) != proposals(2) != proposals(1 << 40)
    searcher = OptunaSearch(problem(), sampler="nsga2", options={"population_size": 7, "mutation_prob": None})
    assert study(searcher).sampler.population_size == 7


def test_choices_with_an_order_are_whole_numbers_and_others_categories() -> None:
    searcher = OptunaSearch(problem())
    searcher.ask(1)
    found = study(searcher).trials[0].distributions
    assert found["layer0"] == IntDistribution(0, 4)
    assert found["kind"] == CategoricalDistribution(range(3))


@pytest.mark.parametrize("task", ["two objectives", "no order", "small and switched"])
@pytest.mark.parametrize("sampler", ["tpe", "nsga2", "qmc"])
def test_the_sizes_of_the_asks_make_no_difference(task: str, sampler: str) -> None:
    def proposals(pieces: tuple[int, ...]) -> list[object]:
        searcher = OptunaSearch(PROBLEMS[task](1), sampler=sampler)
        first = searcher.ask(12)
        searcher.tell([(proposal, measure(proposal.candidate)) for proposal in first])
        return [proposal for count in pieces for proposal in searcher.ask(count)]

    assert proposals((12,)) == proposals((1, 5, 2, 4)) == proposals((1,) * 12)


def reported(searcher: OptunaSearch, state: TrialState) -> list[optuna.trial.FrozenTrial]:
    return [trial for trial in study(searcher).trials if trial.state is state]


def test_suggestions_that_cost_too_much_are_told_as_pruned_with_what_they_break() -> None:
    searcher = OptunaSearch(problem(bound=25))
    log = Log(searcher, 0).run(40)
    assert all(price(np.array([proposal.candidate]))["bytes"][0] <= 25 for proposal in log.proposals)
    pruned = reported(searcher, TrialState.PRUNED)
    assert pruned
    for trial in pruned:
        candidate = searcher.problem.space.canonical(tuple(trial.params.values()))
        excess = (price(np.array([candidate]))["bytes"][0] - 25) / 25
        assert trial.constraints == {"bytes <= 25": pytest.approx(excess), "accuracy >= 0.2": 0.0}
        assert excess > 0


def test_measured_constraints_are_told_relative_to_their_bounds() -> None:
    searcher = OptunaSearch(problem())
    (proposal,) = searcher.ask(1)
    searcher.tell([(proposal, {"accuracy": 0.1, "bytes": 20.0})])
    (trial,) = reported(searcher, TrialState.COMPLETE)
    assert trial.constraints == {"bytes <= 40": -0.5, "accuracy >= 0.2": pytest.approx(0.5)}
    assert trial.values == [0.1, 20.0]
    assert study(searcher).best_trials == []


def test_a_duplicate_is_told_from_memory_and_never_proposed() -> None:
    given = SearchProblem(SearchSpace([Choice("bits", (2, 4, 8))]), OBJECTIVES[:2], seed=0)
    searcher = OptunaSearch(given, sampler="random")
    log = Log(searcher, 0)
    for _ in range(3):
        log.ask(1)
        log.tell(1)
    assert sorted(proposal.candidate for proposal in log.proposals) == [(0,), (1,), (2,)]
    assert searcher.ask(1) == []
    assert searcher.exhausted
    complete = reported(searcher, TrialState.COMPLETE)
    assert len(complete) > 3
    for trial in complete:
        metrics = measure((trial.params["bits"],))
        assert trial.values == [metrics["accuracy"], metrics["bytes"]]


def test_a_duplicate_that_still_waits_for_its_result_is_told_as_failed() -> None:
    given = SearchProblem(SearchSpace([Choice("bits", (2, 4, 8))]), OBJECTIVES[:2], seed=0)
    searcher = OptunaSearch(given, sampler="random")
    open_ones = searcher.ask(3)
    assert searcher.ask(1) == []
    assert reported(searcher, TrialState.COMPLETE) == []
    assert reported(searcher, TrialState.FAIL)
    searcher.tell([(proposal, measure(proposal.candidate)) for proposal in open_ones])
    assert len(reported(searcher, TrialState.COMPLETE)) == 3


def test_what_failed_is_told_as_failed_and_never_proposed_again() -> None:
    searcher = OptunaSearch(PROBLEMS["small"](0), sampler="nsga2")
    log = Log(searcher, 0, fail=1.0).run(90)
    candidates = [proposal.candidate for proposal in log.proposals]
    assert len(candidates) == len(set(candidates)) > 5
    assert reported(searcher, TrialState.COMPLETE) == []


def test_a_sampler_that_finds_nothing_new_learns_from_what_is_proposed_in_its_place() -> None:
    searcher = OptunaSearch(PROBLEMS["hardly anything fits"](0), sampler="nsga2")
    log = Log(searcher, 0).run(40)
    numbers = {tuple(trial.params.values()): trial for trial in reported(searcher, TrialState.COMPLETE)}
    assert {proposal.candidate for proposal in log.proposals} == set(numbers)
    assert any("fixed_params" in trial.system_attrs for trial in numbers.values())
    assert all("NSGAIISampler:generation" in trial.system_attrs for trial in numbers.values())


def test_a_proposal_takes_a_bounded_number_of_suggestions() -> None:
    searcher = OptunaSearch(PROBLEMS["hardly anything fits"](0), sampler="random")
    log = Log(searcher, 0).run(30)
    assert len(study(searcher).trials) <= (SUGGESTIONS + 1) * (len(log.proposals) + 1)


@pytest.mark.parametrize("options", [{}, {"with_margin": True}, {"popsize": 4}])
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_cma_es_keeps_the_contract(check: Any, options: dict[str, Any]) -> None:
    check(partial(OptunaSearch, sampler="cmaes", options=options), ordered)


def test_cma_es_leaves_out_what_breaks_a_constraint() -> None:
    searcher = OptunaSearch(ordered(0), sampler="cmaes")
    proposals = searcher.ask(2)
    searcher.tell([(proposals[0], {"accuracy": 0.29}), (proposals[1], {"accuracy": 0.31})])
    assert [study(searcher).trials[i].state for i in (0, 1)] == [TrialState.FAIL, TrialState.COMPLETE]


def test_gaussian_processes_search_and_replay() -> None:
    import torch

    def pieces() -> list[object]:
        searcher = OptunaSearch(ordered(0), sampler="gp", options={"n_startup_trials": 5})
        return list(Log(searcher, 3, fail=0.1).run(9).pieces)

    before = torch.get_rng_state()
    first = pieces()
    assert bool((torch.get_rng_state() == before).all())
    torch.manual_seed(99)
    assert pieces() == first
    assert sum(map(len, first)) == 9  # type: ignore[arg-type]
    torch.set_rng_state(before)


REPLAY = """
import json, sys
from autoquant.searchers.optuna import OptunaSearch
from autoquant.testing.searchers import Log, problem
sampler, options = json.loads(sys.argv[1])
log = Log(OptunaSearch(problem(seed=3), sampler=sampler, options=options), 1, fail=0.2, shuffle=True).run(40)
print(json.dumps([proposal.candidate for proposal in log.proposals]))
"""


@pytest.mark.parametrize("chosen", [["tpe", {"group": True, "multivariate": True}], ["nsga3", {"population_size": 6}]])
def test_another_process_proposes_the_same(chosen: list[Any]) -> None:
    found = []
    for hashes in ("1", "2"):
        command = [sys.executable, "-W", "error", "-c", REPLAY, json.dumps(chosen)]
        done = subprocess.run(
            command, env=os.environ | {"PYTHONHASHSEED": hashes}, capture_output=True, text=True, timeout=600
        )
        assert (done.returncode, done.stderr) == (0, "")
        found.append(json.loads(done.stdout))
    assert found[0] == found[1]
    assert len(found[0]) == 40


class Records(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(record.getMessage())


@pytest.mark.parametrize("sampler", ["tpe", "qmc", "nsga2"])
def test_optunas_log_and_warnings_stay_away_and_the_users_settings_stay(sampler: str) -> None:
    verbosity, filters, records = optuna.logging.get_verbosity(), list(warnings.filters), Records()
    logging.getLogger("optuna").addHandler(records)
    try:
        optuna.logging.set_verbosity(optuna.logging.INFO)
        options = {"multivariate": True, "group": True} if sampler == "tpe" else {}
        Log(OptunaSearch(problem(), sampler=sampler, options=options), 0).run(20)
        assert records.found == []
        assert optuna.logging.get_verbosity() == optuna.logging.INFO
        assert list(warnings.filters) == filters
        optuna.create_study(study_name="the user's")
        assert records.found == ["A new study created in memory with name: the user's"]
    finally:
        optuna.logging.set_verbosity(verbosity)
        logging.getLogger("optuna").removeHandler(records)


def test_a_sampler_that_breaks_down_is_named() -> None:
    searcher = OptunaSearch(problem())
    searcher.ask(1)

    def broken(*_: object) -> None:
        raise ZeroDivisionError("float division by zero")

    study(searcher).sampler.sample_independent = broken  # type: ignore[method-assign, assignment]
    with pytest.raises(SearcherError, match="Optuna's TPESampler failed: ZeroDivisionError: float division by zero; "):
        searcher.ask(1)


def test_it_beats_random_search_where_layers_differ_in_sensitivity() -> None:
    def best(sampler: str, seed: int) -> float:
        space = SearchSpace([Choice(f"layer{i}", (2, 3, 4, 6, 8)) for i in range(10)])
        given = SearchProblem(
            space, OBJECTIVES[:1], (Constraint.parse("bytes <= 100"),), PricedCosts(space, price), seed
        )
        searcher = OptunaSearch(given, sampler=sampler)
        weights = np.random.default_rng(7).lognormal(0, 1.5, size=10)
        found = []
        while searcher.asked < 80:
            for proposal in searcher.ask(4):
                found.append(-float((weights * 0.25 ** np.array(proposal.candidate)).sum()))
                searcher.tell([(proposal, {"accuracy": found[-1]})])
        return max(found)

    tpe, random = (np.mean([best(sampler, seed) for seed in range(4)]) for sampler in ("tpe", "random"))
    assert tpe > random + 0.2 * abs(random)
