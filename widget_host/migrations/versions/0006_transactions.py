"""Transactions and idempotency keys."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "transactions",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("environment_id", sa.String(40), sa.ForeignKey("environments.id"), nullable=False),
        sa.Column("program_id", sa.String(40), sa.ForeignKey("programs.id"), nullable=False),
        sa.Column("entry_id", sa.String(40), sa.ForeignKey("ledger_entries.id"), nullable=False, unique=True),
        sa.Column("reference_number", sa.String(120), nullable=False),
        sa.Column("source_user_id", sa.String(200)),
        sa.Column("destination_user_id", sa.String(200)),
        sa.Column("destination_user_email", sa.String(254)),
        sa.Column("value", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("points", sa.BigInteger, nullable=False),
        sa.Column("bonus_points", sa.BigInteger, nullable=False),
        sa.Column("price", sa.String(40), nullable=False),
        sa.Column("remainder", sa.String(40), nullable=False),
        sa.Column("description", sa.String(500)),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("environment_id", "reference_number"),
        sa.CheckConstraint("points > 0 AND bonus_points >= 0 AND value > 0", name="amounts"),
        sa.CheckConstraint("status IN ('PENDING', 'COMPLETED', 'FAILED', 'REVERSED')", name="status"),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("environment_id", sa.String(40), sa.ForeignKey("environments.id"), primary_key=True),
        sa.Column("key", sa.String(160), primary_key=True),
        sa.Column("request", JSON, nullable=False),
        sa.Column("answer", JSON, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("idempotency_keys")
    op.drop_table("transactions")
