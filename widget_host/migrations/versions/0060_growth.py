"""What keeps long books quick: sums of postings as far as they are settled, and failed orders by their reference."""

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ledger_rollups",
        sa.Column("name", sa.String(20), primary_key=True),
        sa.Column("entry_id", sa.String(40), nullable=False),
        sa.Column("watched_id", sa.String(40), nullable=False),
        sa.Column("watched_xid", sa.BigInteger, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    account = sa.ForeignKey("ledger_accounts.id")
    op.create_table(
        "ledger_checkpoints",
        sa.Column("account_id", sa.Integer, account, primary_key=True, autoincrement=False),
        sa.Column("balance", sa.BigInteger, nullable=False),
    )
    failed = sa.text("status = 'FAILED'")
    op.create_index(
        "ix_transactions_failed",
        "transactions",
        ["environment_id", "reference_number"],
        sqlite_where=failed,
        postgresql_where=failed,
    )


def downgrade() -> None:
    op.drop_index("ix_transactions_failed", "transactions")
    op.drop_table("ledger_checkpoints")
    op.drop_table("ledger_rollups")
