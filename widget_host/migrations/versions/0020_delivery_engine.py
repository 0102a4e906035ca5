"""Endpoints with modes, filters, rotation, breaker and throttle; a queue for each; more kept of attempts."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0020"
down_revision = "0016"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)
WAITING = sa.text("state = 'waiting'")
IN_ORDER = sa.text("state = 'waiting' AND subject IS NOT NULL")
ENDED = sa.text("ended_at IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "webhook_secrets",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("environment_id", sa.String(40), sa.ForeignKey("environments.id"), nullable=False),
        sa.Column("endpoint_id", sa.String(40), sa.ForeignKey("webhook_endpoints.id"), nullable=False, index=True),
        sa.Column("sealed_secret", sa.Text, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("promoted_at", MOMENT),
        sa.Column("ends_at", MOMENT),
    )
    # The letters after the prefix stay those of the endpoint: they are an id's already.
    op.execute(
        "INSERT INTO webhook_secrets (id, environment_id, endpoint_id, sealed_secret, created_at, promoted_at)"
        " SELECT 'sec' || SUBSTR(id, 4), environment_id, id, sealed_secret, created_at, created_at"
        " FROM webhook_endpoints"
    )
    for column in _endpoint_columns():
        op.add_column("webhook_endpoints", column)
    op.drop_column("webhook_endpoints", "sealed_secret")
    op.add_column("delivery_attempts", sa.Column("header_names", JSON, nullable=False, server_default="[]"))
    op.add_column("deliveries", sa.Column("tries", sa.Integer, nullable=False, server_default="0"))
    op.add_column("deliveries", sa.Column("subject", sa.String(160)))
    op.add_column("deliveries", sa.Column("sequence", sa.Integer))
    op.add_column("deliveries", sa.Column("created_at", MOMENT, nullable=False, server_default="2000-01-01 00:00:00"))
    op.execute(
        "UPDATE deliveries SET tries = attempts,"
        " created_at = (SELECT e.created_at FROM events e WHERE e.id = deliveries.event_id)"
    )
    _indexes()


def _indexes() -> None:
    op.drop_index("ix_deliveries_due", "deliveries")
    op.drop_index("ix_deliveries_endpoint_id", "deliveries")
    op.create_index("ix_deliveries_endpoint", "deliveries", ["endpoint_id", "id"])
    for name, columns, where in (
        ("ix_deliveries_due", ["endpoint_id", "due_at", "id"], WAITING),
        ("ix_deliveries_subject", ["endpoint_id", "subject", "sequence"], IN_ORDER),
        ("ix_deliveries_ended", ["ended_at"], ENDED),
    ):
        op.create_index(name, "deliveries", columns, sqlite_where=where, postgresql_where=where)


def _endpoint_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("description", sa.String(200), nullable=False, server_default=""),
        sa.Column("event_types", JSON, nullable=False, server_default="[]"),
        sa.Column("authentication", JSON, nullable=False, server_default='{"mode":"SIGNATURE"}'),
        sa.Column("sealed_credential", sa.Text),
        sa.Column("ordered", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("per_second", sa.Integer),
        sa.Column("disabled_reason", sa.String(12)),
        sa.Column("disabled_at", MOMENT),
        sa.Column("deleted_at", MOMENT),
        sa.Column("failing_since", MOMENT),
        sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
        sa.Column("window_from", MOMENT),
        sa.Column("window_attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("window_failures", sa.Integer, nullable=False, server_default="0"),
        sa.Column("tripped_at", MOMENT),
        sa.Column("probe_at", MOMENT),
        sa.Column("free_at", MOMENT),
    ]


def downgrade() -> None:
    for name in ("ix_deliveries_due", "ix_deliveries_endpoint", "ix_deliveries_subject", "ix_deliveries_ended"):
        op.drop_index(name, "deliveries")
    op.create_index("ix_deliveries_endpoint_id", "deliveries", ["endpoint_id"])
    op.create_index("ix_deliveries_due", "deliveries", ["due_at", "id"], sqlite_where=WAITING, postgresql_where=WAITING)
    for name in ("tries", "subject", "sequence", "created_at"):
        op.drop_column("deliveries", name)
    op.drop_column("delivery_attempts", "header_names")
    op.add_column("webhook_endpoints", sa.Column("sealed_secret", sa.Text, nullable=False, server_default=""))
    op.execute(
        "UPDATE webhook_endpoints SET sealed_secret = COALESCE((SELECT s.sealed_secret FROM webhook_secrets s"
        " WHERE s.endpoint_id = webhook_endpoints.id AND s.promoted_at IS NOT NULL"
        " ORDER BY s.promoted_at DESC LIMIT 1), '')"
    )
    for column in _endpoint_columns():
        op.drop_column("webhook_endpoints", column.name)
    op.drop_table("webhook_secrets")
