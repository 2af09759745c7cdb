"""What does evaluating a candidate cost, compared with a float32 forward pass of the caller's network on these images?

    python benchmarks/evaluation_speed.py

First one candidate alone, nothing shared, on DS-CNN and ResNet-20, random bit-widths; its weights rounded to nearest,
then fitted by layer, which are there once each layer has been seen at each precision. Then a real NSGA-III run of 400
trials on DS-CNN, weights {2, 4, 8} rounded to nearest, through the in-process pool with 16 open proposals, as in a job:
what a trial costs on average when layers are shared within a batch only, and across batches too, and the memory that
this holds.

Every round (every batch of trials) is set against float passes right before and after it. Time is that of the
processor, not of the clock, so that other programs disturb it less. The float network is the caller's, with its
BatchNorm and in channels_last; the second ratio is against the same network with BatchNorm folded, which is faster.
Needs the folder that AUTOQUANT_DATA names. CIFAR-10 is the JPEG copy.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from autoquant import make_searcher, make_space
from autoquant.data import DataSplits
from autoquant.interfaces import EvaluationRequest, EvaluatorRecipe, Task
from autoquant.objective import as_objective
from autoquant.planning.pricing import CostMetric, Pricer
from autoquant.quantization import fold_batch_norm
from autoquant.quantization.execution import as_inputs, copied
from autoquant.space import SearchSpace
from autoquant.testing.evaluators import measure
from autoquant.trial import Proposal

sys.path.insert(0, str(Path(__file__).parents[1] / "examples" / "keyword_spotting"))
import network as keyword_spotting
from autoquant_cost_models.weight_bytes import WeightBytes
from autoquant_workers.inline import InlinePool
from autoquant_workers.post_training import PostTraining
from autoquant_workers.worker import keep_freed_memory
from cifar10 import cifar10, resnet20

BATCH = 100
TRIALS, PENDING = 400, 16
Rounding = Literal["nearest", "hessian"]
ROUNDINGS: tuple[Rounding, ...] = ("nearest", "hessian")


def timed(function: Callable[[], object]) -> float:
    """Seconds of the processor that one call takes."""
    began = time.thread_time()
    function()
    return time.thread_time() - began


def forward(net: nn.Module, inputs: Tensor) -> None:
    """One pass over all inputs."""
    with torch.inference_mode():
        for batch in torch.split(inputs, BATCH):
            net(batch)


def spread(values: Sequence[float]) -> str:
    """Median [least, most]."""
    return f"{statistics.median(values):.2f} [{min(values):.2f}, {max(values):.2f}]"


def alone(name: str, net: nn.Module, data: DataSplits, rounding: Rounding, rounds: int) -> None:
    """One candidate with nothing shared."""
    evaluator = PostTraining(net, data, batch_size=BATCH, memo_mb=0, rounding=rounding)
    inputs = as_inputs(data.search.inputs)
    caller, folded = copied(net), fold_batch_norm(net, inputs[:2])
    random = np.random.default_rng(0)
    spaces: dict[str, SearchSpace] = {
        "weights": make_space("bit_widths", evaluator.profile(), weights=[2, 4, 8]),
        "weights and activations": make_space(
            "bit_widths", evaluator.profile(), weights=[2, 4, 8], activations=[2, 4, 8]
        ),
    }
    for space in spaces.values():  # quantizes every weight, finds every range
        for candidate in space.uniform().values():
            measure(evaluator, space, candidate)
    ratios: dict[str, list[tuple[float, float]]] = {quantized: [] for quantized in spaces}
    for _ in range(rounds):
        base, base_folded = (timed(lambda net=net: forward(net, inputs)) for net in (caller, folded))
        for quantized, space in spaces.items():
            candidate = tuple(int(i) for i in space.sample(random, 1)[0])
            cost = timed(lambda space=space, candidate=candidate: measure(evaluator, space, candidate))
            ratios[quantized].append((cost / base, cost / base_folded))
    for quantized, pairs in ratios.items():
        float_ratios, folded_ratios = zip(*pairs, strict=True)
        print(f"  {name:9s} {rounding:8s} {quantized:24s} {spread(float_ratios):20s} folded: {spread(folded_ratios)}")


def search(data: DataSplits, memo_mb: int, across: bool) -> None:
    """A run of NSGA-III through the in-process pool; prints what a trial costs, all trials over all float passes."""
    net = keyword_spotting.trained()
    evaluator = PostTraining(net, data, batch_size=BATCH, memo_mb=memo_mb, rounding="nearest")
    inputs = as_inputs(data.search.inputs)
    caller, folded = copied(net), fold_batch_norm(net, inputs[:2])
    space = make_space("bit_widths", evaluator.profile(), weights=[2, 4, 8])
    pricer = Pricer(
        [CostMetric("weight_bytes", "weight_bytes", "weight_bytes", WeightBytes())], evaluator.profile(), space
    )
    objectives = [as_objective("accuracy"), as_objective("weight_bytes")]
    searcher = make_searcher("nsga3", space, objectives, price=pricer, seed=0, model="none", start="uniform")
    pool = InlinePool()
    pool.start(EvaluatorRecipe(lambda: evaluator, space))
    for label, candidate in space.uniform().items():  # the baselines of a job, which quantize every weight
        pool.submit(Task(label, EvaluationRequest(candidate)))
    while pool.running:
        pool.completions(0)
    waiting: deque[Proposal] = deque()

    def ask() -> None:
        new = searcher.ask(PENDING - len(waiting)) if len(waiting) < PENDING else []
        waiting.extend(new)
        for proposal in new:
            pool.submit(Task(str(proposal.number), EvaluationRequest(proposal.candidate)))

    ask()
    rows: list[tuple[int, float, float, float]] = []
    """Trials, seconds, seconds of a float pass, of a folded one: for each batch."""
    while sum(row[0] for row in rows) < TRIALS:
        if not across:
            evaluator._memo.clear()
        before = [timed(lambda net=net: forward(net, inputs)) for net in (caller, folded)]
        began = time.thread_time()
        done = pool.completions(0)
        seconds = time.thread_time() - began
        after = [timed(lambda net=net: forward(net, inputs)) for net in (caller, folded)]
        rows.append((len(done), seconds, *((a + b) / 2 for a, b in zip(before, after, strict=True))))
        for completion in done:
            proposal = waiting.popleft()
            assert completion.measurement is not None, completion.error
            price = {m: float(v[0]) for m, v in pricer(np.array([proposal.candidate])).items()}
            searcher.tell([(proposal, {**completion.measurement.metrics, **price})])
            ask()
    pool.close()
    table, memo = np.array(rows), evaluator._memo
    count, cost, base, base_folded = table.T
    ratios = cost / count / base
    print(
        f"  {memo_mb:5d} MB {'within' if not across else 'across':7s} {cost.sum() / (count @ base):.2f} "
        f"[{np.quantile(ratios, 0.1):.2f}, {np.quantile(ratios, 0.9):.2f}]   folded: "
        f"{cost.sum() / (count @ base_folded):.2f}   layers shared {memo.hits / max(memo.hits + memo.misses, 1):4.0%}, "
        f"held {memo.most_held / 2**20:4.0f} MB, {count.sum() / len(rows):.1f} trials a batch"
    )


def main() -> None:
    """Print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--memo-mb", type=int, nargs="*", default=[64, 256, 1024])
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    keep_freed_memory()
    print(f"{os.cpu_count()} cores, {torch.get_num_threads()} torch thread, torch {torch.__version__}")
    print(
        f"\none candidate alone / float forward: median [least, most] of {arguments.rounds} rounds, {BATCH} at a time"
    )
    for rounding in ROUNDINGS:
        data = keyword_spotting.data(calibration=100)
        alone("DS-CNN", keyword_spotting.trained(), data, rounding, arguments.rounds)
        alone("ResNet-20", resnet20(), cifar10((500, 100, 100)), rounding, arguments.rounds)
    data = keyword_spotting.data()
    print(
        f"\nNSGA-III on DS-CNN, {TRIALS} trials, {PENDING} open proposals, {len(data.search)} utterances:\n"
        "memory, layers shared within or across batches, mean cost of a trial / float forward [outer tenths of batches]"
    )
    search(data, 0, across=True)
    search(data, 256, across=False)
    for memo_mb in arguments.memo_mb:
        search(data, memo_mb, across=True)


if __name__ == "__main__":
    main()
