"""Share of the exact hypervolume that PPO reaches where the exact front is known.

    python benchmarks/ppo_additive.py --seeds 5 --episodes 2000

Loss and size are sums over layers, of random sensitivities and sizes that the seed draws too; the exact front comes
from dynamic programming. All episodes count, those with known candidates too; other searchers get as many trials.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

import autoquant as aq

FloatArray = npt.NDArray[np.float64]

PENDING = 16


@dataclass(frozen=True)
class Shape:
    """What a task looks like: its layers, their bit-widths, and how unlike the layers are."""

    layers: int
    bits: tuple[int, ...]
    decay: float = 4.0
    """By which factor the loss of a layer falls with a bit."""
    spread: float = 1.5
    """Standard deviation of the logarithm of sensitivities."""


SHAPES: Mapping[str, Shape] = {
    "8 layers x 2, 4, 8, 16": Shape(8, (2, 4, 8, 16)),
    "10 layers x 2, 4, 8": Shape(10, (2, 4, 8)),
    "15 layers x 2, 4, 8": Shape(15, (2, 4, 8)),
    "20 layers x 2, 4, 8, nearly equal": Shape(20, (2, 4, 8), decay=1.6, spread=0.5),
    "30 layers x 2, 4, 8": Shape(30, (2, 4, 8)),
}


class Additive:
    """One task: loss and size of every option, both sums over the layers."""

    def __init__(self, shape: Shape, seed: int) -> None:
        rng = np.random.default_rng(seed)
        bits = np.array(shape.bits, dtype=np.float64)
        sensitivity, size = rng.lognormal(0, shape.spread, shape.layers), rng.lognormal(0, 1, shape.layers)
        self.loss = sensitivity[:, None] * shape.decay ** (bits[0] - bits)
        self.size = size[:, None] * bits
        self.space = aq.SearchSpace(aq.Choice(f"layer{i}", shape.bits) for i in range(shape.layers))

    def values(self, candidates: npt.NDArray[Any]) -> FloatArray:
        """Loss and size: (n, layers) -> (n, 2)."""
        rows = np.arange(candidates.shape[1])
        return np.stack([table[rows, candidates].sum(axis=1) for table in (self.loss, self.size)], axis=1)

    def price(self, candidates: npt.NDArray[Any]) -> Mapping[str, FloatArray]:
        """The size, known without measuring."""
        return {"size_bytes": self.values(candidates)[:, 1]}

    def hypervolume(self, values: FloatArray) -> float:
        """Of points (n, 2), each objective scaled to [0, 1] over the space."""
        best, worst = (
            np.array([end(table, axis=1).sum() for table in (self.loss, self.size)]) for end in (np.min, np.max)
        )
        return aq.hypervolume((values - best) / (worst - best), (1.0, 1.0))

    def front(self) -> FloatArray:
        """The exact front: layer after layer, of the sums so far only those that no other dominates. (n, 2)."""
        sums = np.zeros((1, 2))
        for loss, size in zip(self.loss, self.size, strict=True):
            sums = (sums[:, None] + np.stack([loss, size], axis=1)).reshape(-1, 2)
            sums = sums[np.lexsort((sums[:, 1], sums[:, 0]))]
            least = np.minimum.accumulate(sums[:, 1])
            sums = sums[np.r_[True, sums[1:, 1] < least[:-1]]]
        return sums

    def reached(self, searcher: str, seed: int, episodes: int, **options: Any) -> float:
        """Hypervolume of all that a search measures, results reported in order, in proportion to the exact one."""
        objectives = ["loss", "size_bytes"]
        made = aq.make_searcher(searcher, self.space, objectives, price=self.price, seed=seed, **options)
        pending: list[aq.Proposal] = []
        points: list[FloatArray] = []
        while True:
            used = made.played + len(made.problem.space.uniform()) if hasattr(made, "played") else made.asked
            room = min(PENDING - len(pending), episodes - used)
            pending += made.ask(room) if room > 0 else []
            if not pending:
                break
            proposal = pending.pop(0)
            (values,) = self.values(np.array([proposal.candidate]))
            made.tell([(proposal, dict(zip(objectives, values.tolist(), strict=True)))])
            points.append(values)
        return self.hypervolume(np.array(points)) / self.hypervolume(self.front())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--episodes", type=int, default=2000)
    parser.add_argument("--searchers", nargs="+", default=["ppo", "random"])
    arguments = parser.parse_args()
    for name, shape in SHAPES.items():
        for searcher in arguments.searchers:
            start = time.perf_counter()
            shares = [Additive(shape, s).reached(searcher, s, arguments.episodes) for s in range(arguments.seeds)]
            seconds = (time.perf_counter() - start) / arguments.seeds
            text = " ".join(f"{100 * share:.2f}" for share in shares)
            print(f"{name:36} {searcher:8} least {100 * min(shares):.2f} % of the exact hypervolume", end=" ")
            print(f"({text}), {seconds:.1f} s")


if __name__ == "__main__":
    main()
