"""Who waits for somebody else's rows in PostgreSQL."""

import time

from sqlalchemy import text

from widget_host.kit.db import Database

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


def wait_for_who_waits(database: Database, count: int = 1) -> None:
    """Let so many statements be on their way: what each of them sees is as old as its beginning."""
    until = time.monotonic() + 30
    with database.engine.connect() as connection:
        while connection.execute(text(WAITING)).scalar_one() < count:
            assert time.monotonic() < until, f"fewer than {count} wait"
            # Within a transaction the activity is seen as it was at first.
            connection.rollback()
