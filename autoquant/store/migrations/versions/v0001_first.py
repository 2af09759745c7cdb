"""Jobs, trials, front membership, hypervolume history and baselines."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("spec", sa.JSON, nullable=False),
        sa.Column("plan", sa.JSON, nullable=False),
        sa.Column("n_trials", sa.Integer, nullable=False),
        sa.Column("stop_requested", sa.Boolean, nullable=False),
        sa.Column("finished", sa.Integer, nullable=False),
        sa.Column("failed", sa.Integer, nullable=False),
        sa.Column("pruned", sa.Integer, nullable=False),
        sa.Column("front_size", sa.Integer, nullable=False),
        sa.Column("hypervolume", sa.Float, nullable=False),
        sa.Column("message", sa.Text),
        sa.Column("created", sa.DateTime, nullable=False),
        sa.Column("ended", sa.DateTime),
    )
    op.create_table(
        "trials",
        sa.Column("job_id", sa.Integer, sa.ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("candidate", sa.JSON, nullable=False),
        sa.Column("ask", sa.Integer, nullable=False),
        sa.Column("requested", sa.Integer, nullable=False),
        sa.Column("told", sa.Integer, nullable=False),
        sa.Column("metrics", sa.JSON, nullable=False),
        sa.Column("standard_errors", sa.JSON, nullable=False),
        sa.Column("violations", sa.JSON, nullable=False),
        sa.Column("artifacts", sa.JSON, nullable=False),
        sa.Column("test_metrics", sa.JSON, nullable=False),
        sa.Column("test_standard_errors", sa.JSON, nullable=False),
        sa.Column("seconds", sa.Float),
        sa.Column("worker", sa.String(100)),
        sa.Column("measured_by", sa.String(100)),
        sa.Column("error", sa.Text),
        sa.Column("started", sa.DateTime),
        sa.Column("ended", sa.DateTime),
    )
    op.create_index("ix_trials_state", "trials", ["job_id", "state", "number"])
    op.create_table(
        "front",
        sa.Column("job_id", sa.Integer, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.ForeignKeyConstraint(["job_id", "number"], ["trials.job_id", "trials.number"], ondelete="CASCADE"),
    )
    op.create_table(
        "hypervolume",
        sa.Column("job_id", sa.Integer, sa.ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("finished", sa.Integer, primary_key=True),
        sa.Column("value", sa.Float, nullable=False),
    )
    op.create_table(
        "baselines",
        sa.Column("job_id", sa.Integer, sa.ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("label", sa.String(100), primary_key=True),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("candidate", sa.JSON(none_as_null=True)),
        sa.Column("metrics", sa.JSON, nullable=False),
        sa.Column("standard_errors", sa.JSON, nullable=False),
        sa.Column("violations", sa.JSON, nullable=False),
        sa.Column("test_metrics", sa.JSON, nullable=False),
        sa.Column("test_standard_errors", sa.JSON, nullable=False),
        sa.Column("error", sa.Text),
    )


def downgrade() -> None:
    for table in ("baselines", "hypervolume", "front", "trials", "jobs"):
        op.drop_table(table)
