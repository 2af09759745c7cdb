"""The store: jobs, trials, front membership, hypervolume history and baselines in SQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from autoquant.errors import JobNotFound, StoreError
from autoquant.job import Baseline, JobPlan, JobRecord, JobState
from autoquant.space import Choice
from autoquant.store import codec, tables
from autoquant.store.engine import open_engine
from autoquant.trial import Trial, TrialState

PAGE = 1000


@dataclass(frozen=True, slots=True)
class FrontChange:
    """What a batch of results did to the front: who joined, who left, and (finished trials, hypervolume) after."""

    joined: Sequence[int]
    left: Sequence[int]
    hypervolume: Sequence[tuple[int, float]]


class Store:
    """Jobs, trials and fronts in a database. Every public method is one transaction.

    `StoreUnavailable` when the database cannot be opened, `StoreError` when it cannot be read or written,
    `JobNotFound` for an id that is not there.
    """

    def __init__(self, url: str, *, create: bool = True) -> None:
        self.url = url
        self._engine = open_engine(url, create=create)
        self._choices: dict[int, tuple[Choice, ...]] = {}

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    @contextmanager
    def _write(self) -> Iterator[sa.Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise StoreError(f"store {self.url!r}: cannot write: {getattr(error, 'orig', None) or error}") from error

    @contextmanager
    def _read(self) -> Iterator[sa.Connection]:
        try:
            with self._engine.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise StoreError(f"store {self.url!r}: cannot read: {getattr(error, 'orig', None) or error}") from error

    # Jobs

    def create_job(self, name: str, spec: Mapping[str, Any], plan: JobPlan, n_trials: int) -> int:
        """A new job, QUEUED; its id."""
        row = {
            "name": name,
            "state": str(JobState.QUEUED),
            "spec": dict(spec),
            "plan": codec.plan_to_json(plan),
            "n_trials": n_trials,
            "created": datetime.now(UTC),
        }
        with self._write() as connection:
            key = connection.execute(tables.jobs.insert().values(row)).inserted_primary_key
        assert key is not None
        return int(key[0])

    def job(self, job_id: int) -> JobRecord:
        """One job as it stands now."""
        with self._read() as connection:
            row = connection.execute(sa.select(tables.jobs).where(tables.jobs.c.id == job_id)).mappings().one_or_none()
        if row is None:
            raise JobNotFound(f"store {self.url!r} has no job {job_id}; 'autoquant ls' lists what it has")
        return codec.job_from_row(row)

    def jobs(self) -> list[JobRecord]:
        """Every job, the newest first."""
        with self._read() as connection:
            rows = connection.execute(sa.select(tables.jobs).order_by(tables.jobs.c.id.desc())).mappings().all()
        return [codec.job_from_row(row) for row in rows]

    def latest(self) -> int:
        """Id of the newest job."""
        with self._read() as connection:
            newest = connection.execute(sa.select(sa.func.max(tables.jobs.c.id))).scalar()
        if newest is None:
            raise JobNotFound(f"store {self.url!r} has no job yet; 'autoquant search SPEC.yaml' starts one")
        return int(newest)

    def start_job(self, job_id: int, n_trials: int) -> None:
        """RUNNING, with this total of trials; an old request to stop is forgotten."""
        self._update_job(
            job_id, state=str(JobState.RUNNING), n_trials=n_trials, stop_requested=False, message=None, ended=None
        )

    def end_job(self, job_id: int, state: JobState, message: str | None) -> None:
        """How the job ended, and why in a sentence."""
        self._update_job(job_id, state=str(state), message=message, ended=datetime.now(UTC))

    def request_stop(self, job_id: int) -> None:
        """Ask the process that runs the job to end it; it does so once the running trials are done."""
        self._update_job(job_id, stop_requested=True)

    def stop_requested(self, job_id: int) -> bool:
        """Whether somebody asked for the job to stop."""
        with self._read() as connection:
            query = sa.select(tables.jobs.c.stop_requested).where(tables.jobs.c.id == job_id)
            return bool(connection.execute(query).scalar())

    def _update_job(self, job_id: int, **values: Any) -> None:
        with self._write() as connection:
            query = tables.jobs.update().where(tables.jobs.c.id == job_id).values(values)
            if connection.execute(query).rowcount != 1:
                raise JobNotFound(f"store {self.url!r} has no job {job_id}; 'autoquant ls' lists what it has")

    # Trials

    def add_trials(self, job_id: int, trials: Sequence[Trial], change: FrontChange) -> None:
        """New trials, before any worker sees them; those that need no worker come finished, with their front change."""
        with self._write() as connection:
            connection.execute(tables.trials.insert(), [codec.trial_to_row(job_id, trial) for trial in trials])
            self._count(connection, job_id, trials, change)

    def finish_trials(self, job_id: int, trials: Sequence[Trial], change: FrontChange) -> None:
        """Results, the front that they give and its hypervolume, in one transaction."""
        columns = ["state", "metrics", "standard_errors", "violations", "artifacts", "seconds", "worker", "error"]
        columns += ["measured_by", "started", "ended"]
        update = (
            tables.trials.update()
            .where(tables.trials.c.job_id == job_id, tables.trials.c.number == sa.bindparam("the_number"))
            .values({name: sa.bindparam(f"new_{name}") for name in columns})
        )
        rows = []
        for trial in trials:
            row = codec.trial_to_row(job_id, trial)
            rows.append({"the_number": trial.number} | {f"new_{name}": row[name] for name in columns})
        with self._write() as connection:
            connection.execute(update, rows)
            self._count(connection, job_id, trials, change)

    def _count(self, connection: sa.Connection, job_id: int, trials: Sequence[Trial], change: FrontChange) -> None:
        """The part of a transaction that keeps front, hypervolume and the job's counters in step with its trials."""
        if change.left:
            gone = tables.front.c.number.in_(change.left)
            connection.execute(tables.front.delete().where(tables.front.c.job_id == job_id, gone))
        if change.joined:
            connection.execute(tables.front.insert(), [{"job_id": job_id, "number": n} for n in change.joined])
        if change.hypervolume:
            history = [{"job_id": job_id, "finished": done, "value": value} for done, value in change.hypervolume]
            connection.execute(tables.hypervolume.insert(), history)
        states = [trial.state for trial in trials if trial.state.finished]
        if not states:
            return
        job = tables.jobs.c
        values: dict[str, Any] = {
            "finished": job.finished + len(states),
            "failed": job.failed + states.count(TrialState.FAIL),
            "pruned": job.pruned + states.count(TrialState.PRUNED),
            "front_size": job.front_size + len(change.joined) - len(change.left),
        }
        if change.hypervolume:
            values["hypervolume"] = change.hypervolume[-1][1]
        connection.execute(tables.jobs.update().where(job.id == job_id).values(values))

    def score_trial(
        self, job_id: int, number: int, metrics: Mapping[str, float], standard_errors: Mapping[str, float]
    ) -> None:
        """Test-split scores of a trial of the front."""
        row = tables.trials.c
        values = {"test_metrics": dict(metrics), "test_standard_errors": dict(standard_errors)}
        with self._write() as connection:
            connection.execute(tables.trials.update().where(row.job_id == job_id, row.number == number).values(values))

    def trials(
        self, job_id: int, *, after: int = -1, limit: int | None = None, state: TrialState | None = None
    ) -> Iterator[Trial]:
        """Trials in the order of their numbers, from the one after ``after``; read page by page as they are taken."""
        choices = self._choices_of(job_id)
        query = sa.select(tables.trials).where(tables.trials.c.job_id == job_id).order_by(tables.trials.c.number)
        if state is not None:
            query = query.where(tables.trials.c.state == str(state))
        left = limit
        while left is None or left > 0:
            size = PAGE if left is None else min(PAGE, left)
            with self._read() as connection:
                page = connection.execute(query.where(tables.trials.c.number > after).limit(size)).mappings().all()
            for row in page:
                yield codec.trial_from_row(row, choices)
            if len(page) < size:
                return
            after = page[-1]["number"]
            left = None if left is None else left - len(page)

    def front(self, job_id: int) -> list[Trial]:
        """The trials on the front, in the order of their numbers."""
        choices = self._choices_of(job_id)
        on_front = sa.and_(
            tables.front.c.job_id == tables.trials.c.job_id, tables.front.c.number == tables.trials.c.number
        )
        query = sa.select(tables.trials).join(tables.front, on_front).where(tables.front.c.job_id == job_id)
        with self._read() as connection:
            rows = connection.execute(query.order_by(tables.trials.c.number)).mappings().all()
        return [codec.trial_from_row(row, choices) for row in rows]

    def hypervolume_history(self, job_id: int) -> list[tuple[int, float]]:
        """(finished trials, hypervolume) at each change."""
        table = tables.hypervolume.c
        query = sa.select(table.finished, table.value).where(table.job_id == job_id).order_by(table.finished)
        with self._read() as connection:
            return [(int(done), float(value)) for done, value in connection.execute(query)]

    def _choices_of(self, job_id: int) -> tuple[Choice, ...]:
        if job_id not in self._choices:
            self._choices[job_id] = self.job(job_id).plan.choices
        return self._choices[job_id]

    # Baselines

    def save_baselines(self, job_id: int, baselines: Sequence[Baseline]) -> None:
        """Put these in place of the job's baselines."""
        rows = [codec.baseline_to_row(job_id, position, baseline) for position, baseline in enumerate(baselines)]
        with self._write() as connection:
            connection.execute(tables.baselines.delete().where(tables.baselines.c.job_id == job_id))
            if rows:
                connection.execute(tables.baselines.insert(), rows)

    def baselines(self, job_id: int) -> list[Baseline]:
        """The float network and the uniform bit-widths, as saved."""
        table = tables.baselines.c
        query = sa.select(tables.baselines).where(table.job_id == job_id).order_by(table.position)
        with self._read() as connection:
            return [codec.baseline_from_row(row) for row in connection.execute(query).mappings()]
