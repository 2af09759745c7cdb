"""Submitting searches and reading their fronts from Python."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from autoquant import plugins
from autoquant.data import DataSplits
from autoquant.errors import SpecError
from autoquant.interfaces import CostModel, NoCosts, PricedCosts, Searcher, SearchProblem
from autoquant.job import Attempt, Baseline, Event, JobRecord, JobState, Progress
from autoquant.network import NetworkProfile
from autoquant.objective import Constraint, Objective, as_objective
from autoquant.planning.plan import Plan, make_plan
from autoquant.planning.plan import make_space as space_of
from autoquant.planning.pricing import layer_costs
from autoquant.running.job_run import run_job
from autoquant.settings import default_store
from autoquant.space import SearchSpace
from autoquant.spec import SearchSpec
from autoquant.store import Store
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

    Ctrl-C lets running trials finish and leaves the job PAUSED, to be taken up with `resume`; a second one drops them.
    Raises `SpecError` before anything runs when the spec is wrong, `JobFailed` when the search cannot succeed.
    """
    plan, job = _submitted(spec, store, network, data)
    return _run(plan, job, plan.spec.budget.n_trials, progress, started)


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
    return _submitted(spec, store, network, data)[1]


def _submitted(
    spec: SearchSpec | str | Path, store: str | None, network: nn.Module | None, data: DataSplits | None
) -> tuple[Plan, Job]:
    checked = spec if isinstance(spec, SearchSpec) else SearchSpec.from_file(spec)
    plan = make_plan(checked, network, data)
    opened = Store(store or default_store())
    job_id = opened.create_job(checked.name, checked.to_dict(), plan.definition, checked.budget.n_trials)
    return plan, Job(opened, job_id)


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
    job = load_job(job_id, store)
    record = job.record
    total = record.n_trials if n_trials is None else n_trials
    if total < record.finished:
        raise SpecError(f"n_trials: {total} is less than the {record.finished} trials that job {job.id} already has")
    before = record.definition
    plan = make_plan(SearchSpec.from_dict(record.spec), network, data, before.excluded)
    now = plan.definition
    for part in SAME_ON_RESUME:
        if before.identity.get(part) != now.identity.get(part):
            known, found = before.identity.get(part), now.identity.get(part)
            raise SpecError(f"{part}: job {job.id} began with {known}, this is {found}; start a new search for it")
    if (now.choices, now.objectives) != (before.choices, before.objectives):
        raise SpecError(f"space: the choices or objectives of job {job.id} are no longer those it began with")
    return _run(plan, job, total, progress, started)


def _run(plan: Plan, job: Job, total: int, progress: ProgressListener, started: Callable[[Job], None]) -> Job:
    started(job)
    with interruptible() as interrupted:
        run_job(plan, job.store, job.id, total, interrupted, progress)
    return job


def load_job(job_id: int | None = None, store: str | Store | None = None) -> Job:
    """A stored job, the newest by default. `JobNotFound` when it is not there."""
    opened = store if isinstance(store, Store) else Store(store or default_store(), create=False)
    found = opened.latest() if job_id is None else job_id
    opened.job(found)
    return Job(opened, found)


def list_jobs(store: str | None = None) -> list[JobRecord]:
    """Every job of a store, the newest first."""
    return Store(store or default_store(), create=False).jobs()


@contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """The first SIGINT or SIGTERM only sets a flag, which the search heeds; a second SIGINT interrupts as usual."""
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    seen = threading.Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def note(number: int, frame: Any) -> None:
        if seen.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        seen.set()

    for number in before:
        signal.signal(number, note)
    try:
        yield seen.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Job:
    """A stored job. Everything is read from the store at the moment it is asked for."""

    def __init__(self, store: Store, job_id: int) -> None:
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
        return sorted(self.store.front(self.id), key=lambda trial: (trial.metrics[first.metric], trial.number))

    def trials(self, *, after: int = -1, limit: int | None = None, state: TrialState | None = None) -> Iterator[Trial]:
        """Trials in the order of their numbers, read page by page as they are taken."""
        return self.store.trials(self.id, after=after, limit=limit, state=state)

    def baselines(self) -> list[Baseline]:
        """The float network and the uniform bit-widths."""
        return self.store.baselines(self.id)

    def hypervolume(self) -> float:
        """Of the front, in [0, 1]: 1 would be the best value of every objective in one network."""
        return self.record.hypervolume

    def hypervolume_history(self) -> list[tuple[int, float]]:
        """(finished trials, hypervolume) at each change."""
        return self.store.hypervolume_history(self.id)

    def curves(self) -> dict[str, list[tuple[int, float]]]:
        """What the searcher told of its learning: name -> (proposals made by then, value); empty where it learns none.

        A value that was no finite number is NaN.
        """
        return self.store.curves(self.id)

    def trials_dataframe(self) -> pd.DataFrame:
        """One row a trial: number, state, metrics, their standard errors (``_se``), options (``params_``), and more."""
        import pandas as pd

        on_front = {trial.number for trial in self.store.front(self.id)}
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

        False where no process runs it: it is CANCELLED at once.
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
        from autoquant.report import ReportData

        record, front, baselines = self.record, self.front(), self.baselines()
        candidates = [trial.candidate for trial in front]
        candidates += [one.candidate for one in baselines if one.candidate is not None]
        profile = record.definition.profile
        costs: list[Mapping[str, list[float]]] = [{} for _ in candidates]
        if profile is not None:
            costs = layer_costs(record.definition.costs, stored_space(record), candidates)
        return ReportData(
            job=record,
            trials=list(self.trials()),
            front=front,
            baselines=baselines,
            hypervolume=[*self.hypervolume_history(), (record.finished, record.hypervolume)],
            curves=self.curves(),
            layer_names=[layer.name for layer in profile] if profile is not None else [],
            layer_costs=dict(zip(candidates, costs, strict=True)),
        )

    def report(self, path: str | Path = "report.html") -> tuple[Path, Path]:
        """Write the report: one HTML file that needs no network, and a PNG beside it; the paths of both."""
        from autoquant.report import write_report

        return write_report(self.report_data(), Path(path))


def stored_space(record: JobRecord) -> SearchSpace:
    """The search space of a job, built again from its spec and definition; no network is needed."""
    spec = SearchSpec.from_dict(record.spec)
    if spec.folder is not None:
        plugins.use_folder(spec.folder)
    return space_of(spec.space, record.definition.profile, record.definition.excluded)


def trial_row(trial: Trial, on_front: bool) -> dict[str, Any]:
    """A trial as one flat row."""
    return {
        "number": trial.number,
        "state": str(trial.state),
        "feasible": trial.feasible,
        "on_front": on_front,
        **trial.metrics,
        **{f"{metric}_se": error for metric, error in trial.standard_errors.items()},
        **{f"test_{metric}": value for metric, value in trial.test_metrics.items()},
        **{f"params_{name}": option for name, option in trial.options.items()},
        "seconds": trial.seconds,
        "worker": trial.worker,
        "measured_by": trial.measured_by,
        "error": trial.error,
        "datetime_start": trial.started,
        "datetime_complete": trial.ended,
    }


def make_space(name: str, network: NetworkProfile | None = None, **options: Any) -> SearchSpace:
    """A search space plug-in by name, its options checked."""
    plugin = plugins.load("search space", name)
    space: SearchSpace = plugin(network, **plugins.check_options(plugin, options, "space"))
    return space


def make_cost_model(name: str, device: str | None = None, **options: Any) -> CostModel:
    """A cost model plug-in by name, its options checked."""
    plugin = plugins.load("cost model", name)
    positional = (device,) if plugin.uses_device else ()
    model: CostModel = plugin(*positional, **plugins.check_options(plugin, options, "cost_model"))
    return model


def make_searcher(
    name: str,
    space: SearchSpace,
    objectives: list[str | Objective] | tuple[str | Objective, ...],
    *,
    constraints: list[str] | tuple[str, ...] = (),
    price: Callable[[np.ndarray[Any, Any]], Mapping[str, Any]] | None = None,
    seed: int = 0,
    **options: Any,
) -> Searcher:
    """A searcher alone, without store or workers: ``ask`` for proposals, ``tell`` their metrics.

    Args:
        name: of the plug-in, ``random`` or ``nsga3`` for instance.
        space: what may be chosen.
        objectives: metrics; `Objective` where the direction of a metric is not known.
        constraints: texts such as ``weight_bytes <= 65536``.
        price: candidates (n, choices) -> metric -> costs (n,), so that cost constraints are held without measuring.
        seed: of all its randomness.
        options: of the plug-in.

    `PluginError` for an unknown name, `SpecError` for a wrong option, objective or constraint.
    """
    if not objectives:
        raise SpecError("objectives: name at least one")
    plugin = plugins.load("searcher", name)
    problem = SearchProblem(
        space,
        tuple(as_objective(objective) for objective in objectives),
        tuple(Constraint.parse(text) for text in constraints),
        NoCosts() if price is None else PricedCosts(space, price, seed),
        seed,
    )
    searcher: Searcher = plugin(problem, **plugins.check_options(plugin, options, "searcher"))
    return searcher
