"""Orders lock no row that all orders of an environment share: no foreign keys to environments, programs, endpoints.

On PostgreSQL each of these keys locks the parent's row at each insert. Those parents are never removed, and
`widget-host ledger verify` looks for rows without one.
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0040"
branch_labels = None
depends_on = None

KEYS = (
    ("events", "environment_id", "environments"),
    ("idempotency_keys", "environment_id", "environments"),
    ("ledger_entries", "environment_id", "environments"),
    ("transactions", "environment_id", "environments"),
    ("transactions", "program_id", "programs"),
    ("deliveries", "environment_id", "environments"),
    ("deliveries", "endpoint_id", "webhook_endpoints"),
)


def upgrade() -> None:
    for table, column, parent in KEYS:
        name = f"fk_{table}_{column}"
        if op.get_bind().dialect.name == "sqlite":
            _rewrite(table, rf",\s*{_clause(name, column, parent)}", "")
        else:
            op.drop_constraint(name, table, type_="foreignkey")


def downgrade() -> None:
    for table, column, parent in KEYS:
        name = f"fk_{table}_{column}"
        if op.get_bind().dialect.name == "sqlite":
            _rewrite(table, r"\s*\)\s*\Z", rf", CONSTRAINT {name} FOREIGN KEY({column}) REFERENCES {parent} (id))")
        else:
            op.create_foreign_key(name, table, parent, [column], ["id"])


def _clause(name: str, column: str, parent: str) -> str:
    return rf"CONSTRAINT {name} FOREIGN KEY\({column}\) REFERENCES {parent} \(id\)"


def _rewrite(table: str, pattern: str, instead: str) -> None:
    """Change the text of a table: how SQLite takes a constraint away without copying the rows (lang_altertable §7)."""
    named = {"name": table}
    bind = op.get_bind()
    text = bind.execute(sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :name"), named).scalar()
    changed, count = re.subn(pattern, instead, str(text))
    if count != 1:
        raise RuntimeError(f"{table} is not as the migrations before made it")
    version = bind.execute(sa.text("PRAGMA schema_version")).scalar_one()
    bind.execute(sa.text("PRAGMA writable_schema = ON"))
    update = sa.text("UPDATE sqlite_master SET sql = :sql WHERE type = 'table' AND name = :name")
    bind.execute(update, named | {"sql": changed})
    bind.execute(sa.text(f"PRAGMA schema_version = {int(version) + 1}"))
    bind.execute(sa.text("PRAGMA writable_schema = OFF"))
