"""What does a whole search with the defaults give a newcomer, at so many bytes?

    python benchmarks/end_to_end.py --folder end_to_end

400 trials of `nsga3` with the defaults of space and evaluator: weights of 2, 3, 4, 6 or 8 bits, fitted rounding, the
final front fitted again layer after layer ("polished"). Objectives are divergence and bytes: a search for what a few
hundred labels say finds networks that suit just these. The member of the front within a budget that has the least
divergence on the search split, as it was polished, is judged on the test split. Beside it the search as it was before:
plain rounding, weights of 2, 4 or 8 bits, accuracy and bytes, on DS-CNN without a calibration split.

- DS-CNN: 400 utterances for search (500 before), 100 of the same half for calibration, 500 for test.
- ResNet-20, CIFAR-10 (JPEG copy): the first test images, 200 for calibration, 500 for search, 5,000 for test.

A budget is the payload of so many bits a weight (2, 2.4, 2.8, 3.4, 4) with scales of 4 bytes and biases as they are:
the first is the network of 2 bits everywhere, symmetric. Figures of peers are quoted; they were measured on the same
networks, data and bytes with weights of 2, 4 or 8 bits. Each job has a store in the folder, from which it goes on where
it was interrupted, and the tables are made. A cache of its own, so that no job profits from another; one process, one
thread. Needs the folder that AUTOQUANT_DATA names.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from landscape import table
from measured_networks import EXAMPLES, of_share

import autoquant as aq
from autoquant.job import JobState, Progress
from autoquant.network import LayerConfig, LayerPrecision, NetworkProfile, WeightQuantization
from autoquant.trial import Trial


@dataclass(frozen=True)
class Network:
    """An example, the options of its data, and its budgets in bytes."""

    example: str
    data: dict[str, int]
    data_before: dict[str, int]
    test: int
    """Examples of the test split."""
    budgets: tuple[int, ...]
    quoted: dict[str, tuple[float, ...]]
    """Peer -> test accuracy in percent at each budget."""


MCT, MCT_GPTQ = "MCT 2.6.1, post-training (quoted)", "MCT 2.6.1, GPTQ (quoted)"
MODELOPT = "ModelOpt 0.47, best variant (quoted)"
NETWORKS = {
    "DS-CNN": Network(
        "keyword_spotting",
        {"calibration": 100},
        {},
        500,
        (10_208, 11_309, 12_410, 14_061, 15_712),
        {
            MCT: (22.8, 43.4, 54.2, 74.8, 91.0),
            MCT_GPTQ: (59.8, 86.4, 86.8, 90.8, 92.0),
            MODELOPT: (8.2, 16.2, 21.6, 84.0, 92.4),
        },
    ),
    "ResNet-20": Network(
        "resnet20_cifar10",
        {"calibration": 200, "search": 500, "test": 5000},
        {"calibration": 200, "search": 500, "test": 5000},
        5000,
        (72_668, 86_085, 99_502, 119_627, 139_752),
        {
            MCT: (14.2, 60.1, 74.3, 81.8, 85.3),
            MCT_GPTQ: (63.8, 81.6, 83.0, 84.3, 86.0),
            MODELOPT: (13.0, 18.7, 57.4, 80.6, 84.6),
        },
    ),
}
PAYLOADS = (2, 2.4, 2.8, 3.4, 4)
"""Bits a weight of the budgets."""
DEFAULTS, BEFORE = "defaults", "before"
BYTES = "weight_bytes"
PLAIN: dict[str, Any] = {
    "space": {"name": "bit_widths", "weights": [2, 4, 8]},
    "evaluator": {"name": "post_training", "rounding": "nearest"},
}
LEVELS = (0.80, 0.85, 0.88, 0.90)
"""Test accuracies of the last table."""


Rank = tuple[float, ...]
Rule = Callable[[Trial], Rank]
"""What is greatest is chosen; it sees only the search split."""


@dataclass(frozen=True)
class Run:
    """One finished search."""

    job: aq.Job
    seconds: float
    """Of the processor, from the call to the last test score."""

    def best(self, budget: int, rule: Rule) -> Trial | None:
        """The member of the front within the budget that the rule likes best; None where there is none."""
        within = [trial for trial in self.job.front() if trial.costs[BYTES] <= budget]
        return max(within, key=rule, default=None)

    def smallest(self, level: float) -> float | None:
        """Bytes of the smallest member of the front with at least this accuracy on the test split."""
        sizes = [trial.costs[BYTES] for trial in self.job.front() if tested(trial, True) >= level]
        return min(sizes, default=None)


def by_polished(trial: Trial) -> Rank:
    """Of the polished network on the search split, where there is one."""
    found = trial.polished or trial.search
    assert found is not None
    return (-found.metrics["divergence"],)


def by_searched(trial: Trial) -> Rank:
    """What was searched for."""
    return (-trial.metrics["divergence"],)


def by_searched_accuracy(trial: Trial) -> Rank:
    """What was searched for before."""
    return (trial.metrics["accuracy"],)


def tested(trial: Trial, polished: bool) -> float:
    """Accuracy on the test split, of the polished network where there is one."""
    found = (trial.polished_test if polished else None) or trial.test
    assert found is not None
    return found.metrics["accuracy"]


def spec(name: str, how: str, seed: int, n_trials: int) -> aq.SearchSpec:
    """The search of a network; all that is not named is the default."""
    network = NETWORKS[name]
    chosen: dict[str, Any] = PLAIN if how == BEFORE else {"space": "bit_widths"}
    data = network.data_before if how == BEFORE else network.data
    return aq.SearchSpec(
        name=f"{name} {how} {seed}",
        seed=seed,
        network="network:trained",
        data={"factory": "network:data", "options": data},
        **chosen,
        objectives=["accuracy" if how == BEFORE else "divergence", BYTES],
        pool="inline",
        budget={"n_trials": n_trials},
        folder=str(EXAMPLES / network.example),
    )


class Clock:
    """Processor seconds of a job over all processes that took it up, kept in a file; says how far the job is."""

    def __init__(self, path: Path) -> None:
        self._path, self._began = path, time.process_time()
        self._before: float = json.loads(path.read_text()) if path.exists() else 0.0
        self._shown: tuple[str, int] | None = None

    @property
    def seconds(self) -> float:
        """So far."""
        return self._before + time.process_time() - self._began

    def __call__(self, now: Progress) -> None:
        self._path.write_text(json.dumps(self.seconds))
        if self._shown != (shown := (now.phase, now.finished // 100)):
            self._shown = shown
            print(f"{now.phase} {now.finished} of {now.total}, {self.seconds:.0f} s", file=sys.stderr, flush=True)


def run(name: str, how: str, seed: int, n_trials: int, folder: Path) -> Run:
    """A search, from its store where it is there; it goes on where it was interrupted."""
    place = folder / f"{name}_{how}_{seed}_{n_trials}"
    place.mkdir(parents=True, exist_ok=True)
    os.environ["AUTOQUANT_CACHE"] = str(place / "cache")
    store = f"sqlite:///{place.resolve() / 'job.db'}"
    path, clock = place / "processor_seconds.json", Clock(place / "processor_seconds.json")
    if not (place / "job.db").exists():
        job = aq.search(spec(name, how, seed, n_trials), store, progress=clock)
    elif (job := aq.load_job(store=store)).state is not JobState.SUCCEEDED:
        job = aq.resume(store=store, progress=clock)
    else:
        return Run(job, json.loads(path.read_text()))
    if job.state is not JobState.SUCCEEDED:
        raise SystemExit(f"{name}, {how}, seed {seed}: {job.state}; run again to go on")
    path.write_text(json.dumps(clock.seconds))
    return Run(job, clock.seconds)


Runs = dict[str, list[Run]]
"""`DEFAULTS` or `BEFORE` -> the searches of all seeds."""


ROWS: dict[str, tuple[str, Rule, bool]] = {
    "AutoQuant, defaults": (DEFAULTS, by_polished, True),
    "the same without the polish": (DEFAULTS, by_searched, False),
    "AutoQuant, plain rounding, {2, 4, 8}": (BEFORE, by_searched_accuracy, False),
}
"""Row -> search, how the member of the front is chosen, and whether it is judged as it was polished."""


def at_budgets(name: str, runs: Runs) -> Iterable[Sequence[Any]]:
    """Test accuracy at each budget: searches here, then peers."""
    network = NETWORKS[name]
    for label, (how, rule, polished) in ROWS.items():
        chosen = [[one.best(budget, rule) for one in runs[how]] for budget in network.budgets]
        yield label, *(cell([t for t in trials if t is not None], polished, network.test) for trials in chosen)
    for peer, accuracies in network.quoted.items():
        yield peer, *(of_share(accuracy / 100, network.test) for accuracy in accuracies)


def cell(trials: Sequence[Trial], polished: bool, count: int) -> str:
    """Mean over seeds with the standard error of one of them, [least, most]."""
    if not trials:
        return "none"
    accuracies = [tested(trial, polished) for trial in trials]
    spread = f" [{100 * min(accuracies):.1f}, {100 * max(accuracies):.1f}]" if len(trials) > 1 else ""
    return f"{of_share(statistics.mean(accuracies), count)}{spread}"


def seconds(runs: Runs) -> Iterable[Sequence[Any]]:
    """What a search costs."""
    for how, several in runs.items():
        taken = [one.seconds for one in several]
        mean = statistics.mean(taken)
        fronts = " / ".join(str(len(one.job.front())) for one in several)
        yield how, fronts, f"{mean:.0f} [{min(taken):.0f}, {max(taken):.0f}]", f"{mean / len(PAYLOADS):.0f}"


def by_level(runs: Runs, fixed_bytes: float) -> Iterable[Sequence[Any]]:
    """Bytes at which the front first has an accuracy on the test split: mean over seeds; ratios of all bytes, and of
    those of the weights' codes alone, without scales and biases."""
    sizes = {
        how: [[size for one in several if (size := one.smallest(level)) is not None] for level in LEVELS]
        for how, several in runs.items()
    }
    means = {how: [statistics.mean(row) if row else None for row in rows] for how, rows in sizes.items()}
    for how, rows in sizes.items():
        yield how, *(f"{statistics.mean(row):,.0f} ({len(row)} of {len(runs[how])})" if row else "" for row in rows)
    pairs = list(zip(means[DEFAULTS], means[BEFORE], strict=True))
    for label, fixed in (("ratio", 0), ("ratio of codes", fixed_bytes)):
        yield label, *(f"{(now - fixed) / (then - fixed):.2f}" if now and then else "" for now, then in pairs)


