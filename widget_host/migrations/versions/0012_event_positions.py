"""The place of each event among its environment's, given when it is first pulled or looked past."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

NUMBER_ALL = """
UPDATE events SET position = numbered.place
FROM (SELECT id, ROW_NUMBER() OVER (PARTITION BY environment_id ORDER BY id) AS place FROM events) AS numbered
WHERE numbered.id = events.id
"""


def upgrade() -> None:
    op.add_column("events", sa.Column("position", sa.BigInteger))
    op.execute(NUMBER_ALL)
    placed, waiting = sa.text("position IS NOT NULL"), sa.text("position IS NULL")
    op.create_index(
        "uq_events_position",
        "events",
        ["environment_id", "position"],
        unique=True,
        sqlite_where=placed,
        postgresql_where=placed,
    )
    op.create_index(
        "ix_events_waiting", "events", ["environment_id", "id"], sqlite_where=waiting, postgresql_where=waiting
    )


def downgrade() -> None:
    op.drop_index("ix_events_waiting", "events")
    op.drop_index("uq_events_position", "events")
    op.drop_column("events", "position")
