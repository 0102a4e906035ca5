"""Sessions that may be extended, and the addresses where widgets lead back to."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0015"
down_revision = "0009"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    with op.batch_alter_table("environments") as table:
        table.add_column(sa.Column("return_urls", JSON, nullable=False, server_default="[]"))
    with op.batch_alter_table("widget_sessions") as table:
        table.add_column(sa.Column("extendable_until", sa.DateTime(timezone=True), nullable=True))
    # A session of before ends when it was said to end.
    op.execute("UPDATE widget_sessions SET extendable_until = expires_at")
    with op.batch_alter_table("environments") as table:
        table.alter_column("return_urls", existing_type=JSON, server_default=None)
    with op.batch_alter_table("widget_sessions") as table:
        table.alter_column("extendable_until", existing_type=sa.DateTime(timezone=True), nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("widget_sessions") as table:
        table.drop_column("extendable_until")
    with op.batch_alter_table("environments") as table:
        table.drop_column("return_urls")
