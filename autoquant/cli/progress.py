"""Live progress of a search."""

from __future__ import annotations

import sys
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn
from rich.progress import Progress as Bar

from autoquant.cli.tables import console
from autoquant.job import Progress

if TYPE_CHECKING:
    from autoquant.client import Job

LOG_SECONDS = 5.0
"""Where there is no terminal, a line of progress is printed so often."""


class LiveProgress:
    """Live progress on stderr: a bar on a terminal, a line now and then elsewhere."""

    def __init__(self) -> None:
        self._console = console(stderr=True)
        self._last, self._printed = 0.0, ("", -1)
        self._bar = Bar(
            SpinnerColumn(),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.description}"),
            console=self._console,
            transient=True,
        )
        self._task = self._bar.add_task("starting workers, measuring baselines", total=None)

    def __enter__(self) -> LiveProgress:
        if self._console.is_terminal:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._console.is_terminal:
            self._bar.stop()

    def started(self, job: Job) -> None:
        """Say which job this is, so that another terminal can follow or stop it."""
        record = job.record
        self._console.print(f"job {job.id} ({record.name}) in {job.store.url}", highlight=False, soft_wrap=True)
        for note in record.definition.profile.notes if record.definition.profile is not None else ():
            self._console.print(note, style="yellow", highlight=False, soft_wrap=True, markup=False)
        self._bar.update(self._task, total=record.n_trials, completed=record.finished)

    def progress(self, now: Progress) -> None:
        """Trials done, front size, hypervolume, rate and time left."""
        for note in now.notes:
            self._console.print(note, style="yellow", highlight=False, soft_wrap=True, markup=False)
        text, unit = progress_text(now), "trials" if now.phase == "search" else now.phase
        if self._console.is_terminal:
            self._bar.update(self._task, completed=now.finished, total=now.total, description=text)
        elif (now.phase, now.finished) != self._printed and (
            time.monotonic() - self._last > LOG_SECONDS or now.finished == now.total
        ):
            phase_over = now.phase == "baselines" and now.finished == now.total  # what comes next is an update
            self._last = 0.0 if phase_over else time.monotonic()
            self._printed = (now.phase, now.finished)
            print(f"{now.finished}/{now.total} {unit}, {text}", file=sys.stderr, flush=True)


def progress_text(now: Progress) -> str:
    """One line of progress without the count."""
    if now.phase != "search":
        failed = f", {now.failed} failed" if now.failed else ""
        return f"measuring what the search is compared with{failed}"
    parts = [f"front {now.front_size}", f"hypervolume {now.hypervolume:.4f}", f"{now.rate:.2f} trials/s"]
    parts += [f"{now.failed} failed"] if now.failed else []
    parts += [f"{now.pruned} pruned"] if now.pruned else []
    if now.seconds_left is not None and now.finished < now.total:
        parts.append(f"{timedelta(seconds=round(now.seconds_left))} left")
    return ", ".join(parts)
