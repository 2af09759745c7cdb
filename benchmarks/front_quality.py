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
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from front_quality_peers import SEARCHES, Run
from front_quality_tasks import FloatArray, Task, keyword_spotting_weights, measured, nasbench201, synthetic

CHECKPOINTS = (50, 100, 200, 400)
BRIEF = (100, 400)
COUNTS = list(range(10, CHECKPOINTS[-1] + 1, 10))
TASKS = ("nasbench201", "dscnn weights", "dscnn all", "resnet20", "synthetic")
FLOOR = 1e-4
"""What is missing is plotted as no less than this."""
STYLE = {
    "random": ("#9a9a9a", ":", 1.3),
    "pymoo NSGA-II": ("#8c6d31", "--", 1.3),
    "pymoo NSGA-III": ("#bd9e39", "--", 1.3),
    "Optuna NSGA-III": ("#7b4173", "--", 1.3),
    "Optuna TPE": ("#ce6dbd", "--", 1.3),
    "sensitivity": ("#e6550d", "-", 1.8),
    "ppo": ("#31a354", "-", 1.8),
    "nsga3, plain": ("#6baed6", "-", 1.8),
    "nsga3, sensitive": ("#08519c", ":", 1.8),
    "nsga3": ("#08519c", "-", 2.6),
}
"""Search -> colour, line and width: peers dashed."""

Shares = dict[str, FloatArray]


def tasks(wanted: Iterable[str], folder: Path) -> Iterable[Task]:
    """Those whose name begins with one of these words."""
    makers: dict[str, Callable[[], list[Task]]] = {
        "nasbench201": nasbench201,
        "dscnn weights": lambda: [keyword_spotting_weights(folder)],
        "dscnn all": lambda: [measured("dscnn all", "keyword_spotting", folder, {"calibration": 64})],
        "resnet20": lambda: [measured("resnet20", "resnet20_cifar10", folder, {"search": 500})],
        "synthetic": lambda: [synthetic()],
    }
    words = tuple(wanted)
    for name in TASKS:
        if name.startswith(words) or any(word.startswith(name) for word in words):
            yield from (task for task in makers[name]() if task.name.startswith(words))


def run_together(runs: dict[tuple[str, int], Run], task: Task) -> dict[tuple[str, int], FloatArray]:
    """The first points of each run in the order in which they were measured, (400, 2): all advance side by side.

    So networks that any of them wants are measured in one batch, and share the layers that they have in common.
    """
    asked = {key: next(run) for key, run in runs.items()}
    points: dict[tuple[str, int], list[FloatArray]] = {key: [] for key in runs}
    while asked:
        task.points([candidate for wanted in asked.values() for candidate in wanted])
        for key, wanted in list(asked.items()):
            measured = task.points(wanted)
            points[key] += list(measured)
            try:
                if len(points[key]) >= CHECKPOINTS[-1]:
                    raise StopIteration
                asked[key] = runs[key].send(measured)
            except StopIteration:
                del asked[key]
    return {key: np.array(rows[: CHECKPOINTS[-1]]) for key, rows in points.items()}


