import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from sqlalchemy import String, select
from sqlalchemy.exc import DBAPIError

from tests.factories.issuers import Issuer
from tests.factories.orders import make_order
from tests.services.postgres import plain_url
from widget_host.domain.ledger.models import Entry as LedgerEntry
from widget_host.domain.ledger.models import Posting
from widget_host.domain.orders.models import IdempotencyKey
from widget_host.domain.transactions.models import Transaction, TransactionStatus
from widget_host.domain.upkeep.models import AuditEvent
from widget_host.domain.upkeep.rules import Entry
from widget_host.domain.webhooks.models import Event
from widget_host.kit.clock import SystemClock
from widget_host.kit.db import Database
from widget_host.kit.together import Given, Ready, Rows, Together
from widget_host.wiring import Wiring

LINE = Together(Given(AuditEvent), most=4)
BOTH = Together(Given(AuditEvent), Given(AuditEvent, 2), most=4)
NOW = SystemClock().now()
QUIET = ("_rollback_gen", "_set_autocommit_gen", "_set_isolation_level_gen")


def line(name: str) -> dict[str, object]:
    return Entry(name, NOW, "key.taken", None, {"figure": 1, "text": "x'y\"z"}).row


def keep(together: Together, wiring: Wiring, *sets: Rows) -> list[int | None]:
    return together.keep(wiring.database, [together.ready(wiring.database, rows) for rows in sets])


def lines(wiring: Wiring) -> dict[str, AuditEvent]:
    with wiring.database.reading() as session:
        return {row.id: row for row in session.scalars(select(AuditEvent)) if row.event == "key.taken"}


