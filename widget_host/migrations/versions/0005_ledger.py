"""The ledger's tables, and the triggers that keep them append-only and whole."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")
APPEND_ONLY = ("ledger_accounts", "ledger_entries", "ledger_postings")
TABLES = ("ledger_holds", "ledger_postings", "ledger_entries", "ledger_balances", "ledger_accounts")

POSTGRESQL = """
CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is append-only: % of % refused', TG_OP, TG_TABLE_NAME;
END $$;

CREATE FUNCTION ledger_check_postings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM added p
        LEFT JOIN ledger_entries e ON e.id = p.entry_id
        LEFT JOIN ledger_accounts s ON s.id = p.source_id
        LEFT JOIN ledger_accounts d ON d.id = p.destination_id
        WHERE (s.asset = p.asset AND d.asset = p.asset
               AND s.environment_id = e.environment_id AND d.environment_id = e.environment_id) IS NOT TRUE
    ) THEN
        RAISE EXCEPTION 'a posting moves one asset between two accounts of its entry''s environment';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER ledger_postings_check AFTER INSERT ON ledger_postings
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION ledger_check_postings();
"""

POSTGRESQL_APPEND_ONLY = """
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER {table}_keep BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
"""

SQLITE_APPEND_ONLY = """
CREATE TRIGGER {table}_no_{operation} BEFORE {operation} ON {table}
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: {operation} of {table} refused'); END
"""

# The types too: a SQLite column takes whatever it is given.
SQLITE_CHECK = """
CREATE TRIGGER ledger_postings_check BEFORE INSERT ON ledger_postings
WHEN typeof(NEW.amount) <> 'integer' OR NOT EXISTS (
    SELECT 1 FROM ledger_entries e, ledger_accounts s, ledger_accounts d
    WHERE e.id = NEW.entry_id AND s.id = NEW.source_id AND d.id = NEW.destination_id
      AND s.asset = NEW.asset AND d.asset = NEW.asset
      AND s.environment_id = e.environment_id AND d.environment_id = e.environment_id)
BEGIN SELECT RAISE(ABORT, 'a posting moves one asset between two accounts of its entry''s environment'); END
"""


def upgrade() -> None:
    op.create_table(
        "ledger_accounts",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("environment_id", sa.String(40), sa.ForeignKey("environments.id"), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("holder", sa.String(80), nullable=False),
        sa.Column("asset", sa.String(40), nullable=False),
        sa.Column("guarded", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("environment_id", "kind", "holder", "asset"),
    )
    op.create_table(
        "ledger_balances",
        sa.Column("account_id", sa.Integer, sa.ForeignKey("ledger_accounts.id"), primary_key=True),
        sa.Column("balance", sa.BigInteger, nullable=False),
        sa.Column("held", sa.BigInteger, nullable=False),
        sa.Column("floor", sa.BigInteger, nullable=False),
        sa.CheckConstraint("balance - held >= floor", name="floor"),
        sa.CheckConstraint("held >= 0", name="held"),
    )
    event = sa.ForeignKey("events.id", deferrable=True, initially="DEFERRED")
    op.create_table(
        "ledger_entries",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("environment_id", sa.String(40), sa.ForeignKey("environments.id"), nullable=False),
        sa.Column("key", sa.String(160), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("event_id", sa.String(40), event, nullable=False, unique=True),
        sa.Column("reverses_id", sa.String(40), sa.ForeignKey("ledger_entries.id"), unique=True),
        sa.Column("details", JSON, nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("environment_id", "key"),
    )
    op.create_table(
        "ledger_postings",
        sa.Column("entry_id", sa.String(40), sa.ForeignKey("ledger_entries.id"), primary_key=True),
        sa.Column("leg", sa.SmallInteger, primary_key=True),
        sa.Column("source_id", sa.Integer, nullable=False, index=True),
        sa.Column("destination_id", sa.Integer, nullable=False, index=True),
        sa.Column("asset", sa.String(40), nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.CheckConstraint("amount > 0", name="amount"),
        sa.CheckConstraint("source_id <> destination_id", name="two_accounts"),
    )
    op.create_table(
        "ledger_holds",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("environment_id", sa.String(40), sa.ForeignKey("environments.id"), nullable=False),
        sa.Column("account_id", sa.Integer, sa.ForeignKey("ledger_accounts.id"), nullable=False, index=True),
        sa.Column("key", sa.String(160), nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("captured", sa.BigInteger, nullable=False),
        sa.Column("released", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("amount > 0", name="amount"),
        sa.CheckConstraint("captured >= 0 AND released >= 0 AND captured + released <= amount", name="parts"),
        sa.UniqueConstraint("environment_id", "key"),
    )
    _guard(op.get_bind().dialect.name)


def _guard(dialect: str) -> None:
    if dialect == "postgresql":
        op.execute(POSTGRESQL)
        for table in APPEND_ONLY:
            op.execute(POSTGRESQL_APPEND_ONLY.format(table=table))
        return
    op.execute(SQLITE_CHECK)
    for table in APPEND_ONLY:
        for operation in ("UPDATE", "DELETE"):
            op.execute(SQLITE_APPEND_ONLY.format(table=table, operation=operation))


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION ledger_check_postings()")
        op.execute("DROP FUNCTION ledger_refuse_change()")
