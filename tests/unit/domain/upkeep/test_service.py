from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.factories.issuers import Issuer, make_issuer
from tests.fakes.clock import START, StoppedClock
from widget_host.wiring import Wiring


class TestPulse:
    def test_is_the_latest_of_all_workers(self, wiring: Wiring, clock: StoppedClock) -> None:
        for _ in range(2):
            clock.advance(seconds=30)
            with wiring.writing() as services:
                services.upkeep.pulse()
        with wiring.reading() as services:
            assert services.upkeep.find_last_pulse() == START + timedelta(seconds=60)

    def test_may_be_the_first_of_many_workers_at_once(self, wiring: Wiring) -> None:
        together = Barrier(8)

        def pulse(_: int) -> None:
            with wiring.writing() as services:
                if not wiring.database.is_sqlite:
                    services.upkeep.find_last_pulse()
                    together.wait(10)
                services.upkeep.pulse()

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(pulse, range(8)))
        with wiring.reading() as services:
            assert services.upkeep.find_last_pulse() == START

    def test_is_none_before_any_worker_ran(self, wiring: Wiring) -> None:
        with wiring.reading() as services:
            assert services.upkeep.find_last_pulse() is None


class TestKeepCheck:
    def test_is_remembered_with_what_was_broken(self, wiring: Wiring) -> None:
        for broken in ({}, {"a rule": ["ent_1"]}):
            with wiring.writing() as services:
                services.upkeep.keep_check(broken)
        with wiring.reading() as services:
            check = services.upkeep.find_last_check()
        assert check is not None
        assert (check.at, check.is_ok, check.broken) == (START, False, {"a rule": ["ent_1"]})

    def test_is_none_before_anybody_looked(self, wiring: Wiring) -> None:
        with wiring.reading() as services:
            assert services.upkeep.find_last_check() is None


class TestAuditTrail:
    def test_says_who_got_what(self, wiring: Wiring, issuer: Issuer) -> None:
        with wiring.reading() as services:
            found = services.audit_trail.list(environment_id=issuer.environment_id)
        assert [entry.event for entry in found] == ["environment.changed", "secret.created"]
        assert found[0].details == {"allowed_origins": ["https://bank.example"]}
        assert issuer.client_secret not in str(found)

    def test_keeps_strangers_apart_and_can_be_narrowed(
        self, wiring: Wiring, issuer: Issuer, clock: StoppedClock
    ) -> None:
        clock.advance(days=1)
        other = make_issuer(wiring, "Southwind Bank")
        with wiring.reading() as services:
            trail = services.audit_trail
            assert {entry.environment_id for entry in trail.list(event="secret.created")} == {
                issuer.environment_id,
                other.environment_id,
            }
            assert {entry.environment_id for entry in trail.list(since=clock.now())} == {other.environment_id}
            assert len(trail.list(limit=1)) == 1

    def test_forgets_what_was_undone(self, wiring: Wiring, issuer: Issuer) -> None:
        def undone() -> None:
            with wiring.writing() as services:
                services.audit_trail.record("secret.created", issuer.environment_id)
                raise RuntimeError

        with pytest.raises(RuntimeError):
            undone()
        with wiring.reading() as services:
            assert len(services.audit_trail.list(event="secret.created")) == 1

    @pytest.mark.parametrize("statement", ["UPDATE audit_events SET event = 'x'", "DELETE FROM audit_events"])
    @pytest.mark.usefixtures("issuer")
    def test_is_append_only(self, wiring: Wiring, statement: str) -> None:
        with pytest.raises(DBAPIError, match="append-only"), wiring.database.writing() as session:
            session.execute(text(statement))
