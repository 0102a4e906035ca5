"""Programs, partnerships and exchange rates."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "programs",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("business_name", sa.String(120), nullable=False),
        sa.Column("logo", sa.String(300), nullable=False),
        sa.Column("industry", sa.String(60), nullable=False),
        sa.Column("terms_url", sa.String(300), nullable=False),
        sa.Column("description", sa.String(500), nullable=False),
        sa.Column("unit", sa.String(60), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("fields", JSON, nullable=False),
        sa.Column("connector", sa.String(20), nullable=False),
    )
    op.create_table(
        "partnerships",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("environment_id", sa.String(40), sa.ForeignKey("environments.id"), nullable=False),
        sa.Column("program_id", sa.String(40), sa.ForeignKey("programs.id"), nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("price", sa.String(40), nullable=False),
        sa.Column("min_points", sa.BigInteger, nullable=False),
        sa.Column("max_points", sa.BigInteger, nullable=False),
        sa.Column("min_value", sa.BigInteger, nullable=False),
        sa.Column("max_value", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("environment_id", "program_id"),
    )
    op.create_table(
        "exchange_rates",
        sa.Column("currency", sa.String(3), primary_key=True),
        sa.Column("valid_from", sa.DateTime(timezone=True), primary_key=True),
        sa.Column("usd", sa.String(40), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("exchange_rates")
    op.drop_table("partnerships")
    op.drop_table("programs")
