"""What the whole points API needs: clocks, quotes, campaigns, pending transactions, preferences, profiles."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")
ADDED = (
    ("programs", "sealed_secret"),
    ("programs", "connection"),
    ("organizations", "kyb_approved_at"),
    ("organizations", "profile"),
    ("environments", "clock_ahead_ms"),
)
NOT_FAILED = sa.text("status <> 'FAILED'")


def upgrade() -> None:
    with op.batch_alter_table("environments") as table:
        table.add_column(sa.Column("clock_ahead_ms", sa.BigInteger, nullable=False, server_default="0"))
    with op.batch_alter_table("organizations") as table:
        table.add_column(sa.Column("profile", JSON, nullable=False, server_default="{}"))
        table.add_column(sa.Column("kyb_approved_at", sa.DateTime(timezone=True)))
    with op.batch_alter_table("programs") as table:
        table.add_column(sa.Column("connection", JSON, nullable=False, server_default="{}"))
        table.add_column(sa.Column("sealed_secret", sa.Text))
    _transactions()
    _quotes()
    _campaigns()
    _preferences()


def _transactions() -> None:
    with op.batch_alter_table("transactions") as table:
        table.drop_constraint("uq_transactions_environment_id_reference_number", type_="unique")
        table.alter_column("entry_id", existing_type=sa.String(40), nullable=True)
        table.add_column(sa.Column("reservation_id", sa.String(40), nullable=True))
        table.add_column(sa.Column("quote_id", sa.String(40), nullable=True))
        table.add_column(sa.Column("campaign_id", sa.String(40), nullable=True))
        table.add_column(sa.Column("attempts", sa.Integer, nullable=False, server_default="0"))
        table.add_column(sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
        table.create_foreign_key("fk_transactions_reservation_id", "ledger_entries", ["reservation_id"], ["id"])
        table.create_unique_constraint("uq_transactions_reservation_id", ["reservation_id"])
    _give_reservations_back()
    # A transaction that failed before anything was given leaves its reference number to the next try.
    op.create_index(
        "uq_transactions_reference",
        "transactions",
        ["environment_id", "reference_number"],
        unique=True,
        sqlite_where=NOT_FAILED,
        postgresql_where=NOT_FAILED,
    )
    op.create_index("ix_transactions_created_at", "transactions", ["environment_id", "created_at", "id"])
    pending = sa.text("status = 'PENDING'")
    op.create_index("ix_transactions_due", "transactions", ["due_at"], sqlite_where=pending, postgresql_where=pending)
    op.create_table(
        "transaction_statuses",
        sa.Column("transaction_id", sa.String(40), sa.ForeignKey("transactions.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("reason", sa.String(500)),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.execute(
        "INSERT INTO transaction_statuses (transaction_id, number, status, at)"
        " SELECT id, 1, status, created_at FROM transactions"
    )


def _give_reservations_back() -> None:
    """Tell reservations from entries again, where these tables were taken back before."""
    op.execute(
        "UPDATE transactions SET reservation_id = (SELECT e.id FROM ledger_entries e"
        " WHERE e.environment_id = transactions.environment_id AND e.key = transactions.id || '\\:reservation')"
    )
    op.execute("UPDATE transactions SET entry_id = NULL WHERE entry_id = reservation_id")


def _quotes() -> None:
    op.create_table(
        "quotes",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("environment_id", sa.String(40), sa.ForeignKey("environments.id"), nullable=False),
        sa.Column("program_id", sa.String(40), sa.ForeignKey("programs.id"), nullable=False),
        sa.Column("asked", sa.String(40), nullable=False),
        sa.Column("asked_in", sa.String(6), nullable=False),
        sa.Column("value", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("points", sa.BigInteger, nullable=False),
        sa.Column("bonus_points", sa.BigInteger, nullable=False),
        sa.Column("price", sa.String(40), nullable=False),
        sa.Column("remainder", sa.String(40), nullable=False),
        sa.Column("campaign_id", sa.String(40)),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    )


def _campaigns() -> None:
    op.create_table(
        "campaigns",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("environment_id", sa.String(40), sa.ForeignKey("environments.id"), nullable=False),
        sa.Column("partnership_id", sa.String(40), sa.ForeignKey("partnerships.id"), nullable=False, index=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("bonus_percent", sa.String(12), nullable=False),
        sa.Column("issuer_share", sa.Integer, nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("issuer_share BETWEEN 0 AND 100", name="issuer_share"),
        sa.CheckConstraint("ends_at > starts_at", name="period"),
    )


def _preferences() -> None:
    op.create_table(
        "card_preferences",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("environment_id", sa.String(40), sa.ForeignKey("environments.id"), nullable=False),
        sa.Column("source_user_id", sa.String(200), nullable=False),
        sa.Column("card_id", sa.String(200), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("environment_id", "source_user_id", "card_id"),
    )
    op.create_table(
        "card_preference_programs",
        sa.Column("preference_id", sa.String(40), sa.ForeignKey("card_preferences.id"), primary_key=True),
        sa.Column("program_id", sa.String(40), sa.ForeignKey("programs.id"), primary_key=True),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("destination_user_id", sa.String(200)),
        sa.Column("destination_user_email", sa.String(254)),
        sa.Column("allocation", sa.Integer, nullable=False),
        sa.CheckConstraint("allocation BETWEEN 0 AND 100", name="allocation"),
    )


def downgrade() -> None:
    for name in ("card_preference_programs", "card_preferences", "campaigns", "quotes", "transaction_statuses"):
        op.drop_table(name)
    for index in ("ix_transactions_due", "ix_transactions_created_at", "uq_transactions_reference"):
        op.drop_index(index, "transactions")
    _fit_transactions()
    with op.batch_alter_table("transactions") as table:
        table.drop_constraint("uq_transactions_reservation_id", type_="unique")
        table.drop_constraint("fk_transactions_reservation_id", type_="foreignkey")
        for column in ("due_at", "attempts", "campaign_id", "quote_id", "reservation_id"):
            table.drop_column(column)
        table.alter_column("entry_id", existing_type=sa.String(40), nullable=False)
        table.create_unique_constraint(
            "uq_transactions_environment_id_reference_number", ["environment_id", "reference_number"]
        )
    for name, column in ADDED:
        op.drop_column(name, column)


def _fit_transactions() -> None:
    """Give each transaction an entry, and a reference number that no other has: the older tables want both."""
    op.execute("UPDATE transactions SET entry_id = reservation_id WHERE entry_id IS NULL")
    op.execute(
        "UPDATE transactions SET reference_number = id WHERE status = 'FAILED' AND EXISTS ("
        " SELECT 1 FROM transactions t WHERE t.environment_id = transactions.environment_id"
        " AND t.reference_number = transactions.reference_number AND t.id <> transactions.id)"
    )
