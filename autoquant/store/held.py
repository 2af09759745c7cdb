"""Running a job: who holds it, and the writes that only its holder may make.

A job has one holder at a time. Taking it draws a fencing token (Kleppmann, "How to do distributed locking", 2016); each
write checks the token in its own transaction and renews the lease, so that a process that was thought dead and replaced
can change nothing when it comes back.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType, TracebackType
from typing import Any, Self

import sqlalchemy as sa

from autoquant.errors import JobEnded, JobHeld, JobNotFound, StoreError, kept_text
from autoquant.job import Attempt, Baseline, CurvePoint, HypervolumePoint, JobState, Progress, StoredMeasurement
from autoquant.store import codec, tables
from autoquant.store.lease import LEASE_SECONDS, Holder, is_held
from autoquant.store.sql import Store, Ticket
from autoquant.trial import Trial, TrialState

RENEWALS = 4
"""Renewals in one lease, so that a few may be lost."""


NOTHING: Mapping[str, StoredMeasurement] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class FrontChange:
    """What a batch of results did to the front: who joined, who left, and the hypervolume at each change."""

    joined: Sequence[int]
    left: Sequence[int]
    hypervolume: Sequence[HypervolumePoint]


class HeldJob:
    """A job that this process runs. As a context it keeps the lease alive, and gives it back at the end.

    Every write raises `JobHeld` when another process has taken the job over; nothing is changed then.

    Args:
        ticket: of the moment when this process began to prepare the job. `JobEnded` where somebody paused or cancelled
            it since; a wish that its last holder still had to fulfil is this one's. Now, by default.
    """

    def __init__(self, store: Store, job_id: int, n_trials: int, ticket: Ticket | None = None) -> None:
        self.store = store
        self.id = job_id
        self._database = store.database
        self._holder = Holder.here()
        self._fence, self._writes = self._database.write(lambda connection: self._take(connection, n_trials, ticket))
        self._progress = Progress("starting", 0, 0)
        self._stopped = threading.Event()
        self._keeper = threading.Thread(target=self._keep, daemon=True, name=f"lease of job {job_id}")

    def _take(self, connection: sa.Connection, n_trials: int, ticket: Ticket | None) -> tuple[int, int]:
        """The fencing token of this holder, and the writes before it; `JobHeld` while another one lives."""
        job = tables.jobs.c
        columns = (job.state, job.holder, job.fence, job.lease_until, job.writes, job.requested)
        row = connection.execute(sa.select(*columns).where(job.id == self.id).with_for_update()).one_or_none()
        if row is None:
            raise JobNotFound(f"store {self.store.url!r} has no job {self.id}; 'autoquant ls' lists what it has")
        if row.holder is not None and Holder.parse(row.holder).token == self._holder.token:
            return int(row.fence), int(row.writes)  # the answer to its commit was lost
        self._check_free(connection, row.holder, row.lease_until)
        if ticket is not None and ticket.fence != row.fence:
            raise self._gone_since(JobState(row.state))
        values = {
            "fence": row.fence + 1,
            "state": str(JobState.RUNNING),
            "n_trials": n_trials,
            "requested": row.requested if ticket is not None and ticket.requested != row.requested else None,
            "message": None,
            "ended": None,
        }
        values |= self._holder.lease(self._database.now(connection))
        taken = connection.execute(tables.jobs.update().where(job.id == self.id, job.fence == row.fence).values(values))
        if taken.rowcount != 1:
            raise JobHeld(f"job {self.id} was taken by another process at this very moment")
        return int(row.fence) + 1, int(row.writes)

    def _check_free(self, connection: sa.Connection, holder: str | None, lease_until: datetime | None) -> None:
        """`JobHeld` while another process has the job."""
        now = self._database.now(connection)
        if holder is None or lease_until is None or not is_held(holder, lease_until, now):
            return
        other = Holder.parse(holder)
        raise JobHeld(
            f"job {self.id} is run by process {other.pid} on {other.host}; 'autoquant stop {self.id}' ends it there. "
            f"Should that process be dead, the job is free in {other.seconds_left(lease_until, now):.0f} s, "
            "when its lease ends"
        )

    def _gone_since(self, state: JobState) -> StoreError:
        """Why a job is not taken that changed since this process began to prepare it."""
        if state in (JobState.PAUSED, JobState.CANCELLED):
            return JobEnded(f"job {self.id} became {state} while this process prepared it", state)
        return JobHeld(f"job {self.id} was taken by another process while this one prepared it; it is {state}")

    def __enter__(self) -> Self:
        if not self._database.in_memory:
            self._keeper.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        if self._keeper.is_alive():
            self._keeper.join()
        with suppress(StoreError):
            self._database.write(lambda connection: connection.execute(self._renewal(connection, holder=None)))

    def _keep(self) -> None:
        """Renew the lease while an evaluation in this process takes its time."""
        while not self._stopped.wait(LEASE_SECONDS / RENEWALS):
            # The loop's next write meets the same error and says so; a lease that ran out is noticed there.
            with suppress(StoreError):
                self._database.write(lambda connection: connection.execute(self._renewal(connection)))

    def _renewal(self, connection: sa.Connection, **values: Any) -> sa.Update:
        job = tables.jobs.c
        lease = self._holder.lease(self._database.now(connection))
        mine = tables.jobs.update().where(job.id == self.id, job.fence == self._fence)
        now = self._progress
        phase = {"phase": now.phase, "phase_done": now.finished, "phase_total": now.total}
        return mine.values(lease | phase | values)

    def _write(self, work: Callable[[sa.Connection], Any]) -> None:
        """A transaction that first makes sure that this process still holds the job, and renews its lease.

        Writes are numbered: one whose connection was lost while it was committed, and that is run again, is not done
        twice.
        """
        number = self._writes + 1

        def once(connection: sa.Connection) -> None:
            job = tables.jobs.c
            mine = self._renewal(connection, writes=number).where(job.writes == number - 1)
            if connection.execute(mine).rowcount == 1:
                work(connection)
                return
            row = connection.execute(sa.select(job.fence, job.writes).where(job.id == self.id)).one_or_none()
            if row is None or tuple(row) != (self._fence, number):
                raise JobHeld(f"job {self.id} was taken over by another process; what this one still had is refused")

        self._database.write(once)
        self._writes = number

    def note_progress(self, now: Progress) -> None:
        """Keep how far the job is: with its next write, or the next renewal of its lease."""
        self._progress = now

    @property
    def requested_state(self) -> JobState | None:
        """What somebody asked the job to become: PAUSED or CANCELLED."""
        query = sa.select(tables.jobs.c.requested).where(tables.jobs.c.id == self.id)
        state = self._database.read(lambda connection: connection.execute(query).scalar())
        return None if state is None else JobState(state)

    def add_trials(self, trials: Sequence[Trial], change: FrontChange, points: Sequence[CurvePoint] = ()) -> None:
        """New trials, before any worker sees them; those that need no worker come finished, with their front change.

        ``points`` are what the searcher has learned meanwhile; one that is there already stays as it is.
        """
        rows = [codec.trial_to_row(self.id, trial) for trial in trials]
        curves = [codec.curve_point_to_row(self.id, point) for point in points]

        def work(connection: sa.Connection) -> None:
            if rows:
                connection.execute(tables.trials.insert(), rows)
            self._count(connection, trials, change)
            self._database.insert_new(connection, tables.curves, curves)

        self._write(work)

    def finish_trials(
        self,
        trials: Sequence[Trial],
        change: FrontChange,
        shared: Mapping[str, StoredMeasurement] = NOTHING,
    ) -> None:
        """Results, the front that they give and its hypervolume, in one transaction.

        ``shared`` are measurements that other jobs may use.
        """
        names = ["state", "attempt", "costs", "search", "violations", "worker", "error", "measured_by"]
        names += ["started", "ended"]
        if any(trial.settings is not None for trial in trials):  # a candidate that was proposed is there already
            names.append("candidate")
        update = (
            tables.trials.update()
            .where(tables.trials.c.job_id == self.id, tables.trials.c.number == sa.bindparam("the_number"))
            .values({name: sa.bindparam(f"new_{name}") for name in names})
        )
        rows = []
        for trial in trials:
            row = codec.trial_to_row(self.id, trial)
            rows.append({"the_number": trial.number} | {f"new_{name}": row[name] for name in names})

        def work(connection: sa.Connection) -> None:
            connection.execute(update, rows)
            self._count(connection, trials, change)
            self._share(connection, shared)

        self._write(work)

    def _share(self, connection: sa.Connection, shared: Mapping[str, StoredMeasurement]) -> None:
        """Keep measurements for other jobs; the first of a key stays."""
        rows = [
            {
                "key": key,
                "measurement": codec.measurement_to_json(stored.measurement),
                "source": f"job {self.id} {stored.source}",
            }
            for key, stored in shared.items()
        ]
        self._database.insert_new(connection, tables.measurements, rows)

    def _count(self, connection: sa.Connection, trials: Sequence[Trial], change: FrontChange) -> None:
        """The part of a transaction that keeps front, hypervolume and the job's counters in step with its trials."""
        if change.left:
            gone = tables.front.c.number.in_(change.left)
            connection.execute(tables.front.delete().where(tables.front.c.job_id == self.id, gone))
        if change.joined:
            connection.execute(tables.front.insert(), [{"job_id": self.id, "number": n} for n in change.joined])
        if change.hypervolume:
            history = [{"job_id": self.id, "finished": done, "value": value} for done, value in change.hypervolume]
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
        connection.execute(tables.jobs.update().where(job.id == self.id).values(values))

    def retry_trial(self, lost: Attempt) -> None:
        """An attempt was lost with its worker: that, and that the trial waits for its next one, in one transaction."""
        row = {"job_id": self.id, **{name: getattr(lost, name) for name in Attempt.__slots__}}
        table = tables.trials.c
        again = tables.trials.update().where(table.job_id == self.id, table.number == lost.number)

        def work(connection: sa.Connection) -> None:
            connection.execute(tables.attempts.insert(), [row])
            connection.execute(again.values(attempt=lost.attempt + 1))

        self._write(work)

    def score(self, scored: Trial | Baseline, shared: Mapping[str, StoredMeasurement] = NOTHING) -> None:
        """The scores of a trial of the front, or of a baseline, that come after the search: polished, test."""
        if isinstance(scored, Trial):
            trial = tables.trials.c
            update = tables.trials.update().where(trial.job_id == self.id, trial.number == scored.number)
        else:
            table = tables.baselines.c
            update = tables.baselines.update().where(table.job_id == self.id, table.label == scored.label)

        def work(connection: sa.Connection) -> None:
            connection.execute(update.values(codec.scores_to_row(scored)))
            self._share(connection, shared)

        self._write(work)

    def save_baselines(self, placed: Mapping[int, Baseline], shared: Mapping[str, StoredMeasurement] = NOTHING) -> None:
        """Put these, by their position, in place of the job's baselines with their labels, or in addition to them."""
        rows = [codec.baseline_to_row(self.id, position, baseline) for position, baseline in placed.items()]
        table = tables.baselines.c
        same = tables.baselines.delete().where(table.job_id == self.id, table.label.in_([row["label"] for row in rows]))

        def work(connection: sa.Connection) -> None:
            connection.execute(same)
            if rows:
                connection.execute(tables.baselines.insert(), rows)
            self._share(connection, shared)

        self._write(work)

    def event(self, text: str, level: str = "info") -> None:
        """Keep what happened, for ``autoquant logs``."""
        row = {"job_id": self.id, "moment": datetime.now(UTC), "level": level, "text": kept_text(text)}
        self._write(lambda connection: connection.execute(tables.events.insert(), [row]))

    def end(self, state: JobState, message: str | None, seconds: float) -> None:
        """How the job ended, and why in a sentence."""
        message = None if message is None else kept_text(message)
        values = {"state": str(state), "message": message, "ended": datetime.now(UTC)}
        update = tables.jobs.update().where(tables.jobs.c.id == self.id).values(values | {"seconds": seconds})
        self._write(lambda connection: connection.execute(update))
