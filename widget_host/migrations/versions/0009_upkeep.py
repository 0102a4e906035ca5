"""Signs of life, checks of the books, and the audit trail, which takes lines and gives none back."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")

POSTGRESQL = """
CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is append-only: % refused', TG_OP;
END $$;
CREATE TRIGGER audit_events_append_only BEFORE UPDATE OR DELETE ON audit_events
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_events_keep BEFORE TRUNCATE ON audit_events
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
"""

SQLITE = """
CREATE TRIGGER audit_events_no_{operation} BEFORE {operation} ON audit_events
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only: {operation} refused'); END
"""


def upgrade() -> None:
    op.create_table(
        "worker_pulses",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "ledger_checks",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("broken", JSON, nullable=False),
    )
    op.create_table(
        "audit_events",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event", sa.String(60), nullable=False),
        sa.Column("environment_id", sa.String(40)),
        sa.Column("details", JSON, nullable=False),
    )
    op.create_index("ix_audit_events_environment", "audit_events", ["environment_id", "id"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(POSTGRESQL)
        return
    for operation in ("UPDATE", "DELETE"):
        op.execute(SQLITE.format(operation=operation))


def downgrade() -> None:
    for table in ("audit_events", "ledger_checks", "worker_pulses"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_refuse_change()")