def main() -> None:
    """Run what is missing, then print, and draw where asked, all that the folder holds of these tasks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path("front_quality"), help="tables, measurements and results")
    parser.add_argument("--tasks", nargs="*", default=list(TASKS), help=f"names that begin so, of {list(TASKS)}")
    parser.add_argument("--searches", nargs="*", default=list(SEARCHES), choices=list(SEARCHES))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--rerun", action="store_true", help="run again what the folder holds a result of")
    parser.add_argument("--markdown", action="store_true", help="print tables for a page")
    parser.add_argument("--picture", type=Path, help="draw the shares into this file")
    arguments = parser.parse_args()
    arguments.folder.mkdir(exist_ok=True)
    by_task: dict[str, list[Shares]] = {}
    for task in tasks(arguments.tasks, arguments.folder):
        path = arguments.folder / f"{task.name.replace(' ', '_')}.json"
        kept = json.loads(path.read_text()) if path.exists() else {}
        missing = [name for name in arguments.searches if arguments.rerun or len(kept.get(name, [])) < arguments.seeds]
        keys = [(name, seed) for name in missing for seed in range(arguments.seeds)]
        points = run_together({(name, seed): SEARCHES[name](task, seed) for name, seed in keys}, task)
        for name in missing:
            kept[name] = [points[name, seed].tolist() for seed in range(arguments.seeds)]
        path.write_text(json.dumps(kept))
        shares = shares_of(task, {name: kept[name] for name in arguments.searches})
        print(f"\n{task.name}\n{table(shares, arguments.markdown)}", flush=True)
        by_task.setdefault(task.name.split(" ")[0] if task.name.startswith("nas") else task.name, []).append(shares)
    together = {name: merged(several) for name, several in by_task.items()}
    if len(by_task.get("nasbench201", [])) > 1:
        print(f"\nnasbench201, all devices\n{table(together['nasbench201'], arguments.markdown)}")
    print(f"\nmedians\n{summary(together, arguments.markdown)}")
    if arguments.picture:
        draw(together, arguments.picture)


def shares_of(task: Task, runs: dict[str, list[list[list[float]]]]) -> Shares:
    """Search -> share of the hypervolume at every count of `COUNTS`, (seeds, counts)."""
    everything = np.concatenate([np.array(points) for several in runs.values() for points in several])
    exact = task.hypervolume(everything if task.front is None else task.front)
    return {
        name: np.array([[task.hypervolume(np.array(points[:n])) / exact for n in COUNTS] for points in several])
        for name, several in runs.items()
    }


def merged(several: list[Shares]) -> Shares:
    """The runs of several tasks as one."""
    return {name: np.concatenate([shares[name] for shares in several]) for name in several[0]}


def table(shares: Shares, markdown: bool) -> str:
    """Median [least, most] of each search at the checkpoints."""
    rows = [[name, *(spread(at(values, count)) for count in CHECKPOINTS)] for name, values in shares.items()]
    return as_text(["evaluations", *map(str, CHECKPOINTS)], rows, markdown)


def at(shares: FloatArray, count: int) -> FloatArray:
    """The shares after so many evaluations."""
    return shares[:, COUNTS.index(count)]


def spread(values: FloatArray) -> str:
    """Median [least, most]."""
    return f"{np.median(values):.4f} [{values.min():.4f}, {values.max():.4f}]"


def summary(together: dict[str, Shares], markdown: bool) -> str:
    """Median of each search on each task at `BRIEF` evaluations; the best in bold on a page."""
    columns: list[list[str]] = []
    for task, shares in together.items():
        pairs = [[f"{np.median(at(values, n)):.3f}" for n in BRIEF] for values in shares.values()]
        best = [max(column) for column in zip(*pairs, strict=True)]
        bold = [[f"**{c}**" if markdown and c == top else c for c, top in zip(p, best, strict=True)] for p in pairs]
        columns.append([f"{task}, {' / '.join(map(str, BRIEF))}", *(" / ".join(pair) for pair in bold)])
    names = ["", *next(iter(together.values()))]
    rows = [[name, *(column[i] for column in columns)] for i, name in enumerate(names)]
    return as_text(rows[0], rows[1:], markdown)


def as_text(head: list[str], rows: list[list[str]], markdown: bool) -> str:
    """A table, for a terminal or a page."""
    if markdown:
        lines = [head, ["---"] * len(head), *rows]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)
    widths = [max(len(line[i]) for line in [head, *rows]) for i in range(len(head))]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)) for line in [head, *rows])


def draw(together: dict[str, Shares], path: Path) -> None:
    """What is missing of the hypervolume against evaluations, one panel a task; the band is least to most."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    rows = len(together) // 3 + 1  # one panel more than tasks, for the legend
    figure, axes = plt.subplots(rows, 3, figsize=(13, 4.2 * rows), layout="constrained", squeeze=False)
    for axis in axes.flat[len(together) :]:
        axis.axis("off")
    for axis, (task, shares) in zip(axes.flat, together.items(), strict=False):
        for name, values in shares.items():
            colour, line, width = STYLE[name]
            missing = np.maximum(1 - values, FLOOR)
            axis.plot(COUNTS, np.median(missing, axis=0), line, color=colour, linewidth=width, label=name)
            if width > 2:
                axis.fill_between(
                    COUNTS, missing.min(axis=0), missing.max(axis=0), color=colour, alpha=0.15, linewidth=0
                )
        axis.set(title=task, xlabel="evaluations", yscale="log", xlim=(COUNTS[0], COUNTS[-1]))
        axis.grid(axis="y", alpha=0.3)
        axis.spines[["top", "right"]].set_visible(False)
    for axis in axes[:, 0]:
        axis.set_ylabel("hypervolume that is missing (less is better)")
    axes.flat[-1].legend(*axes.flat[0].get_legend_handles_labels(), loc="center", frameon=False, fontsize=11)
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
