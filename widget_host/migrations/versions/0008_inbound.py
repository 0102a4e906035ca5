"""Webhooks that come in: the secrets that sign them, and the events taken."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "inbound_secrets",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("environment_id", sa.String(40), sa.ForeignKey("environments.id"), nullable=False, index=True),
        sa.Column("program_id", sa.String(40), sa.ForeignKey("programs.id")),
        sa.Column("sealed_secret", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "inbound_events",
        sa.Column("environment_id", sa.String(40), sa.ForeignKey("environments.id"), primary_key=True),
        sa.Column("event_id", sa.String(120), primary_key=True),
        sa.Column("body_hash", sa.String(64), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_inbound_events_received_at", "inbound_events", ["environment_id", "received_at"])


def downgrade() -> None:
    op.drop_table("inbound_events")
    op.drop_table("inbound_secrets")
