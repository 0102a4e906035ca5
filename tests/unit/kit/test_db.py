from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import event, insert, select, text
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError

from tests.fakes.clock import START
from widget_host.domain.orders.models import IdempotencyKey
from widget_host.domain.organizations.models import Environment, Organization
from widget_host.kit.db import Database, insert_if_new, known

DUBAI = timezone(timedelta(hours=4))


def organization(number: int = 1, *, made: datetime = START) -> dict[str, object]:
    fields = {"name": "Northwind Bank", "points_mode": True, "created_at": made}
    return {"id": f"org_{number}", "client_id": f"cli_{number}", **fields}


def environment() -> dict[str, object]:
    fields = {
        "kind": "sandbox",
        "tenant_key": "tnt_1",
        "local_currency": "USD",
        "allowed_origins": [],
        "clock_ahead_ms": 0,
    }
    return {"id": "env_1", "organization_id": "org_1", "created_at": START, **fields}


class TestUtcDateTime:
    @pytest.mark.parametrize(
        "moment", [START, datetime(2026, 1, 31, 14, 0, tzinfo=DUBAI), datetime(2026, 1, 31, 10, 0, 0, 123_456, UTC)]
    )
    def test_gives_a_moment_back_in_utc(self, database: Database, moment: datetime) -> None:
        with database.writing() as session:
            session.add(Organization(**organization(made=moment)))
        with database.reading() as session:
            kept = session.get_one(Organization, "org_1").created_at

        assert kept == moment
        assert kept.utcoffset() == timedelta(0)

    def test_refuses_a_moment_without_a_zone(self, database: Database) -> None:
        guess = datetime(2026, 1, 31, 10, 0)  # noqa: DTZ001 - this is what is to be refused

        with pytest.raises(StatementError, match="needs a time zone"), database.writing() as session:
            session.add(Organization(**organization(made=guess)))


class TestPlainJson:
    def test_keeps_every_digit_of_a_decimal(self, database: Database) -> None:
        answer = {"minValue": Decimal("5.50"), "rate": Decimal("0.1000000000000000055"), "points": 2500}
        self.keep(database, answer)

        with database.reading() as session:
            kept = session.scalars(select(IdempotencyKey.answer)).one()
        assert kept == answer
        assert [str(kept[name]) for name in ("minValue", "rate")] == ["5.50", "0.1000000000000000055"]

    def keep(self, database: Database, answer: dict[str, object]) -> None:
        with database.writing() as session:
            session.execute(insert(Organization).values(organization()))
            session.execute(insert(Environment).values(environment()))
            session.add(IdempotencyKey(environment_id="env_1", key="k", request={}, answer=answer, created_at=START))


class TestInsertIfNew:
    def test_skips_what_breaks_a_unique_rule_and_counts_the_rest(self, database: Database) -> None:
        with database.writing() as session:
            assert insert_if_new(session, Organization, [organization(1)]) == 1
            assert insert_if_new(session, Organization, [organization(1)]) == 0
            assert insert_if_new(session, Organization, [organization(1), organization(2), organization(3)]) == 2

        with database.reading() as session:
            assert sorted(session.scalars(select(Organization.id))) == ["org_1", "org_2", "org_3"]

    def test_refuses_what_breaks_another_rule(self, database: Database) -> None:
        with pytest.raises(IntegrityError), database.writing() as session:
            insert_if_new(session, Organization, [{**organization(), "name": None}])


class TestKnown:
    def test_stands_in_the_statement(self, database: Database) -> None:
        said: list[str] = []
        event.listen(database.engine, "before_cursor_execute", lambda *told: said.append(told[2]))

        with database.reading() as session:
            for limit in (3, 4):
                session.execute(select(Organization.id).limit(known(limit)))

        assert [statement.partition(" LIMIT ")[2].split()[0] for statement in said if "LIMIT" in statement] == [
            "3",
            "4",
        ]


class TestWriting:
    def test_keeps_what_ends_well(self, database: Database) -> None:
        with database.writing() as session:
            session.add(Organization(**organization()))

        assert self.ids(database) == ["org_1"]

    def test_undoes_what_raises(self, database: Database) -> None:
        with pytest.raises(RuntimeError):
            self.write_in_vain(database)

        assert self.ids(database) == []

    def test_can_be_opened_again_after_something_raised(self, database: Database) -> None:
        self.test_undoes_what_raises(database)
        self.test_keeps_what_ends_well(database)

    def test_lets_many_threads_write_one_after_the_other(self, database: Database) -> None:
        def write(number: int) -> None:
            with database.writing() as session:
                seen = session.scalar(text("SELECT COUNT(*) FROM organizations"))
                session.add(Organization(**organization(number)))
                assert seen is not None

        with ThreadPoolExecutor(8) as threads:
            list(threads.map(write, range(40)))

        assert len(self.ids(database)) == 40

    def write_in_vain(self, database: Database) -> None:
        with database.writing() as session:
            session.add(Organization(**organization()))
            session.flush()
            raise RuntimeError

    def ids(self, database: Database) -> list[str]:
        with database.reading() as session:
            return list(session.scalars(select(Organization.id)))


class TestReading:
    def test_is_no_writing(self, database: Database) -> None:
        with database.reading() as session:
            session.add(Organization(**organization()))
            with pytest.raises(RuntimeError, match="organizations is written to in a session that reads"):
                session.flush()

        with database.reading() as session:
            assert session.scalars(select(Organization)).all() == []

    def test_is_not_held_up_by_a_writer(self, database: Database) -> None:
        with database.writing() as writer, database.reading() as reader:
            writer.add(Organization(**organization()))
            writer.flush()

            assert reader.scalars(select(Organization)).all() == []


class TestSqlite:
    @pytest.mark.parametrize(
        ("pragma", "value"),
        [
            ("journal_mode", "wal"),
            ("synchronous", 2),
            ("foreign_keys", 1),
            ("busy_timeout", 15000),
            ("recursive_triggers", 1),
        ],
    )
    def test_is_opened_for_safety(self, file: Database, pragma: str, value: object) -> None:
        with file.engine.connect() as connection:
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value

    def test_takes_the_write_lock_when_a_unit_begins(self, file: Database) -> None:
        """Else two units that read first and write later could neither go on."""
        with file.writing() as writer, file.engine.execution_options(writes=False).connect() as other:
            writer.execute(text("SELECT 1"))
            other.exec_driver_sql("PRAGMA busy_timeout=0")
            with pytest.raises(OperationalError, match="locked"):
                other.exec_driver_sql("CREATE TABLE late (id)")

    @pytest.fixture
    def careless_sqlite(self) -> None:
        """Leave the host's own ways as they are."""

    @pytest.fixture
    def file(self, tmp_path: Path) -> Iterator[Database]:
        database = Database(f"sqlite:///{tmp_path / 'host.db'}")
        yield database
        database.engine.dispose()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.engine.dispose()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
class TestPatience:
    """How long a connection is held to whose server is gone without a word."""

    @pytest.mark.parametrize(("said", "idle"), [("", "15"), ("?keepalives_idle=7", "7")])
    def test_is_half_a_minute_unless_the_address_says_otherwise(self, database_url: str, said: str, idle: str) -> None:
        database = Database(database_url + said)
        connection = database.engine.raw_connection()
        try:
            heard = cast("Any", connection.driver_connection).info.get_parameters()
        finally:
            connection.close()
            database.engine.dispose()
        assert (heard["keepalives_idle"], heard["keepalives_count"], heard["tcp_user_timeout"]) == (idle, "3", "20000")
