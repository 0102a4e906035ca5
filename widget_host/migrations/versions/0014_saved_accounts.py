"""Accounts that customers used before, and which launch a transaction came from."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "saved_accounts",
        sa.Column("environment_id", sa.String(40), sa.ForeignKey("environments.id"), primary_key=True),
        sa.Column("source_user_id", sa.String(200), primary_key=True),
        sa.Column("program_id", sa.String(40), sa.ForeignKey("programs.id"), primary_key=True),
        sa.Column("sealed", sa.String(2000), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.add_column("transactions", sa.Column("launch_id", sa.String(40)))


def downgrade() -> None:
    op.drop_column("transactions", "launch_id")
    op.drop_table("saved_accounts")
