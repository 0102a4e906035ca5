"""Client secrets, widget launches and widget sessions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "client_secrets",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("environment_id", sa.String(40), sa.ForeignKey("environments.id"), nullable=False, index=True),
        sa.Column("secret_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "widget_launches",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("environment_id", sa.String(40), sa.ForeignKey("environments.id"), nullable=False),
        sa.Column("widget", sa.String(20), nullable=False),
        sa.Column("claims", JSON, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("spent_at", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "widget_sessions",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("launch_id", sa.String(40), sa.ForeignKey("widget_launches.id"), nullable=False, index=True),
        sa.Column("bearer_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
    )


def downgrade() -> None:
    op.drop_table("widget_sessions")
    op.drop_table("widget_launches")
    op.drop_table("client_secrets")
