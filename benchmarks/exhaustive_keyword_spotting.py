"""DS-CNN measured at every combination of weight bits, and its true front: what front_quality.py judges searches on.

    python benchmarks/exhaustive_keyword_spotting.py --table dscnn.npz

Weights {2, 4, 8} on all ten layers: 59,049 networks on the 500 search utterances, each layer run once for every prefix
of bit-widths before it. Weights are rounded to nearest, not fitted, so that the table stays what it was. It is kept in
the file named by --table and read back when it is there.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from pathlib import Path

import numpy as np
import torch

from autoquant import make_space
from autoquant.data import Split
from autoquant.network import LayerPrecision
from autoquant.pareto import non_dominated
from autoquant.planning.pricing import CostMetric, Pricer
from autoquant.quantization import QuantizedNetwork

EXAMPLE = Path(__file__).parents[1] / "examples" / "keyword_spotting"
sys.path.insert(0, str(EXAMPLE))
import network as example  # noqa: E402

BITS = (2, 4, 8)
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
            precisions = [LayerPrecision.of_bits(bits, 32)] * len(stages)
            quantized.apply(precisions)
            descend(stages[len(prefix)](x), labels, (*prefix, index))

    for start in range(0, len(inputs), BATCH):
        began = time.perf_counter()
        with torch.inference_mode():
            descend(inputs[start : start + BATCH], targets[start : start + BATCH], ())
        print(f"{start + BATCH} of {len(inputs)} utterances, {time.perf_counter() - began:.0f} s", file=sys.stderr)
    return right


def network() -> tuple[Split, QuantizedNetwork]:
    """The 500 search utterances, and DS-CNN to be quantized."""
    split = example.data().search
    return split, QuantizedNetwork(example.trained(), split.inputs[:2], rounding="nearest")


def table(path: Path) -> np.ndarray:
    """Right answers of every candidate, (3^10,); from the file where it is there, else measured and kept in it."""
    if not path.exists():
        split, quantized = network()
        np.savez_compressed(path, right=measure_all(quantized, split.inputs, split.targets))
    with np.load(path) as file:
        return file["right"]


def main() -> None:
    """Build or read the table, then print the true front."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", type=Path, default=Path("dscnn.npz"))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    right = table(arguments.table)
    split, quantized = network()

    space = make_space("bit_widths", quantized.profile, weights=list(BITS))
    from autoquant_cost_models.weight_bytes import WeightBytes

    pricer = Pricer(
        [CostMetric("weight_bytes", "weight_bytes", "weight_bytes", WeightBytes())], quantized.profile, space
    )
    candidates = np.array(list(itertools.product(range(len(BITS)), repeat=len(space.choices))))
    size = pricer(candidates)["weight_bytes"]
    front = np.flatnonzero(non_dominated(np.stack([-right, size], axis=1)))
    print(f"{len(candidates)} networks, {len(front)} on the true front")
    for i in front[np.argsort(size[front])]:
        print(f"  {right[i] / len(split):.1%}  {size[i]:6.0f} bytes  {[BITS[j] for j in candidates[i]]}")


if __name__ == "__main__":
    main()
