"""One holder a job (lease, fencing token), attempts, measurements shared between jobs, events."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Not in Alembic's batch mode: it makes the table again, and dropping the old one would cascade to the trials.
    op.add_column("jobs", sa.Column("requested", sa.String(16)))
    op.add_column("jobs", sa.Column("holder", sa.String(200)))
    op.add_column("jobs", sa.Column("fence", sa.Integer, nullable=False, server_default="0"))
    op.add_column("jobs", sa.Column("lease_until", sa.DateTime))
    op.add_column("jobs", sa.Column("writes", sa.Integer, nullable=False, server_default="0"))
    op.add_column("jobs", sa.Column("seconds", sa.Float, nullable=False, server_default="0"))
    op.drop_column("jobs", "stop_requested")
    op.add_column("trials", sa.Column("attempt", sa.Integer, nullable=False, server_default="1"))
    op.create_table(
        "attempts",
        sa.Column("job_id", sa.Integer, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("attempt", sa.Integer, primary_key=True),
        sa.Column("worker", sa.String(100)),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("ended", sa.DateTime, nullable=False),
        sa.ForeignKeyConstraint(["job_id", "number"], ["trials.job_id", "trials.number"], ondelete="CASCADE"),
        comment="Attempts at a trial that were lost with their worker; the present one is in trials.",
    )
    op.create_table(
        "measurements",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("metrics", sa.JSON, nullable=False),
        sa.Column("standard_errors", sa.JSON, nullable=False),
        sa.Column("artifacts", sa.JSON, nullable=False),
        sa.Column("seconds", sa.Float),
        sa.Column("source", sa.String(100), nullable=False),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("job_id", sa.Integer, sa.ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False),
        sa.Column("moment", sa.DateTime, nullable=False),
        sa.Column("level", sa.String(16), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.create_index("ix_events_job", "events", ["job_id", "id"])


def downgrade() -> None:
    op.drop_table("events")
    op.drop_table("measurements")
    op.drop_table("attempts")
    op.drop_column("trials", "attempt")
    op.add_column("jobs", sa.Column("stop_requested", sa.Boolean, nullable=False, server_default=sa.false()))
    for name in ("seconds", "writes", "lease_until", "fence", "holder", "requested"):
        op.drop_column("jobs", name)
