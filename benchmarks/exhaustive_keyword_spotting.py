"""How close does a search come to the true front? DS-CNN is measured at every bit-width, searches run on the table.

    python benchmarks/exhaustive_keyword_spotting.py --table dscnn.npz

Weights {2, 4, 8} on all ten layers: 59,049 networks on the 500 search utterances, each layer run once for every prefix
of bit-widths before it. The table is kept in the file named by --table and read back when it is there.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from collections import deque
from pathlib import Path

import numpy as np
import torch

from autoquant import make_searcher, make_space
from autoquant.network import LayerPrecision
from autoquant.objective import as_objective
from autoquant.pareto import Scale, hypervolume, non_dominated
from autoquant.pricing import CostMetric, Pricer
from autoquant.quantization import QuantizedNetwork
from autoquant.trial import Proposal

EXAMPLE = Path(__file__).parents[1] / "examples" / "keyword_spotting"
sys.path.insert(0, str(EXAMPLE))
import network as example  # noqa: E402

BITS = (2, 4, 8)
CHECKPOINTS = (50, 100, 200, 400)
PENDING = 16
"""Proposals that wait for their result at once, as in a job."""
BATCH = 100


def measure_all(quantized: QuantizedNetwork, inputs: torch.Tensor, targets: torch.Tensor) -> np.ndarray:
    """Right answers of every candidate, in the order of itertools.product: (3^10,)."""
    net = quantized.module
    stages = [lambda x: net.stem(torch.nn.functional.pad(x, (1, 1, 4, 5)))]
    for block in (net.block1, net.block2, net.block3, net.block4):
        stages += [block.depthwise, block.pointwise]
    stages.append(lambda x: net.classifier(x.mean(dim=(2, 3))))
    right = np.zeros(len(BITS) ** len(stages), dtype=np.int64)

    def descend(x: torch.Tensor, labels: torch.Tensor, prefix: tuple[int, ...]) -> None:
        if len(prefix) == len(stages):
            right[np.ravel_multi_index(prefix, (len(BITS),) * len(stages))] += int((x.argmax(1) == labels).sum())
            return
        for index, bits in enumerate(BITS):
            precisions = [LayerPrecision(bits, 32)] * len(stages)
            quantized.apply(precisions)
            descend(stages[len(prefix)](x), labels, (*prefix, index))

    for start in range(0, len(inputs), BATCH):
        began = time.perf_counter()
        with torch.inference_mode():
            descend(inputs[start : start + BATCH], targets[start : start + BATCH], ())
        print(f"{start + BATCH} of {len(inputs)} utterances, {time.perf_counter() - began:.0f} s", file=sys.stderr)
    return right


def main() -> None:
    """Build or read the table, then print each search's share of the exact hypervolume."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", type=Path, default=Path("dscnn_exhaustive.npz"))
    parser.add_argument("--seeds", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    split = example.data().search
    quantized = QuantizedNetwork(example.trained(), split.inputs[:2])
    if not arguments.table.exists():
        np.savez_compressed(arguments.table, right=measure_all(quantized, split.inputs, split.targets))
    accuracy = np.load(arguments.table)["right"] / len(split)

    space = make_space("bit_widths", quantized.profile, weights=list(BITS))
    from autoquant_cost_models.weight_bytes import WeightBytes

    pricer = Pricer(
        [CostMetric("weight_bytes", "weight_bytes", "weight_bytes", WeightBytes())], quantized.profile, space
    )
    candidates = np.array(list(itertools.product(range(len(BITS)), repeat=len(space.choices))))
    objectives = (as_objective("accuracy"), as_objective("weight_bytes"))
    low, high = pricer.bounds(0)["weight_bytes"]
    scale = Scale.of(objectives, {"accuracy": (1.0, 0.0), "weight_bytes": (low, high)})
    size = pricer(candidates)["weight_bytes"]
    points = np.array([scale.values({"accuracy": a, "weight_bytes": b}) for a, b in zip(accuracy, size, strict=True)])
    exact = hypervolume(points, np.ones(2))
    front = np.flatnonzero(non_dominated(points))
    print(f"{len(candidates)} networks, {len(front)} on the true front, hypervolume {exact:.4f}")
    for i in front[np.argsort(size[front])]:
        print(f"  {accuracy[i]:.1%}  {size[i]:6.0f} bytes  {[BITS[j] for j in candidates[i]]}")

    print(f"\nhypervolume / exact at {CHECKPOINTS} evaluations, median [least, most] of {arguments.seeds} seeds")
    index = {tuple(map(int, candidate)): i for i, candidate in enumerate(candidates)}
    for name in ("random", "nsga3", "sensitivity"):
        shares = []
        for seed in range(arguments.seeds):
            searcher = make_searcher(name, space, list(objectives), price=pricer, seed=seed)
            seen: list[int] = []
            waiting: deque[Proposal] = deque()
            while len(seen) < max(CHECKPOINTS):
                waiting.extend(searcher.ask(PENDING - len(waiting)))
                proposal = waiting.popleft()
                i = index[proposal.candidate]
                seen.append(i)
                searcher.tell([(proposal, {"accuracy": accuracy[i], "weight_bytes": size[i]})])
            shares.append([hypervolume(points[seen[:count]], np.ones(2)) / exact for count in CHECKPOINTS])
        columns = np.array(shares).T
        print(f"  {name:11s} " + "  ".join(f"{np.median(c):.4f} [{c.min():.4f}, {c.max():.4f}]" for c in columns))


if __name__ == "__main__":
    main()
