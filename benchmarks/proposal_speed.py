"""What a proposal of `nsga3` costs: processor time, with its model and without, after so many results.

    python benchmarks/proposal_speed.py

50 choices of 3 ordered options, 2 and 3 objectives of which all but one have a price; most results are of random
candidates.
"""

from __future__ import annotations

import time

import numpy as np

import autoquant as aq
from autoquant.objective import Objective
from autoquant.trial import Proposal

LAYERS = 50
TOLD = (100, 400, 2000, 10_000)
PROPOSALS = 30


def proposal(model: str, objectives: int, told: int) -> tuple[float, float]:
    """Median and greatest milliseconds of a proposal."""
    random = np.random.default_rng(0)
    weights = random.lognormal(size=(objectives, LAYERS))
    space = aq.SearchSpace([aq.Choice(f"layer{i}", (2, 4, 8)) for i in range(LAYERS)])
    costs = [f"cost{i}" for i in range(1, objectives)]

    def price(candidates: np.ndarray) -> dict[str, np.ndarray]:
        return {name: candidates @ weights[i] for i, name in enumerate(costs, 1)}

    def metrics(proposal: Proposal) -> dict[str, float]:
        row = np.array([proposal.candidate])
        loss = float((weights[0] * 4.0 ** -row[0]).sum())
        return {"loss": loss, **{name: float(values[0]) for name, values in price(row).items()}}

    named = [Objective(name, "minimize") for name in ("loss", *costs)]
    searcher = aq.make_searcher("nsga3", space, named, price=price, start="uniform", model=model)
    for first in searcher.ask(16):
        searcher.tell([(first, metrics(first))])
    for row in space.sample(random, told - searcher.asked):
        candidate = tuple(map(int, row))
        number = searcher.asked
        searcher.repeat(1, [candidate])
        searcher.tell([(Proposal(number, candidate), metrics(Proposal(number, candidate)))])
    taken = []
    for _ in range(PROPOSALS):
        begun = time.process_time()
        (asked,) = searcher.ask(1)
        taken.append((time.process_time() - begun) * 1e3)
        searcher.tell([(asked, metrics(asked))])
    return float(np.median(taken)), max(taken)


def main() -> None:
    proposal("gaussian_process", 2, 100)  # loads libraries
    for model in ("gaussian_process", "none"):
        for objectives in (2, 3):
            times = [proposal(model, objectives, told) for told in TOLD]
            pairs = zip(TOLD, times, strict=True)
            text = ", ".join(f"{told}: {median:.1f} (at most {most:.1f})" for told, (median, most) in pairs)
            print(f"{model}, {objectives} objectives, ms a proposal after so many results: {text}")


if __name__ == "__main__":
    main()
