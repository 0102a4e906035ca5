import pytest
from sqlalchemy import select

from tests.factories.issuers import AURORA, Issuer, make_issuer
from tests.fakes.clock import StoppedClock
from widget_host.domain.accounts.models import SavedAccount
from widget_host.domain.accounts.rules import Holder
from widget_host.domain.programs.rules import Destination
from widget_host.kit.crypto import KeyRing, SecretBox
from widget_host.wiring import Wiring

FIRST, SECOND = Destination("AC12345678"), Destination("AC87654321", "ana@example.com")


class TestRemember:
    def test_keeps_the_account_used_last(self, wiring: Wiring, issuer: Issuer, ana: Holder) -> None:
        for account in (FIRST, SECOND):
            remember(wiring, ana, issuer.programs[AURORA], account)

        assert accounts_of(wiring, ana) == {issuer.programs[AURORA]: SECOND}

    def test_writes_nothing_that_can_be_read_without_the_key(self, wiring: Wiring, issuer: Issuer, ana: Holder) -> None:
        remember(wiring, ana, issuer.programs[AURORA], FIRST)

        with wiring.database.reading() as session:
            assert "12345678" not in session.scalars(select(SavedAccount.sealed)).one()


class TestListFor:
    def test_begins_with_the_one_used_last(
        self, wiring: Wiring, issuer: Issuer, ana: Holder, clock: StoppedClock
    ) -> None:
        first, second = list(issuer.programs.values())[:2]
        for program in (first, second, first):
            clock.advance(minutes=1)
            remember(wiring, ana, program, FIRST)

        assert list(accounts_of(wiring, ana)) == [first, second]

    def test_shows_nobody_elses(self, wiring: Wiring, issuer: Issuer, ana: Holder) -> None:
        remember(wiring, ana, issuer.programs[AURORA], FIRST)
        elsewhere = make_issuer(wiring, "Elsewhere").environment_id

        assert accounts_of(wiring, Holder(ana.environment_id, "jonas")) == {}
        assert accounts_of(wiring, Holder(elsewhere, ana.source_user_id)) == {}

    def test_leaves_out_what_was_moved_to_another_customer(self, wiring: Wiring, issuer: Issuer, ana: Holder) -> None:
        remember(wiring, ana, issuer.programs[AURORA], FIRST)
        with wiring.database.writing() as session:
            session.scalars(select(SavedAccount)).one().source_user_id = "jonas"

        assert accounts_of(wiring, Holder(ana.environment_id, "jonas")) == {}

    def test_leaves_out_what_no_key_opens_any_more(self, wiring: Wiring, issuer: Issuer, ana: Holder) -> None:
        remember(wiring, ana, issuer.programs[AURORA], FIRST)
        wiring.box = SecretBox(KeyRing(["n" * 32]))

        assert accounts_of(wiring, ana) == {}


class TestForget:
    def test_forgets_one_account_of_one_customer(self, wiring: Wiring, issuer: Issuer, ana: Holder) -> None:
        first, second = list(issuer.programs.values())[:2]
        jonas = Holder(ana.environment_id, "jonas")
        for holder, program in ((ana, first), (ana, second), (jonas, first)):
            remember(wiring, holder, program, FIRST)

        with wiring.writing() as services:
            services.accounts.forget(ana, first)

        assert accounts_of(wiring, ana) == {second: FIRST}
        assert accounts_of(wiring, jonas) == {first: FIRST}


def remember(wiring: Wiring, holder: Holder, program_id: str, account: Destination) -> None:
    with wiring.writing() as services:
        services.accounts.remember(holder, program_id, account)


def accounts_of(wiring: Wiring, holder: Holder) -> dict[str, Destination]:
    with wiring.reading() as services:
        return services.accounts.list_for(holder)


@pytest.fixture
def ana(issuer: Issuer) -> Holder:
    return Holder(issuer.environment_id, "ana")
