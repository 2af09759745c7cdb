"""The tables. `migrations` brings a database to this form; a test holds the two against each other."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """Moments in UTC; SQLite keeps no time zone, so it is put back when read."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


metadata = sa.MetaData()

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("spec", sa.JSON, nullable=False),
    sa.Column("definition", sa.JSON, nullable=False),
    sa.Column("n_trials", sa.Integer, nullable=False),
    sa.Column("requested", sa.String(16), doc="PAUSED or CANCELLED: what somebody asked the job to become."),
    sa.Column("holder", sa.String(200), doc="The process that runs the job: host, pid and a token."),
    sa.Column("fence", sa.Integer, nullable=False, default=0, doc="Grows with every holder; an old one is refused."),
    sa.Column("lease_until", UtcDateTime),
    sa.Column("writes", sa.Integer, nullable=False, default=0, doc="Numbers the holders' writes: each is done once."),
    sa.Column("seconds", sa.Float, nullable=False, default=0.0, doc="Time that the job has run, over all its holders."),
    sa.Column("phase", sa.String(32), doc="What the holder is doing, or did last."),
    sa.Column("phase_done", sa.Integer, nullable=False, default=0),
    sa.Column("phase_total", sa.Integer, nullable=False, default=0),
    sa.Column("finished", sa.Integer, nullable=False, default=0),
    sa.Column("failed", sa.Integer, nullable=False, default=0),
    sa.Column("pruned", sa.Integer, nullable=False, default=0),
    sa.Column("front_size", sa.Integer, nullable=False, default=0),
    sa.Column("hypervolume", sa.Float, nullable=False, default=0.0),
    sa.Column("message", sa.Text),
    sa.Column("created", UtcDateTime, nullable=False),
    sa.Column("ended", UtcDateTime),
)

trials = sa.Table(
    "trials",
    metadata,
    sa.Column("job_id", sa.Integer, sa.ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("candidate", sa.JSON, nullable=False, doc="Empty until the settings have derived one."),
    sa.Column("settings", sa.JSON(none_as_null=True)),
    sa.Column("ask", sa.Integer, nullable=False),
    sa.Column("requested", sa.Integer, nullable=False),
    sa.Column("told", sa.Integer, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False, default=1),
    sa.Column("costs", sa.JSON, nullable=False, default={}),
    sa.Column("search", sa.JSON(none_as_null=True), doc="Measurement on the search split."),
    sa.Column("test", sa.JSON(none_as_null=True), doc="Measurement on the test split."),
    sa.Column("polished", sa.JSON(none_as_null=True), doc="Of the network made as well as the evaluator can."),
    sa.Column("polished_test", sa.JSON(none_as_null=True)),
    sa.Column("violations", sa.JSON, nullable=False),
    sa.Column("worker", sa.String(100)),
    sa.Column("measured_by", sa.String(100)),
    sa.Column("error", sa.Text),
    sa.Column("started", UtcDateTime),
    sa.Column("ended", UtcDateTime),
    sa.Index("ix_trials_state", "job_id", "state", "number"),
)

attempts = sa.Table(
    "attempts",
    metadata,
    sa.Column("job_id", sa.Integer, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("attempt", sa.Integer, primary_key=True),
    sa.Column("worker", sa.String(100)),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("ended", UtcDateTime, nullable=False),
    sa.ForeignKeyConstraint(["job_id", "number"], ["trials.job_id", "trials.number"], ondelete="CASCADE"),
    comment="Attempts at a trial that were lost with their worker; the present one is in trials.",
)

front = sa.Table(
    "front",
    metadata,
    sa.Column("job_id", sa.Integer, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.ForeignKeyConstraint(["job_id", "number"], ["trials.job_id", "trials.number"], ondelete="CASCADE"),
)

hypervolume = sa.Table(
    "hypervolume",
    metadata,
    sa.Column("job_id", sa.Integer, sa.ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("finished", sa.Integer, primary_key=True, doc="Number of finished trials at that moment."),
    sa.Column("value", sa.Float, nullable=False),
)

curves = sa.Table(
    "curves",
    metadata,
    sa.Column("job_id", sa.Integer, sa.ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("curve", sa.String(100), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("proposals", sa.Integer, nullable=False),
    sa.Column("value", sa.Float, doc="NULL where it is no finite number."),
    comment="What a searcher tells of its learning.",
)

baselines = sa.Table(
    "baselines",
    metadata,
    sa.Column("job_id", sa.Integer, sa.ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("label", sa.String(100), primary_key=True),
    sa.Column("kind", sa.String(16), nullable=False, default="uniform"),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("candidate", sa.JSON(none_as_null=True)),
    sa.Column("costs", sa.JSON, nullable=False, default={}),
    sa.Column("search", sa.JSON(none_as_null=True)),
    sa.Column("test", sa.JSON(none_as_null=True)),
    sa.Column("polished", sa.JSON(none_as_null=True)),
    sa.Column("polished_test", sa.JSON(none_as_null=True)),
    sa.Column("violations", sa.JSON, nullable=False),
    sa.Column("error", sa.Text),
)

measurements = sa.Table(
    "measurements",
    metadata,
    sa.Column(
        "key", sa.String(64), primary_key=True, doc="Digest of network, data, evaluator and canonical candidate."
    ),
    sa.Column("measurement", sa.JSON, nullable=False),
    sa.Column("source", sa.String(100), nullable=False, doc="The job and trial that measured it."),
)

events = sa.Table(
    "events",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("job_id", sa.Integer, sa.ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False),
    sa.Column("moment", UtcDateTime, nullable=False),
    sa.Column("level", sa.String(16), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Index("ix_events_job", "job_id", "id"),
)
