"""What long lists are found by: transactions of a program, deliveries that failed; two unused indexes go."""

import sqlalchemy as sa
from alembic import op

revision = "0070"
down_revision = "0060"
branch_labels = None
depends_on = None

FAILED = sa.text("state = 'failed'")
ENDS = ("source_id", "destination_id")


def upgrade() -> None:
    op.create_index("ix_transactions_program", "transactions", ["environment_id", "program_id", "created_at", "id"])
    op.create_index(
        "ix_deliveries_failed", "deliveries", ["endpoint_id", "id"], sqlite_where=FAILED, postgresql_where=FAILED
    )
    for end in ENDS:
        op.drop_index(f"ix_ledger_postings_{end}", "ledger_postings")


def downgrade() -> None:
    for end in ENDS:
        op.create_index(f"ix_ledger_postings_{end}", "ledger_postings", [end])
    op.drop_index("ix_deliveries_failed", "deliveries")
    op.drop_index("ix_transactions_program", "transactions")