class TestKeep:
    def test_writes_what_sessions_read(self, wiring: Wiring) -> None:
        assert keep(LINE, wiring, [[line("aud_1")]]) == [1]
        (found,) = lines(wiring).values()
        assert (found.id, found.at, found.environment_id, found.details) == (
            "aud_1",
            NOW,
            None,
            {"figure": 1, "text": "x'y\"z"},
        )

    def test_writes_nothing_where_the_first_is_there(self, wiring: Wiring) -> None:
        keep(LINE, wiring, [[line("aud_1")]])
        assert keep(BOTH, wiring, [[line("aud_1")], [line("aud_2"), line("aud_3")]]) == [None]
        assert set(lines(wiring)) == {"aud_1"}

    def test_writes_nothing_where_a_later_one_is_refused(self, wiring: Wiring) -> None:
        keep(LINE, wiring, [[line("aud_3")]])
        with pytest.raises(DBAPIError) as refused:
            keep(BOTH, wiring, [[line("aud_1")], [line("aud_2"), line("aud_3")]])
        assert set(lines(wiring)) == {"aud_3"}
        assert "aud_2" not in str(refused.value).replace(str(refused.value.orig), "")

    def test_writes_several_sets_at_once_but_for_those_that_are_there(self, wiring: Wiring) -> None:
        keep(LINE, wiring, [[line("aud_2")]])
        sets = [self.pair(name) for name in ("aud_3", "aud_2", "aud_1", "aud_1")]
        # The last part's rows of all sets that were written.
        assert keep(BOTH, wiring, *sets) == [4, None, 4, None]
        new = {f"{name}{end}" for name in ("aud_1", "aud_3") for end in ("", "_1", "_2")}
        assert set(lines(wiring)) == {"aud_2", *new}

    def test_writes_nothing_of_any_set_where_one_is_refused(self, wiring: Wiring) -> None:
        keep(LINE, wiring, [[line("aud_2_2")]])
        with pytest.raises(DBAPIError):
            keep(BOTH, wiring, self.pair("aud_1"), self.pair("aud_2"))
        assert set(lines(wiring)) == {"aud_2_2"}

    def test_refuses_more_sets_than_it_is_made_for(self, wiring: Wiring) -> None:
        with pytest.raises(ValueError, match="at most 4 sets are kept at once, not 5"):
            keep(BOTH, wiring, *(self.pair(f"aud_{number}") for number in range(5)))
        assert lines(wiring) == {}

    def test_refuses_a_moment_without_a_zone(self, wiring: Wiring) -> None:
        with pytest.raises(ValueError, match="a moment needs a time zone"):
            keep(LINE, wiring, [[line("aud_1") | {"at": NOW.replace(tzinfo=None)}]])

    def test_keeps_a_moment_of_any_zone(self, wiring: Wiring) -> None:
        keep(LINE, wiring, [[line("aud_1") | {"at": NOW.astimezone(timezone(timedelta(hours=5, minutes=45)))}]])
        assert lines(wiring)["aud_1"].at == NOW

    def test_keeps_every_letter_as_it_is(self, wiring: Wiring) -> None:
        details = {"text": "a\\b \"c\" {d} 'e' %s $1 ?1\n\t\u2028 é 字 🎁", "none": None, "list": [1, -2, {"": ""}]}
        keep(LINE, wiring, [[line('aud_"1\\') | {"details": details}]])
        assert lines(wiring)['aud_"1\\'].details == details

    def test_tells_the_two_hours_apart_that_have_one_name(self, wiring: Wiring) -> None:
        twice = datetime(2025, 10, 26, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))
        keep(LINE, wiring, [[line("aud_1") | {"at": twice}]], [[line("aud_2") | {"at": twice.replace(fold=1)}]])
        assert lines(wiring)["aud_2"].at - lines(wiring)["aud_1"].at == timedelta(hours=1)

    @pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
    @pytest.mark.parametrize("unfit", [{"id": "a" * 1000}, {"id": "a\0b"}], ids=["too long", "NUL"])
    def test_cuts_nothing_that_does_not_fit(self, wiring: Wiring, unfit: dict[str, str]) -> None:
        with pytest.raises(DBAPIError):
            keep(LINE, wiring, [[line("aud_1") | unfit]])
        assert lines(wiring) == {}

    def pair(self, name: str) -> list[list[dict[str, object]]]:
        return [[line(name)], [line(f"{name}_1"), line(f"{name}_2")]]

    def test_is_done_by_one_of_many_at_once(self, wiring: Wiring) -> None:
        together = threading.Barrier(8)

        def keep_at_once(number: int) -> int | None:
            together.wait()
            (found,) = keep(BOTH, wiring, [[line("aud_1")], [line(f"aud_{number}_1"), line(f"aud_{number}_2")]])
            return found

        with ThreadPoolExecutor(8) as threads:
            done = list(threads.map(keep_at_once, range(8)))
        assert sorted(done, key=str) == [2, *[None] * 7]
        assert len(lines(wiring)) == 3


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
class TestConnections:
    def test_that_the_server_closed_at_rest_are_replaced(self, wiring: Wiring) -> None:
        keep(LINE, wiring, [[line("aud_1")]])
        self.close_all(wiring)
        assert keep(LINE, wiring, [[line("aud_2")]]) == [1]
        self.close_all(wiring)
        assert set(lines(wiring)) == {"aud_1", "aud_2"}

    def test_that_break_in_the_middle_are_replaced_and_the_order_is_kept_once(
        self, wiring: Wiring, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        wiring.issuing.issue(make_order(issuer, "NW-1"))
        real, tries = psycopg.RawCursor.execute, []

        def breaking(cursor: Any, *args: Any, **options: Any) -> Any:
            done = real(cursor, *args, **options)
            tries.append(1)
            if len(tries) == 1:
                cursor.connection.close()
                raise psycopg.OperationalError("the connection is lost")
            return done

        monkeypatch.setattr(psycopg.RawCursor, "execute", breaking)
        issued = wiring.issuing.issue(make_order(issuer, "NW-2"))
        assert (len(tries), issued.is_replay) == (2, False)
        with wiring.database.reading() as session:
            assert session.get(IdempotencyKey, (issuer.environment_id, "NW-2")) is not None
        with wiring.reading() as services:
            assert services.transactions.get(issuer.environment_id, "NW-2").id == issued.receipt.id

    def test_that_break_with_several_orders_are_replaced_and_each_is_kept_once(
        self, wiring: Wiring, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        wiring.issuing.issue(make_order(issuer, "NW-0"))
        real, sizes = psycopg.RawCursor.execute, []

        def breaking(cursor: Any, statement: bytes, values: Sequence[Any], **options: Any) -> Any:
            done = real(cursor, statement, values, **options)
            sizes.append(values[0].count('"number":'))
            # As long as it takes for others to come.
            time.sleep(0.02)
            if sizes.count(max(sizes)) == 1 < len(sizes):
                cursor.connection.close()
                raise psycopg.OperationalError("the connection is lost")
            return done

        monkeypatch.setattr(psycopg.RawCursor, "execute", breaking)
        with ThreadPoolExecutor(8) as threads:
            issued = list(threads.map(wiring.issuing.issue, [make_order(issuer, f"NW-{n}") for n in range(1, 25)]))
        assert max(sizes) > min(sizes)
        assert {each.is_replay for each in issued} == {False}
        with wiring.reading() as services:
            kept = {services.transactions.get(issuer.environment_id, f"NW-{n}").id for n in range(1, 25)}
            assert kept == {each.receipt.id for each in issued}
            assert {**services.ledger.verify(), **services.transactions.verify()} == {}

    def close_all(self, wiring: Wiring) -> None:
        with psycopg.connect(plain_url(wiring.settings.database_url), autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


class TestOrder:
    def test_says_text_where_text_is_kept(
        self, wiring: Wiring, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """PostgreSQL would make text of anything that JSON says."""
        seen: list[Rows] = []
        real = Together.ready

        def noted(together: Together, database: Database, rows: Rows) -> Ready:
            seen.append(rows)
            return real(together, database, rows)

        monkeypatch.setattr(Together, "ready", noted)
        wiring.issuing.issue(make_order(issuer, "NW-1", description="a gift"))
        (rows,) = seen
        tables = (IdempotencyKey, Event, LedgerEntry, Posting, Transaction, TransactionStatus)
        for table, own in zip(tables, rows, strict=False):
            texts = {column.name for column in table.__table__.columns if isinstance(column.type, String)}
            assert {type(row[name]) for row in own for name in texts & row.keys()} <= {str, type(None)}, table


class TestRoundTrips:
    """An order of the sandbox: what is looked up is remembered, what is kept is one statement."""

    @pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
    def test_of_an_order_are_one_and_with_a_quote_two(
        self, wiring: Wiring, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order = make_order(issuer, "NW-1")
        wiring.issuing.issue(order)
        with wiring.writing() as services:
            quote_id = services.quotes.hold(order.asked).id
        for reference, quote, most in (("NW-2", None, 1), ("NW-3", quote_id, 2)):
            spoken = self.spoken(monkeypatch)
            wiring.issuing.issue(make_order(issuer, reference, quote_id=quote))
            assert spoken == ["_execute_gen"] * most

    def spoken(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """Return what psycopg waits for from now on; on a connection without a transaction `QUIET` says nothing."""
        found: list[str] = []
        real = psycopg.Connection.wait

        def counted(connection: Any, gen: Any, *args: Any, **options: Any) -> Any:
            if (name := getattr(gen, "__name__", "")) not in QUIET:
                found.append(name)
            return real(connection, gen, *args, **options)

        monkeypatch.setattr(psycopg.Connection, "wait", counted)
        return found
