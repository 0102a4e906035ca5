"""The database's structure, step by step; Alembic runs the steps, on SQLite and PostgreSQL alike."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database to this revision, the newest unless another is named."""
    command.upgrade(_config(url), revision)


def downgrade(url: str, revision: str) -> None:
    """Take the database back to this revision; `base` takes everything away."""
    command.downgrade(_config(url), revision)


def is_current(engine: Engine) -> bool:
    """Whether the database has every step."""
    newest = ScriptDirectory.from_config(_config("")).get_current_head()
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == newest


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["url"] = url
    return config
