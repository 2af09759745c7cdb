"""Submitting searches and reading their fronts from Python."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from autoquant.data import DataSplits
from autoquant.errors import SpecError
from autoquant.job import (
    Attempt,
    Baseline,
    Event,
    HypervolumePoint,
    JobReader,
    JobRecord,
    JobState,
    LearningPoint,
    Progress,
)
from autoquant.planning.plan import Plan, make_plan
from autoquant.running.interrupt import interruptible
from autoquant.running.job_run import run_job
from autoquant.settings import default_store
from autoquant.spec import SearchSpec
from autoquant.store import Store
from autoquant.store.sql import NEW, Ticket
from autoquant.trial import Trial, TrialState

if TYPE_CHECKING:
    import optuna
    import pandas as pd
    from torch import nn

    from autoquant.report import ReportData

ProgressListener = Callable[[Progress], None]

LOG_POLL_SECONDS = 0.5
SAME_ON_RESUME = ("network", "data", "evaluator")


def search(
    spec: SearchSpec | str | Path,
    store: str | None = None,
    *,
    network: nn.Module | None = None,
    data: DataSplits | None = None,
    progress: ProgressListener = lambda _: None,
    started: Callable[[Job], None] = lambda _: None,
) -> Job:
    """Run a search to its end; its job, with the front, is in the store from the first moment on.

    Args:
        spec: a `SearchSpec`, or the path of a spec file.
        store: where to keep the job; ``AUTOQUANT_STORE``, else ``sqlite:///autoquant.db``, by default.
        network: a trained network, in place of the factory that the spec names.
        data: its data, in place of the factory that the spec names.
        progress: called after every batch of results.
        started: called once, with the job, before its first trial.

    Ctrl-C lets running trials finish and leaves the job PAUSED, to be continued with `resume`; a second one drops them.
    Raises `SpecError` before anything runs when the spec is wrong, `JobFailed` when the search cannot succeed.
    """
    plan, opened, job_id = _submitted(spec, store, network, data)
    return _run(plan, opened, job_id, NEW, plan.spec.budget.n_trials, progress, started)


def submit(
    spec: SearchSpec | str | Path,
    store: str | None = None,
    *,
    network: nn.Module | None = None,
    data: DataSplits | None = None,
) -> Job:
    """Check a spec and store it as a job, QUEUED; `resume` runs it, here or in another process.

    Arguments as for `search`. `SpecError` when the spec is wrong; nothing is stored then.
    """
    _, opened, job_id = _submitted(spec, store, network, data)
    return Job(opened, job_id)


def _submitted(
    spec: SearchSpec | str | Path, store: str | None, network: nn.Module | None, data: DataSplits | None
) -> tuple[Plan, Store, int]:
    checked = spec if isinstance(spec, SearchSpec) else SearchSpec.from_file(spec)
    plan = make_plan(checked, network, data)
    opened = Store(store or default_store())
    job_id = opened.create_job(checked.name, checked.to_dict(), plan.definition, checked.budget.n_trials)
    return plan, opened, job_id


def resume(
    job_id: int | None = None,
    store: str | None = None,
    *,
    n_trials: int | None = None,
    network: nn.Module | None = None,
    data: DataSplits | None = None,
    progress: ProgressListener = lambda _: None,
    started: Callable[[Job], None] = lambda _: None,
) -> Job:
    """Take a job up where it stands: nothing finished is measured again, and it proposes what it would have.

    Args:
        job_id: the newest job by default.
        store: as for `search`.
        n_trials: new total of the job; the one it has by default.
        network: as for `search`; needed when the job was started with one.
        data: likewise.
        progress: as for `search`.
        started: as for `search`.

    `SpecError` when network, data or evaluator are not those that the job began with.
    """
    opened = Store(store or default_store(), create=False)
    number = opened.latest() if job_id is None else job_id
    ticket = opened.ticket(number)
    record = opened.job(number)
    total = record.n_trials if n_trials is None else n_trials
    if total < record.finished:
        raise SpecError(f"n_trials: {total} is less than the {record.finished} trials that job {record.id} already has")
    before = record.definition
    spec = SearchSpec.from_dict(record.spec)
    _check_objects(record, spec, {"network": network, "data": data})
    plan = make_plan(spec, network, data, before)
    now = plan.definition
    for part in SAME_ON_RESUME:
        if before.identity.get(part) != now.identity.get(part):
            known, current = before.identity.get(part), now.identity.get(part)
            raise SpecError(f"{part}: job {record.id} began with {known}, this is {current}; start a new search for it")
    if (now.choices, now.objectives) != (before.choices, before.objectives):
        raise SpecError(f"space: the choices or objectives of job {record.id} are no longer those it began with")
    return _run(plan, opened, record.id, ticket, total, progress, started)


def _check_objects(record: JobRecord, spec: SearchSpec, given: Mapping[str, object]) -> None:
    """`SpecError` where a job began with an object, not with a factory of its spec, and there is none now."""
    known = record.definition.identity
    if missing := [what for what, it in given.items() if what in known and it is None and getattr(spec, what) is None]:
        arguments = ", ".join(f"{what}={what}" for what in missing)
        raise SpecError(
            f"{' and '.join(missing)}: job {record.id} was given objects of Python; resume it there: "
            f"autoquant.resume({record.id}, {arguments})"
        )


def _run(
    plan: Plan,
    store: Store,
    job_id: int,
    ticket: Ticket,
    total: int,
    progress: ProgressListener,
    started: Callable[[Job], None],
) -> Job:
    job = Job(store, job_id)
    started(job)
    with interruptible() as interrupted:
        run_job(plan, store, job_id, total, interrupted, progress, ticket)
    return job


def load_job(job_id: int | None = None, store: str | Store | None = None) -> Job:
    """A stored job, the newest by default. `JobNotFound` when it is not there."""
    opened = store if isinstance(store, Store) else Store(store or default_store(), create=False)
    number = opened.latest() if job_id is None else job_id
    opened.job(number)
    return Job(opened, number)


def list_jobs(store: str | None = None) -> list[JobRecord]:
    """Every job of a store, the newest first."""
    return Store(store or default_store(), create=False).jobs()


class Job:
    """A stored job. Everything is read from the store at the moment it is asked for."""

    def __init__(self, store: JobReader, job_id: int) -> None:
        self.store = store
        self.id = job_id

    def __repr__(self) -> str:
        record = self.record
        return f"<Job {self.id} {record.name!r} {record.state} {record.finished}/{record.n_trials} trials>"

    @property
    def record(self) -> JobRecord:
        """The job as it stands now."""
        return self.store.job(self.id)

    @property
    def state(self) -> JobState:
        """QUEUED, RUNNING, PAUSED, SUCCEEDED, FAILED or CANCELLED."""
        return self.record.state

    def front(self) -> list[Trial]:
        """The feasible trials that no other dominates, the least of the first cost first."""
        first = self.record.definition.first_cost
        front = self.store.front(self.id)
        return sorted(front, key=lambda trial: (first.minimized(trial.metrics[first.metric]), trial.number))

    def trials(self, *, after: int = -1, limit: int | None = None, state: TrialState | None = None) -> Iterator[Trial]:
        """Trials in the order of their numbers, read page by page as they are taken."""
        return self.store.trials(self.id, after=after, limit=limit, state=state)

    def baselines(self) -> list[Baseline]:
        """The float network, the uniform bit-widths and the sensitivity baseline."""
        return self.store.baselines(self.id)

    def hypervolume(self) -> float:
        """Of the front, in [0, 1]: 1 would be the best value of every objective in one network."""
        return self.record.hypervolume

    def hypervolume_history(self) -> list[HypervolumePoint]:
        """(finished trials, hypervolume) at each change."""
        return self.store.hypervolume_history(self.id)

    def curves(self) -> dict[str, list[LearningPoint]]:
        """What the searcher reported of its learning: name -> (proposals, value); empty where it learns nothing.

        A value that was no finite number is NaN.
        """
        return self.store.curves(self.id)

    def trials_dataframe(self) -> pd.DataFrame:
        """One row a trial: number, state, metrics, their standard errors (``_se``), options (``params_``), and more.

        A trial of settings has these, too (``settings_``).
        """
        import pandas as pd

        on_front = {trial.number for trial in self.store.front(self.id)}
        from autoquant.json_views import trial_row

        return pd.DataFrame([trial_row(trial, trial.number in on_front) for trial in self.trials()])

    def to_optuna(
        self, storage: str | optuna.storages.BaseStorage | None = None, study_name: str | None = None
    ) -> optuna.Study:
        """Every trial as a new study of Optuna, with the front as its ``best_trials``.

        Args:
            storage: of Optuna: a URL such as ``sqlite:///study.db``, a storage, or None for one in memory.
            study_name: ``name-id`` of this job by default.

        A job that still runs is exported as it stands. `SpecError` when the storage cannot be opened, holds AutoQuant's
        own jobs, or has a study of that name.
        """
        from autoquant.export.optuna_study import export_study

        trials = list(self.trials())
        front = {trial.number for trial in self.store.front(self.id)}
        return export_study(self.record, trials, front, storage, study_name)

    def stop(self) -> bool:
        """Ask the process that runs this job to end it CANCELLED, once its running trials are done.

        False where no process runs it: it is CANCELLED at once. `JobEnded` where it had ended before; it stays so.
        """
        return self.store.request(self.id, JobState.CANCELLED)

    def pause(self) -> bool:
        """Ask the process that runs this job to end it PAUSED, once its running trials are done; else as `stop`."""
        return self.store.request(self.id, JobState.PAUSED)

    def logs(self, *, after: int = 0) -> list[Event]:
        """What happened, oldest first, from the event with the id after ``after``."""
        return self.store.events(self.id, after=after)

    def follow(self) -> Iterator[Event]:
        """What happened and what happens, as it comes, until the job ends or its process has died."""
        after = 0
        while True:
            record = self.record
            over = record.abandoned or record.state not in (JobState.QUEUED, JobState.RUNNING)
            for event in self.logs(after=after):
                after = event.id
                yield event
            if over:
                return
            time.sleep(LOG_POLL_SECONDS)

    def attempts(self) -> list[Attempt]:
        """Attempts that were lost with their worker."""
        return self.store.attempts(self.id)

    def report_data(self) -> ReportData:
        """All that a report shows."""
        from autoquant.report.stored import read

        return read(self.store, self.id)

    def report(self, path: str | Path = "report.html") -> tuple[Path, Path]:
        """Write the report: one HTML file that needs no network, and a PNG next to it; the paths of both."""
        from autoquant.report import write_report

        return write_report(self.report_data(), Path(path))