def bytes_of(profile: NetworkProfile, weight: WeightQuantization) -> float:
    """Of a network whose layers are all quantized so."""
    options = [[LayerConfig(layer, LayerPrecision(weight, None))] for layer in profile]
    return sum(float(row[0]) for row in aq.make_cost_model(BYTES).tables(profile, options)[BYTES])


def tables_of(name: str, runs: Runs) -> None:
    """All tables of a network."""
    network, job = NETWORKS[name], runs[DEFAULTS][0].job
    reference = next(baseline for baseline in job.baselines() if baseline.kind == "float")
    accuracy = of_share(reference.test_metrics["accuracy"], network.test)
    profile = job.record.definition.profile
    assert profile is not None
    two, four = (bytes_of(profile, WeightQuantization(bits)) for bits in (2, 4))
    affine = bytes_of(profile, WeightQuantization(2, quantizer="affine"))
    print(f"\n{name}, float {accuracy} on the test split, {len(runs[DEFAULTS])} seeds")
    print(f"2 bits everywhere: {two:,.0f} bytes, affine {affine:,.0f}; first budget {network.budgets[0]:,}")
    budgets = [f"{bits} bits, {size:,} bytes" for bits, size in zip(PAYLOADS, network.budgets, strict=True)]
    table([f"{name}, test accuracy", *budgets], at_budgets(name, runs))
    table([name, "members of the front", "processor seconds a search", "a budget"], seconds(runs))
    table([f"{name}: bytes for", *(f"{level:.0%} on test" for level in LEVELS)], by_level(runs, 2 * two - four))


def main() -> None:
    """Run what is missing, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", nargs="*", choices=list(NETWORKS), default=list(NETWORKS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--n-trials", type=int, default=400)
    parser.add_argument("--folder", type=Path, default=Path("end_to_end"))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{os.cpu_count()} cores, 1 thread, torch {torch.__version__}")
    for name in arguments.networks:
        runs = {
            how: [run(name, how, seed, arguments.n_trials, arguments.folder) for seed in range(arguments.seeds)]
            for how in (DEFAULTS, BEFORE)
        }
        tables_of(name, runs)


if __name__ == "__main__":
    main()
