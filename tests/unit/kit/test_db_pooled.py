from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from widget_host.kit.db import Database

AT_ONCE = 8
# More often than psycopg waits before it prepares a statement.
OFTEN = 8
LIMIT = text("SELECT current_setting('statement_timeout')")


class TestPooled:
    def test_keeps_no_statement_for_a_connection_that_is_another_the_next_time(self, pooled: Database) -> None:
        def add(number: int) -> int:
            for _ in range(OFTEN):
                with pooled.writing() as session:
                    found = session.scalar(text("SELECT CAST(:number AS bigint) + 1"), {"number": number})
            return int(found or 0)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            assert list(pool.map(add, range(AT_ONCE))) == list(range(1, AT_ONCE + 1))

    def test_limits_its_own_transactions_alone(self, pooled: Database, other: Database) -> None:
        pooled.limit_statements(15)
        for _ in range(OFTEN):
            with pooled.writing() as writer, pooled.reading() as reader:
                assert [writer.scalar(LIMIT), reader.scalar(LIMIT)] == ["15s", "15s"]
            # Both of the pooler's connections at once.
            with other.reading() as one, other.reading() as two:
                assert [one.scalar(LIMIT), two.scalar(LIMIT)] == ["0", "0"]

    @pytest.fixture
    def pooled(self, pooled_url: str) -> Iterator[Database]:
        database = Database(pooled_url)
        yield database
        database.engine.dispose()

    @pytest.fixture
    def other(self, pooled_url: str) -> Iterator[Database]:
        """Another program over the same pooler, as `ledger verify` is, which may take its time."""
        database = Database(pooled_url)
        yield database
        database.engine.dispose()


class TestDirect:
    @pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
    def test_is_limited_once_for_all_its_transactions(self, direct: Database) -> None:
        direct.limit_statements(15)
        for _ in range(2):
            with direct.reading() as session:
                assert session.scalar(LIMIT) == "15s"

    @pytest.fixture
    def direct(self, database_url: str) -> Iterator[Database]:
        database = Database(database_url)
        yield database
        database.engine.dispose()
