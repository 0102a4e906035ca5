"""What others say of the programs of cards: the percent asked for each, and the newest word on it."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("card_preference_programs", sa.Column("asked", sa.Integer, nullable=False, server_default="0"))
    op.execute("UPDATE card_preference_programs SET asked = allocation")
    op.create_table(
        "card_program_words",
        sa.Column("preference_id", sa.String(40), sa.ForeignKey("card_preferences.id"), primary_key=True),
        sa.Column("program_id", sa.String(40), sa.ForeignKey("programs.id"), primary_key=True),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sender_program_id", sa.String(40)),
        sa.Column("sequence", sa.BigInteger),
    )
    op.execute(
        "INSERT INTO card_program_words (preference_id, program_id, said_at)"
        " SELECT p.preference_id, p.program_id, c.updated_at"
        " FROM card_preference_programs p JOIN card_preferences c ON c.id = p.preference_id"
    )


def downgrade() -> None:
    op.drop_table("card_program_words")
    with op.batch_alter_table("card_preference_programs") as table:
        table.drop_column("asked")
