"""What the final front and its baselines measure once their networks are made as well as the evaluator can."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = ("trials", "baselines")
COLUMNS = ("polished", "polished_test")


def upgrade() -> None:
    for table in TABLES:
        for name in COLUMNS:
            op.add_column(table, sa.Column(name, sa.JSON(none_as_null=True)))


def downgrade() -> None:
    """Polished scores are lost."""
    for table in TABLES:
        for name in COLUMNS:
            op.drop_column(table, name)
