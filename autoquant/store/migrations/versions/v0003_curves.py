"""Learning curves of searchers."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "curves",
        sa.Column("job_id", sa.Integer, sa.ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("curve", sa.String(100), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("proposals", sa.Integer, nullable=False),
        sa.Column("value", sa.Float),
        comment="What a searcher tells of its learning.",
    )


def downgrade() -> None:
    op.drop_table("curves")
