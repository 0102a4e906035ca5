from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import InternalError
from sqlalchemy.orm import Session

from widget_host.kit.checking import Sweep, Tally, violations
from widget_host.kit.db import Database

ODD = "SELECT CAST(n.number AS TEXT) FROM numbers n WHERE {within} AND n.number % 2 = 1 ORDER BY n.number"
RULE = "every number is even"
KEPT = "SELECT s.part, s.total FROM sums s WHERE {within}"
PARTS = """SELECT n.part, SUM(n.number) FROM numbers n
    WHERE {within} AND n.part >= :first_part AND n.part <= :last_part GROUP BY n.part"""
TOTAL = "every total is the sum of its numbers"


class TestViolations:
    @pytest.mark.parametrize("rows", [1, 2, 3, 5, 6, 7])
    @pytest.mark.parametrize("key", ["n.number", "n.part, n.number"])
    def test_looks_at_each_row_once_however_long_a_step_is(self, session: Session, rows: int, key: str) -> None:
        fill(session, 6)

        found = violations(session, {RULE: [Sweep("numbers", key, ODD, rows)]})

        assert found == {RULE: ["1", "3", "5"]}

    def test_names_ten_at_most(self, session: Session) -> None:
        fill(session, 50)

        assert len(violations(session, {RULE: [Sweep("numbers", "n.number", ODD, 7)]})[RULE]) == 10

    def test_finds_nothing_in_an_empty_table(self, session: Session) -> None:
        told: list[tuple[str, int, int]] = []

        assert violations(session, {RULE: [Sweep("numbers", "n.number", ODD)]}, lambda *how: told.append(how)) == {}
        assert told == [(RULE, 0, 0)]

    def test_tells_how_far_it_is(self, session: Session) -> None:
        fill(session, 5)
        told: list[tuple[str, int, int]] = []

        violations(session, {RULE: [Sweep("numbers", "n.number", ODD, 2)]}, lambda *how: told.append(how))

        assert told == [(RULE, done, 3) for done in range(4)]

    @pytest.mark.parametrize("rows", [1, 2, 7])
    def test_adds_up_parts_however_long_a_step_is(self, session: Session, rows: int) -> None:
        fill(session, 6)
        session.execute(text("INSERT INTO sums VALUES (0, 3), (1, 12), (2, 6)"))

        assert violations(session, {TOTAL: [tally(rows)]}) == {}

    @pytest.mark.parametrize("rows", [1, 7])
    @pytest.mark.parametrize(
        "damage", ["UPDATE sums SET total = 13 WHERE part = 1", "DELETE FROM numbers WHERE part = 1"]
    )
    def test_names_what_is_not_the_sum_of_its_parts(self, session: Session, rows: int, damage: str) -> None:
        fill(session, 6)
        session.execute(text("INSERT INTO sums VALUES (0, 3), (1, 12), (2, 6)"))
        session.execute(text(damage))

        assert violations(session, {TOTAL: [tally(rows)]}) == {TOTAL: ["1"]}

    def test_tells_how_far_it_is_with_sums(self, session: Session) -> None:
        fill(session, 5)
        session.execute(text("INSERT INTO sums VALUES (0, 3), (1, 12)"))
        told: list[int] = []

        violations(session, {TOTAL: [tally(2)]}, lambda _rule, done, steps: told.append(10 * done + steps))

        assert told == [4, 14, 24, 34, 44]

    @pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
    def test_finds_a_span_of_a_long_table_by_its_key(self, session: Session) -> None:
        """Else a table that is ten times as long takes a hundred times as long."""
        session.execute(text("INSERT INTO numbers SELECT n / 2, n FROM generate_series(1, 20000) n"))
        session.execute(text("CREATE INDEX ix_numbers ON numbers (part, number)"))
        session.execute(text("ANALYZE numbers"))
        sweep = Sweep("numbers", "n.part, n.number", "SELECT n.part FROM numbers n WHERE {within} AND n.number < 0")

        span = {"first_part": 5000, "first_number": 10_001, "last_part": 5100, "last_number": 10_200}
        plan = "\n".join(session.scalars(text(f"EXPLAIN {sweep.text}"), span))

        assert "(part >= '5000'" in plan

    @pytest.fixture
    def session(self, database_url: str) -> Iterator[Session]:
        database = Database(database_url)
        with Session(database.engine) as session:
            session.execute(text("CREATE TEMPORARY TABLE numbers (part INTEGER, number INTEGER)"))
            session.execute(text("CREATE TEMPORARY TABLE sums (part INTEGER, total INTEGER)"))
            yield session
        database.engine.dispose()


class TestChecking:
    @pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
    def test_may_only_read_and_is_not_hurried(self, database_url: str) -> None:
        database = Database(database_url)
        database.limit_statements(1)
        with database.checking() as session:
            assert session.scalar(text("SHOW statement_timeout")) == "0"
            assert session.scalar(text("SHOW idle_in_transaction_session_timeout")) == "0"
            with pytest.raises(InternalError, match="read-only"):
                session.execute(text("DELETE FROM ledger_checks"))

        with database.writing() as session:
            assert session.scalar(text("SHOW statement_timeout")) == "1s"
        database.engine.dispose()


def tally(rows: int) -> Tally:
    return Tally(Sweep("sums", "s.part", KEPT, rows), Sweep("numbers", "n.number", PARTS, rows))


def fill(session: Session, count: int) -> None:
    for number in range(1, count + 1):
        session.execute(text("INSERT INTO numbers VALUES (:part, :number)"), {"part": number // 3, "number": number})
