"""Which reward a transaction is a part of, and rewards that are undone because a part was refused."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("transactions", sa.Column("reward", sa.String(120)))
    parts = sa.text("reward IS NOT NULL")
    op.create_index(
        "ix_transactions_reward",
        "transactions",
        ["environment_id", "reward"],
        sqlite_where=parts,
        postgresql_where=parts,
    )
    op.create_table(
        "abandoned_rewards",
        sa.Column("environment_id", sa.String(40), sa.ForeignKey("environments.id"), primary_key=True),
        sa.Column("reward", sa.String(120), primary_key=True),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
    )
    waiting = sa.text("ended_at IS NULL")
    op.create_index(
        "ix_abandoned_rewards_due", "abandoned_rewards", ["due_at"], sqlite_where=waiting, postgresql_where=waiting
    )


def downgrade() -> None:
    op.drop_table("abandoned_rewards")
    op.drop_index("ix_transactions_reward", "transactions")
    op.drop_column("transactions", "reward")
