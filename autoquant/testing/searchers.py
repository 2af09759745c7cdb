"""The contract of searchers, as checks that raise `AssertionError` with what is wrong.

Run it over a searcher of your own, in any test framework::

    from autoquant.testing.searchers import check_searcher

    def test_my_searcher():
        check_searcher(MySearcher)

What it is given makes a searcher from a `SearchProblem`: the class itself, or a function that sets its options.
`proposes_everything` is a law that many searchers obey and that is no part of the contract.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from autoquant import plugins
from autoquant.errors import SearcherError
from autoquant.interfaces import FloatArray, PricedCosts, Result, Searcher, SearchProblem
from autoquant.objective import Constraint, Objective
from autoquant.space import Candidate, Choice, SearchSpace
from autoquant.trial import Proposal

MakeSearcher = Callable[[SearchProblem], Searcher]
MakeProblem = Callable[[int], SearchProblem]
"""A problem with this seed."""

OBJECTIVES = (Objective("accuracy", "maximize"), Objective("bytes", "minimize"), Objective("energy", "minimize"))

TRIALS = 60
"""Proposals that a check asks for, in a space that has many more."""


class Switched(SearchSpace):
    """Bit-widths, a choice without order, and a switch: where a part is off, its bit-width makes no difference."""

    def __init__(self, layers: int = 6) -> None:
        bits = [Choice(f"layer{i}", (2, 3, 4, 8, "float")) for i in range(layers)]
        super().__init__([*bits, Choice("kind", ("a", "b", "c"), ordered=False), Choice("part", (False, True))])

    def canonical(self, candidate: Candidate) -> Candidate:
        return candidate if candidate[-1] else (0, *candidate[1:])

    def uniform(self) -> dict[str, Candidate]:
        layers = len(self.choices) - 2
        return {f"W{i}": (i,) * layers + (0, 1) for i in range(5)}


def price(candidates: npt.NDArray[Any]) -> dict[str, FloatArray]:
    """Bytes of candidates: (n, choices) -> (n,). Whole numbers, so that no check depends on rounding."""
    weights = np.arange(1, candidates.shape[1] + 1)
    return {"bytes": (candidates * weights).sum(axis=1).astype(np.float64)}


def measure(candidate: Candidate) -> dict[str, float]:
    """Metrics of a candidate, at odds with one another."""
    bits = np.array(candidate, dtype=np.float64)
    rough = math.sin(7.0 * float(bits @ np.arange(3, 3 + len(bits))))
    return {
        "accuracy": 1.0 - float(np.exp(-bits).mean()) + 0.01 * rough,
        "bytes": float(price(np.array([candidate]))["bytes"][0]),
        "energy": float(((bits - 1.5) ** 2).sum()),
    }


def problem(objectives: int = 2, *, seed: int = 0, space: SearchSpace | None = None, bound: int = 40) -> SearchProblem:
    """A task with that many objectives; the price is held below ``bound``, accuracy must be measured."""
    constraints = (Constraint.parse(f"bytes <= {bound}"), Constraint.parse("accuracy >= 0.2"))
    made = space or Switched()
    return SearchProblem(made, OBJECTIVES[:objectives], constraints, PricedCosts(made, price), seed)


def bit_widths(layers: int, bound: int, seed: int) -> SearchProblem:
    """Layers of three bit-widths each, their bytes held below ``bound``."""
    space = SearchSpace([Choice(f"layer{i}", (2, 4, 8)) for i in range(layers)])
    limit = Constraint.parse(f"bytes <= {bound}")
    return SearchProblem(space, OBJECTIVES[:2], (limit,), PricedCosts(space, price), seed)


def unordered(seed: int) -> SearchProblem:
    """Operations, which have no order."""
    space = SearchSpace([Choice(f"edge{i}", ("none", "skip", "conv"), ordered=False) for i in range(6)])
    return SearchProblem(space, OBJECTIVES[:2], (), PricedCosts(space, price), seed)


PROBLEMS: Mapping[str, MakeProblem] = {
    "one objective": lambda seed: problem(1, seed=seed),
    "two objectives": lambda seed: problem(2, seed=seed),
    "three objectives": lambda seed: problem(3, seed=seed),
    "no price": lambda seed: SearchProblem(Switched(), OBJECTIVES[:2], seed=seed),
    "no order": unordered,
    "many layers": lambda seed: bit_widths(40, 700, seed),
    "hardly anything fits": lambda seed: bit_widths(12, 4, seed),
    "small": lambda seed: bit_widths(4, 4, seed),
    "small and switched": lambda seed: problem(3, seed=seed, space=Switched(2), bound=9),
    "three candidates": lambda seed: SearchProblem(SearchSpace([Choice("bits", (2, 4, 8))]), OBJECTIVES[:2], seed=seed),
    "one candidate": lambda seed: SearchProblem(SearchSpace([Choice("only", ("one",))]), OBJECTIVES[:1], seed=seed),
}
"""Name -> task with a seed."""

SMALL = ("small", "small and switched", "three candidates", "one candidate")
"""Tasks whose every candidate can be listed."""


def roomy(given: SearchProblem) -> bool:
    """Whether a good part of a large space is feasible."""
    sampled = given.space.sample(np.random.default_rng(0), 256)
    return given.space.size > 4 * TRIALS and float(given.feasible_costs(sampled).mean()) > 0.1


def discovered() -> dict[str, MakeSearcher]:
    """Every installed searcher, by name, with the options it has by default."""
    return {name: plugins.load("searcher", name) for name in plugins.names("searcher")}


def check_searcher(make: MakeSearcher) -> None:
    """Every check of the contract, over every task."""
    for check in CHECKS:
        for task in PROBLEMS.values():
            check(make, task)


class Log:
    """A search by hand: asks and tells, in an order that its seed draws, and everything that came of it.

    ``fail``: share of results that are told as None. ``shuffle``: results are told in any order, some of them late;
    else in the order of their proposals.
    """

    def __init__(self, searcher: Searcher, seed: int, *, fail: float = 0.0, shuffle: bool = False) -> None:
        self.searcher = searcher
        self.proposals: list[Proposal] = []
        self.pieces: list[list[Proposal]] = []
        self.pending: list[Proposal] = []
        self._rng = random.Random(seed)
        self._fail = fail
        self._shuffle = shuffle

    def run(self, total: int) -> Log:
        """Ask and tell until so many were proposed, or nothing new comes although everything was told."""
        while len(self.proposals) < total:
            piece = self.ask(min(self._rng.randint(1, 7), total - len(self.proposals)))
            if not piece and not self.pending:
                break
            self.tell(self._rng.randint(0, 5) if piece else len(self.pending))
        return self

    def ask(self, count: int) -> list[Proposal]:
        """One piece of proposals."""
        piece = self.searcher.ask(count)
        assert len(piece) <= count, f"ask({count}) gave {len(piece)} proposals"
        self.pieces.append(piece)
        self.proposals += piece
        self.pending += piece
        return piece

    def tell(self, count: int) -> list[Result]:
        """Results of so many of the open proposals."""
        told: list[Result] = []
        for _ in range(min(count, len(self.pending))):
            position = self._rng.randrange(len(self.pending)) if self._shuffle else 0
            proposal = self.pending.pop(position)
            failed = self._rng.random() < self._fail
            told.append((proposal, None if failed else measure(proposal.candidate)))
            self.searcher.tell(told[-1:])
        return told


def numbers_its_proposals(make: MakeSearcher, task: MakeProblem) -> None:
    """Never more than asked for, numbered from 0 without a gap, and counted."""
    log = Log(make(task(0)), 0).run(TRIALS)
    assert log.proposals, "it proposed nothing"
    numbers = [proposal.number for proposal in log.proposals]
    assert numbers == list(range(len(numbers))), f"numbers are not consecutive: {numbers}"
    assert log.searcher.asked == len(numbers), f"asked is {log.searcher.asked}, it made {len(numbers)} proposals"


def proposes_valid_new_candidates(make: MakeSearcher, task: MakeProblem) -> None:
    """Every candidate is one of the space, and none gives the same network as an earlier one."""
    space = task(0).space
    log = Log(make(task(0)), 1, fail=0.1).run(TRIALS)
    for proposal in log.proposals:
        assert isinstance(proposal.candidate, tuple), f"a candidate is a tuple, not {proposal.candidate!r}"
        assert space.check(proposal.candidate) == proposal.candidate
    seen = [space.canonical(proposal.candidate) for proposal in log.proposals]
    repeated = sorted({candidate for candidate in seen if seen.count(candidate) > 1})
    assert not repeated, f"it proposed {len(repeated)} networks more than once, for example {repeated[0]}"
    assert len(seen) == TRIALS or not roomy(task(0)), f"it stopped after {len(seen)} proposals of many"


def holds_cost_constraints(make: MakeSearcher, task: MakeProblem) -> None:
    """No proposal breaks a constraint on a price that it could have asked for."""
    given = task(0)
    log = Log(make(given), 2).run(TRIALS)
    candidates = np.array([proposal.candidate for proposal in log.proposals], dtype=np.int64)
    broken = candidates[~given.feasible_costs(candidates)]
    assert len(broken) == 0, f"{len(broken)} of {len(candidates)} proposals break a cost constraint: {broken[:3]}"


def replays(make: MakeSearcher, task: MakeProblem) -> None:
    """The same asks and tells give the same proposals: with failures, and with results that come late and unordered."""
    for seed, (fail, shuffle) in enumerate([(0.0, False), (0.3, False), (0.2, True), (1.0, False)]):
        first, second = (Log(make(task(5)), seed, fail=fail, shuffle=shuffle).run(TRIALS) for _ in range(2))
        assert first.pieces == second.pieces, (
            f"the same log gave other proposals (failures {fail}, unordered {shuffle})"
        )


def repeats(make: MakeSearcher, task: MakeProblem) -> None:
    """A searcher that repeats stored asks goes on as the one that made them."""
    for seed, shuffle in enumerate((False, True)):
        log, again = Log(make(task(5)), seed, fail=0.2, shuffle=shuffle), Log(make(task(5)), seed)
        for step in range(TRIALS // 5):
            piece = log.ask(5)
            if piece:
                same = again.searcher.repeat(5, [proposal.candidate for proposal in piece])
                assert same, f"it repeats other proposals than it made in ask {step}"
            for result in log.tell(4 if piece else len(log.pending)):
                again.searcher.tell([result])
        assert log.searcher.ask(7) == again.searcher.ask(7), "after repeating its asks it proposes something else"


def empty_answers_change_nothing(make: MakeSearcher, task: MakeProblem) -> None:
    """A short answer means that results must be told first; asking in vain changes nothing."""
    calm, eager = Log(make(task(3)), 4), Log(make(task(3)), 4)
    for _ in range(12):
        piece = eager.ask(6)
        assert calm.ask(6) == piece, "asking in vain changed what it proposes"
        if len(piece) < 6:
            again = [eager.ask(count) for count in (6, 1)]
            assert not any(again), f"ask(6) gave {len(piece)}, and asking again, nothing told, gave {again}"
        if not calm.pending:
            return
        calm.tell(4)
        eager.tell(4)


def refuses_impossible_tells(make: MakeSearcher, task: MakeProblem) -> None:
    """What was never asked, was told before or is no result is refused, and leaves the state as it was."""
    if task(0).space.size == 1:
        return
    searcher, untouched = make(task(0)), make(task(0))
    metric = task(0).objectives[0].metric
    log, undisturbed = Log(searcher, 6), Log(untouched, 6)
    for _ in range(6):
        log.ask(5)
        log.tell(3)
        undisturbed.ask(5)
        undisturbed.tell(3)
        told = [proposal for proposal in log.proposals if proposal not in log.pending]
        good: list[Result] = [(proposal, measure(proposal.candidate)) for proposal in log.pending[:1]]
        waiting = (log.pending or told)[0]
        altered = Proposal(waiting.number, _other(task(0).space, waiting.candidate))
        metrics = measure(waiting.candidate)
        refused: list[tuple[str, Sequence[Result]]] = [
            ("was never asked", [*good, (Proposal(searcher.asked, waiting.candidate), metrics)]),
            ("was never asked: a negative number", [*good, (Proposal(-1, waiting.candidate), metrics)]),
            ("was asked with another candidate", [(altered, metrics)]),
            ("was told before", [*good, (told[0], measure(told[0].candidate))]),
            ("was told before, as failed", [*good, (told[0], None)]),
            ("is told twice at once", [(waiting, metrics), (waiting, metrics)]),
            ("lacks an objective", [(waiting, {name: value for name, value in metrics.items() if name != metric})]),
            *((f"is {value}", [(waiting, metrics | {metric: value})]) for value in (math.nan, math.inf, -math.inf)),
        ]
        for why, results in refused:
            _expect_refusal(partial(searcher.tell, results), f"it took a result that {why}")
        for count in (0, -1):
            _expect_refusal(partial(searcher.ask, count), f"ask({count}) was answered")
    assert log.pieces == undisturbed.pieces, "refused tells changed what it proposes"
    assert Log.run(log, TRIALS).proposals == Log.run(undisturbed, TRIALS).proposals, "refused tells changed its state"


def seeds_matter(make: MakeSearcher, task: MakeProblem) -> None:
    """Other seeds give other searches, also seeds beyond 32 bits."""
    if not roomy(task(0)):
        return
    searches = [tuple(Log(make(task(seed)), 0).run(TRIALS).proposals) for seed in (0, 1, 1 << 40)]
    assert len(set(searches)) == len(searches), "different seeds gave the same proposals"


def leaves_global_randomness_alone(make: MakeSearcher, task: MakeProblem) -> None:
    """The random states of Python and NumPy are neither used nor changed."""
    kept = random.getstate(), np.random.get_state()
    searches = []
    try:
        for seed in (1, 2):
            random.seed(seed)
            np.random.seed(seed)
            before = random.getstate(), np.random.get_state()
            searches.append(Log(make(task(0)), 0).run(TRIALS).proposals)
            assert random.getstate() == before[0], "it changed the random state of Python"
            assert _same_state(np.random.get_state(), before[1]), "it changed the random state of NumPy"
    finally:
        random.setstate(kept[0])
        np.random.set_state(kept[1])
    assert searches[0] == searches[1], "its proposals depend on global random state"


def ends_when_nothing_is_new(make: MakeSearcher, task: MakeProblem) -> None:
    """A space that is used up ends the search: no repeats, no loop, nothing that costs too much, and it stays so."""
    if roomy(task(0)):
        return
    log = Log(make(task(0)), 0).run(4 * TRIALS)
    seen = [task(0).space.canonical(proposal.candidate) for proposal in log.proposals]
    assert len(seen) == len(set(seen)), "it repeats a network of a small space"
    assert len(seen) < 4 * TRIALS, "it proposes more than a small space holds"
    assert not log.searcher.ask(3), "it proposes again after it had nothing new"


CHECKS: tuple[Callable[[MakeSearcher, MakeProblem], None], ...] = (
    numbers_its_proposals,
    proposes_valid_new_candidates,
    holds_cost_constraints,
    replays,
    repeats,
    empty_answers_change_nothing,
    refuses_impossible_tells,
    seeds_matter,
    leaves_global_randomness_alone,
    ends_when_nothing_is_new,
)
"""The contract. Each check is given the searcher and a task."""


def feasible(small: SearchProblem) -> set[Candidate]:
    """Every network of a small space whose price breaks no constraint."""
    everything = list(product(*(range(int(size)) for size in small.space.sizes)))
    kept = small.feasible_costs(np.array(everything, dtype=np.int64))
    return {small.space.canonical(c) for c, good in zip(everything, kept, strict=True) if good}


def proposes_everything(make: MakeSearcher) -> None:
    """A small space is proposed to its last feasible candidate. No part of the contract."""
    for small in (PROBLEMS[name](0) for name in SMALL):
        log = Log(make(small), 0, fail=0.2).run(4 * TRIALS)
        seen = {small.space.canonical(proposal.candidate) for proposal in log.proposals}
        missing = {c for c in feasible(small) if c not in seen}
        assert not missing, f"it never proposed {len(missing)} of {len(feasible(small))}: {sorted(missing)[:3]}"
        assert log.searcher.exhausted, "it proposed everything, and does not say that it is exhausted"


def _other(space: SearchSpace, candidate: Candidate) -> Candidate:
    """A candidate that differs."""
    for position, size in enumerate(space.sizes):
        if size > 1:
            return (*candidate[:position], (candidate[position] + 1) % int(size), *candidate[position + 1 :])
    raise AssertionError("the space has a single candidate")


def _expect_refusal(step: Callable[[], Any], complaint: str) -> None:
    try:
        step()
    except SearcherError:
        return
    raise AssertionError(complaint)


def _same_state(first: Any, second: Any) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
