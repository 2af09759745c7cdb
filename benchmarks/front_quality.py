"""How close does each search come to the true front, and how fast?

    python benchmarks/front_quality.py --folder tables    # everything: hours, for ResNet-20 is measured
    python benchmarks/front_quality.py --folder tables --tasks nasbench201 synthetic --searches nsga3 random

Share of the exact hypervolume (reference point: the worst of each objective) at 50, 100, 200 and 400 evaluations,
median [least, most] of five seeds. Where the true front is not known (the two measured tasks), the hypervolume is
divided by that of the front of all networks that any search has measured. What is measured and every share found is
kept in the folder, and used again. ``--picture`` draws what the folder holds.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from front_quality_peers import SEARCHES, Run
from front_quality_tasks import FloatArray, Task, keyword_spotting_weights, measured, nasbench201, synthetic

CHECKPOINTS = (50, 100, 200, 400)


def tasks(wanted: Iterable[str], folder: Path) -> Iterable[Task]:
    """Those whose name begins with one of these words."""
    makers = {
        "nasbench201": nasbench201,
        "dscnn weights": lambda: [keyword_spotting_weights(folder)],
        "synthetic": lambda: [synthetic()],
        "dscnn all": lambda: [measured("dscnn all", "keyword_spotting", folder, {"calibration": 64}, 436)],
        "resnet20": lambda: [measured("resnet20", "resnet20_cifar10", folder, {"search": 500}, 500)],
    }
    for name, make in makers.items():
        if any(word.replace("_", " ").startswith(name) or name.startswith(word.replace("_", " ")) for word in wanted):
            yield from (task for task in make() if any(task.name.startswith(word.replace("_", " ")) for word in wanted))


def run_together(runs: dict[tuple[str, int], Run], task: Task) -> dict[tuple[str, int], FloatArray]:
    """Points of each run in the order in which they were measured, (400, 2): all advance side by side.

    So networks that any of them wants are measured in one batch, and share the layers that they have in common.
    """
    asked = {key: next(run) for key, run in runs.items()}
    points: dict[tuple[str, int], list[FloatArray]] = {key: [] for key in runs}
    while asked:
        task.points([candidate for wanted in asked.values() for candidate in wanted])
        for key, wanted in list(asked.items()):
            found = task.points(wanted)
            points[key] += list(found)
            try:
                if len(points[key]) >= CHECKPOINTS[-1]:
                    raise StopIteration
                asked[key] = runs[key].send(found)
            except StopIteration:
                del asked[key]
    return {key: np.array(rows[: CHECKPOINTS[-1]]) for key, rows in points.items()}


def spread(values: FloatArray) -> str:
    """Median [least, most]."""
    return f"{np.median(values):.4f} [{values.min():.4f}, {values.max():.4f}]"


def main() -> None:
    """Run what is missing, then print and draw all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path("front_quality"), help="tables, measurements and results")
    parser.add_argument("--tasks", nargs="*", default=["nasbench201", "dscnn", "resnet20", "synthetic"])
    parser.add_argument("--searches", nargs="*", default=list(SEARCHES), choices=list(SEARCHES))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--anew", action="store_true", help="run again what the folder holds a result of")
    arguments = parser.parse_args()
    arguments.folder.mkdir(exist_ok=True)
    for task in tasks(arguments.tasks, arguments.folder):
        path = arguments.folder / f"{task.name.replace(' ', '_')}.json"
        kept = json.loads(path.read_text()) if path.exists() else {}
        missing = [name for name in arguments.searches if arguments.anew or len(kept.get(name, [])) < arguments.seeds]
        keys = [(name, seed) for name in missing for seed in range(arguments.seeds)]
        found = run_together({(name, seed): SEARCHES[name](task, seed) for name, seed in keys}, task)
        for name in missing:
            kept[name] = [found[name, seed].tolist() for seed in range(arguments.seeds)]
        path.write_text(json.dumps(kept))
        show(task, kept, arguments.searches)


def show(task: Task, kept: dict[str, list[list[list[float]]]], searches: Iterable[str]) -> None:
    """Print the shares of one task."""
    everything = np.concatenate([np.array(points) for runs in kept.values() for points in runs])
    exact = task.hypervolume(everything if task.front is None else task.front)
    print(f"\n{task.name}: hypervolume {'of all measured' if task.front is None else 'of the true front'} {exact:.4f}")
    for name in searches:
        runs = [np.array(points) for points in kept.get(name, [])]
        shares = [np.array([task.hypervolume(run[:count]) for run in runs]) / exact for count in CHECKPOINTS]
        print(f"  {name:18s}" + "  ".join(spread(column) for column in shares), flush=True)


if __name__ == "__main__":
    sys.exit(main())
