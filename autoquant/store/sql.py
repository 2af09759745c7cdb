"""The store as everybody sees it: jobs, trials, fronts and their history. Who runs a job writes through `HeldJob`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa

from autoquant.errors import JobEnded, JobNotFound
from autoquant.job import (
    Attempt,
    Baseline,
    Event,
    HypervolumePoint,
    JobDefinition,
    JobRecord,
    JobState,
    LearningPoint,
    StoredMeasurement,
)
from autoquant.space import Choice
from autoquant.store import codec, tables
from autoquant.store.crash import open_database
from autoquant.store.lease import is_held
from autoquant.trial import Trial, TrialState

T = TypeVar("T")

PAGE = 1000
KEYS_AT_ONCE = 500
"""Keys in one query; SQLite takes some thousands of parameters at most."""


LARGEST_ID = 2**31
"""An id is a whole number of 32 bits."""


class Ticket(NamedTuple):
    """What a process that is to run a job keeps of it while it prepares: by it `HeldJob` sees what happened since."""

    fence: int
    requested: str | None


NEW = Ticket(0, None)
"""Of a job that was just made."""


class Store:
    """Jobs, trials and fronts in a database. Every public method is one transaction.

    `StoreUnavailable` when the database cannot be opened, `StoreError` when it cannot be read or written,
    `JobNotFound` for an id that is not there.
    """

    def __init__(self, url: str, *, create: bool = True, upgrade: bool = False) -> None:
        self.database = open_database(url, create=create, upgrade=upgrade)
        self.url = self.database.url
        self._choices: dict[int, tuple[Choice, ...]] = {}

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()

    # Jobs

    def create_job(self, name: str, spec: Mapping[str, Any], definition: JobDefinition, n_trials: int) -> int:
        """A new job, QUEUED; its id."""
        row = {
            "name": name,
            "state": str(JobState.QUEUED),
            "spec": dict(spec),
            "definition": codec.definition_to_json(definition),
            "n_trials": n_trials,
            "created": datetime.now(UTC),
        }
        query = tables.jobs.insert().values(row).returning(tables.jobs.c.id)
        return int(self.database.write(lambda connection: connection.execute(query).scalar_one()))

    def job(self, job_id: int) -> JobRecord:
        """One job as it stands now."""
        if not 0 <= job_id < LARGEST_ID:
            raise self._no_job(job_id)
        records = self._jobs(sa.select(tables.jobs).where(tables.jobs.c.id == job_id))
        if not records:
            raise self._no_job(job_id)
        return records[0]

    def jobs(self) -> list[JobRecord]:
        """Every job, the newest first."""
        return self._jobs(sa.select(tables.jobs).order_by(tables.jobs.c.id.desc()))

    def _jobs(self, query: sa.Select[Any]) -> list[JobRecord]:
        def read(connection: sa.Connection) -> list[JobRecord]:
            rows = connection.execute(query).mappings().all()
            now = self.database.now(connection)
            held = [is_held(row["holder"], row["lease_until"], now) for row in rows]
            return [codec.job_from_row(row, is_held=one) for row, one in zip(rows, held, strict=True)]

        return self.database.read(read)

    def ticket(self, job_id: int) -> Ticket:
        """What a process needs that begins to prepare a job now."""
        query = sa.select(tables.jobs.c.fence, tables.jobs.c.requested).where(tables.jobs.c.id == job_id)
        row = self.database.read(lambda connection: connection.execute(query).one_or_none())
        if row is None:
            raise self._no_job(job_id)
        return Ticket(*row)

    def latest(self) -> int:
        """Id of the newest job."""
        newest = self.database.read(
            lambda connection: connection.execute(sa.select(sa.func.max(tables.jobs.c.id))).scalar()
        )
        if newest is None:
            raise JobNotFound(f"store {self.url!r} has no job yet; 'autoquant search SPEC.yaml' starts one")
        return int(newest)

    def request(self, job_id: int, state: JobState) -> bool:
        """Ask the process that runs the job to end it PAUSED or CANCELLED, once the running trials are done.

        False where no process runs it any more (or has yet): it has that state at once. `JobEnded` where it had ended
        before; nothing is changed then.
        """
        job = tables.jobs.c

        def work(connection: sa.Connection) -> bool:
            query = sa.select(job.state, job.holder, job.lease_until).where(job.id == job_id).with_for_update()
            row = connection.execute(query).one_or_none()
            if row is None:
                raise self._no_job(job_id)
            if row.state not in (JobState.QUEUED, JobState.RUNNING):
                wish = "stop" if state is JobState.CANCELLED else "pause"
                text = f"job {job_id} is {row.state}: only a QUEUED or RUNNING job can be asked to {wish}"
                raise JobEnded(text, JobState(row.state))
            held = is_held(row.holder, row.lease_until, self.database.now(connection))
            gone: dict[str, Any] = {
                "state": str(state),
                "message": "ended on request; no process ran it",
                "ended": datetime.now(UTC),
            }
            gone |= {"holder": None, "fence": job.fence + 1}
            values = {"requested": str(state)} if held else gone
            connection.execute(tables.jobs.update().where(job.id == job_id).values(values))
            return held

        return self.database.write(work)

    def _no_job(self, job_id: int) -> JobNotFound:
        return JobNotFound(f"store {self.url!r} has no job {job_id}; 'autoquant ls' lists what it has")

    # Trials

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
            page = self._read(
                query.where(tables.trials.c.number > after).limit(size), lambda row: codec.trial_from_row(row, choices)
            )
            yield from page
            if len(page) < size:
                return
            after = page[-1].number
            left = None if left is None else left - len(page)

    def front(self, job_id: int) -> list[Trial]:
        """The trials on the front, in the order of their numbers."""
        choices = self._choices_of(job_id)
        on_front = sa.and_(
            tables.front.c.job_id == tables.trials.c.job_id, tables.front.c.number == tables.trials.c.number
        )
        query = sa.select(tables.trials).join(tables.front, on_front).where(tables.front.c.job_id == job_id)
        return self._read(query.order_by(tables.trials.c.number), lambda row: codec.trial_from_row(row, choices))

    def attempts(self, job_id: int) -> list[Attempt]:
        """Attempts that were lost with their worker, in the order in which that happened."""
        table = tables.attempts.c
        query = sa.select(tables.attempts).where(table.job_id == job_id).order_by(table.ended, table.number)
        return self._read(query, lambda row: Attempt(**{key: row[key] for key in row if key != "job_id"}))

    def hypervolume_history(self, job_id: int) -> list[HypervolumePoint]:
        """The hypervolume at each change."""
        table = tables.hypervolume.c
        query = sa.select(tables.hypervolume).where(table.job_id == job_id).order_by(table.finished)
        return self._read(query, lambda row: HypervolumePoint(int(row["finished"]), float(row["value"])))

    def curves(self, job_id: int) -> dict[str, list[LearningPoint]]:
        """What the searcher reported of its learning: name of a curve -> its points."""
        table = tables.curves.c
        query = sa.select(tables.curves).where(table.job_id == job_id).order_by(table.curve, table.position)
        points: dict[str, list[LearningPoint]] = {}
        for point in self._read(query, codec.curve_point_from_row):
            points.setdefault(point.curve, []).append(LearningPoint(point.proposals, point.value))
        return points

    def baselines(self, job_id: int) -> list[Baseline]:
        """The float network, the uniform bit-widths and the sensitivity baseline, as saved."""
        return self._baselines(job_id, single_changes=False)

    def single_changes(self, job_id: int) -> list[Baseline]:
        """What was measured to make the sensitivity baseline, as saved."""
        return self._baselines(job_id, single_changes=True)

    def _baselines(self, job_id: int, *, single_changes: bool) -> list[Baseline]:
        table = tables.baselines.c
        wanted = table.kind == "single_change" if single_changes else table.kind != "single_change"
        query = sa.select(tables.baselines).where(table.job_id == job_id, wanted)
        return self._read(query.order_by(table.position), codec.baseline_from_row)

    def events(self, job_id: int, *, after: int = 0) -> list[Event]:
        """What happened to a job, oldest first, from the event after ``after``."""
        table = tables.events.c
        query = sa.select(tables.events).where(table.job_id == job_id, table.id > after).order_by(table.id)
        return self._read(query, lambda row: Event(row["id"], row["moment"], row["level"], row["text"]))

    def measurements(self, keys: Sequence[str]) -> dict[str, StoredMeasurement]:
        """Measurements of any job by key; those that are there."""
        stored: dict[str, StoredMeasurement] = {}
        for start in range(0, len(keys), KEYS_AT_ONCE):
            wanted = tables.measurements.c.key.in_(keys[start : start + KEYS_AT_ONCE])
            for row in self._read(sa.select(tables.measurements).where(wanted), dict):
                measurement = codec.measurement_from_json(row["measurement"])
                assert measurement is not None
                stored[row["key"]] = StoredMeasurement(measurement, row["source"])
        return stored

    def _read(self, query: sa.Select[Any], decode: Callable[[sa.RowMapping], T]) -> list[T]:
        """Rows as objects; `StoreError` where a row holds what cannot be one."""
        return self.database.read(lambda connection: [decode(row) for row in connection.execute(query).mappings()])

    def _choices_of(self, job_id: int) -> tuple[Choice, ...]:
        if job_id not in self._choices:
            self._choices[job_id] = self.job(job_id).definition.choices
        return self._choices[job_id]
