from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.factories import widgets as factories
from tests.factories.issuers import Issuer, make_issuer
from tests.factories.orders import WIDGET, launch
from tests.fakes.clock import StoppedClock
from tests.services.waiting import wait_for_who_waits
from widget_host.domain.access.rules import LaunchRequest, NotRenewed, OpenWidget, SessionEnded, SessionReplaced
from widget_host.wiring import Wiring

TEN_MINUTES = timedelta(minutes=10)


class TestExtend:
    def test_gives_ten_minutes_from_now(self, wiring: Wiring, opened: OpenWidget, clock: StoppedClock) -> None:
        clock.advance(minutes=9)

        assert self.extend(wiring, opened).expires_at == clock.now() + TEN_MINUTES

    def test_gives_half_an_hour_altogether(self, wiring: Wiring, opened: OpenWidget, clock: StoppedClock) -> None:
        began = clock.now()
        for _ in range(3):
            clock.advance(minutes=9)
            opened = self.extend(wiring, opened)

        assert (opened.expires_at, opened.can_extend) == (began + timedelta(minutes=30), False)

    def test_leaves_the_session_alone_that_was_opened_meanwhile(
        self, wiring: Wiring, issuer: Issuer, clock: StoppedClock
    ) -> None:
        token = launch(wiring, issuer)
        before = open_widget(wiring, token)
        bearer, again = factories.open_widget(wiring, token)
        clock.advance(minutes=9)

        with pytest.raises(SessionReplaced):
            self.extend(wiring, before)
        assert factories.get_widget(wiring, bearer) == again

    def extend(self, wiring: Wiring, opened: OpenWidget) -> OpenWidget:
        with wiring.writing() as services:
            return services.widget_sessions.extend(opened)


class TestRenew:
    def test_spends_the_fresh_launch_and_keeps_the_running_one(
        self, wiring: Wiring, issuer: Issuer, opened: OpenWidget, clock: StoppedClock
    ) -> None:
        clock.advance(minutes=9)
        fresh = launch(wiring, issuer)

        renewed = renew(wiring, opened, fresh)

        assert (renewed.launch_id, renewed.is_spent) == (opened.launch_id, False)
        assert renewed.expires_at == clock.now() + TEN_MINUTES
        assert renewed.extendable_until == clock.now() + timedelta(minutes=30)
        with pytest.raises(SessionEnded):
            open_widget(wiring, fresh)

    def test_takes_a_token_once(self, wiring: Wiring, issuer: Issuer, opened: OpenWidget) -> None:
        fresh = launch(wiring, issuer)
        renew(wiring, opened, fresh)

        with pytest.raises(NotRenewed, match="used, or over"):
            renew(wiring, opened, fresh)

    def test_refuses_the_token_that_the_session_came_from(self, wiring: Wiring, issuer: Issuer) -> None:
        token = launch(wiring, issuer)

        with pytest.raises(NotRenewed, match="used, or over"):
            renew(wiring, open_widget(wiring, token), token)

    def test_refuses_a_token_that_is_over(
        self, wiring: Wiring, issuer: Issuer, opened: OpenWidget, clock: StoppedClock
    ) -> None:
        fresh = launch(wiring, issuer)
        clock.advance(minutes=10)

        with pytest.raises(NotRenewed, match="used, or over"):
            renew(wiring, opened, fresh)

    def test_refuses_a_token_of_another_customer_or_issuer(
        self, wiring: Wiring, issuer: Issuer, opened: OpenWidget
    ) -> None:
        for stranger, who in ((issuer, "jonas"), (make_issuer(wiring, "Elsewhere"), "amira")):
            with pytest.raises(NotRenewed, match="another customer"):
                renew(wiring, opened, launch(wiring, stranger, LaunchRequest(who)))

    @pytest.mark.parametrize("token", ["", "x", "a.b.c"])
    def test_refuses_what_was_never_signed_here(self, wiring: Wiring, opened: OpenWidget, token: str) -> None:
        with pytest.raises(NotRenewed, match="none of this widget"):
            renew(wiring, opened, token)

    def test_leaves_the_token_for_the_session_that_was_opened_meanwhile(self, wiring: Wiring, issuer: Issuer) -> None:
        token, fresh = launch(wiring, issuer), launch(wiring, issuer)
        before, again = open_widget(wiring, token), open_widget(wiring, token)

        with pytest.raises(SessionReplaced):
            renew(wiring, before, fresh)
        assert renew(wiring, again, fresh).session_hash == again.session_hash

    @pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
    def test_of_two_by_the_tokens_of_each_other_does_not_wait_for_ever(self, wiring: Wiring, issuer: Issuer) -> None:
        tokens = [launch(wiring, issuer) for _ in range(2)]
        first, second = (open_widget(wiring, token) for token in tokens)
        with ThreadPoolExecutor(2) as pool, wiring.database.writing() as session:
            # Whoever has one of them waits for the other while somebody else holds that.
            session.execute(text("SELECT id FROM widget_launches WHERE id = :id FOR UPDATE"), {"id": second.launch_id})
            renewals = [
                pool.submit(renew, wiring, first, tokens[1]),
                pool.submit(renew, wiring, second, tokens[0]),
            ]
            wait_for_who_waits(wiring.database, len(renewals))
            session.rollback()
            refused = [renewal.exception(timeout=30) for renewal in renewals]
        assert refused == [None, None]


def renew(wiring: Wiring, opened: OpenWidget, token: str) -> OpenWidget:
    with wiring.writing() as services:
        return services.widget_sessions.renew(opened, token)


def open_widget(wiring: Wiring, token: str) -> OpenWidget:
    return wiring.openings.open(token, WIDGET).widget


@pytest.fixture
def opened(wiring: Wiring, issuer: Issuer) -> OpenWidget:
    return open_widget(wiring, launch(wiring, issuer))
