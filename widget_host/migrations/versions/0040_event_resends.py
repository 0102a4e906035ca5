"""Which events were sent again, for who follows what happens."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "event_resends",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("environment_id", sa.String(40), sa.ForeignKey("environments.id"), nullable=False),
        sa.Column("event_id", sa.String(40), sa.ForeignKey("events.id"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("position", sa.BigInteger),
    )
    placed, waiting = sa.text("position IS NOT NULL"), sa.text("position IS NULL")
    op.create_index(
        "uq_event_resends_position",
        "event_resends",
        ["environment_id", "position"],
        unique=True,
        sqlite_where=placed,
        postgresql_where=placed,
    )
    op.create_index(
        "ix_event_resends_waiting",
        "event_resends",
        ["environment_id", "id"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )


def downgrade() -> None:
    op.drop_table("event_resends")
