from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.campaigns import make_campaign
from tests.factories.issuers import AURORA, Issuer, make_issuer
from tests.fakes.clock import START, StoppedClock
from widget_host.domain.quotes.models import Quote
from widget_host.domain.transactions.rules import Asked, PointsModeDisabled, Preview, QuoteExpired, ValueOutOfRange
from widget_host.kit.money import Money
from widget_host.wiring import Wiring


class TestHold:
    def test_keeps_the_price_that_was_said(self, wiring: Wiring, issuer: Issuer) -> None:
        make_campaign(wiring, issuer, "10")
        asked = make_asked(issuer)
        with wiring.writing() as services:
            said, quote = services.quotes.price(asked), services.quotes.hold(asked)
        assert quote.expires_at == START + timedelta(minutes=2)
        assert held(wiring, quote.id, asked) == said
        assert (said.points, said.bonus_points) == (2500, 250)

    def test_keeps_no_price_of_what_is_refused(self, wiring: Wiring, issuer: Issuer) -> None:
        with pytest.raises(ValueOutOfRange), wiring.writing() as services:
            services.quotes.hold(make_asked(issuer, Money(1, "USD")))

    def test_refuses_exact_points_where_they_are_not_enabled(self, wiring: Wiring, issuer: Issuer) -> None:
        with wiring.writing() as services:
            services.organizations.get(issuer.organization_id).points_mode = False
        with pytest.raises(PointsModeDisabled), wiring.writing() as services:
            services.quotes.hold(Asked(issuer.environment_id, issuer.programs[AURORA], points=1000))


class TestHolding:
    def test_keeps_the_price_that_was_said(self, wiring: Wiring, issuer: Issuer) -> None:
        make_campaign(wiring, issuer, "10")
        asked = make_asked(issuer)
        quote = wiring.holding.hold(asked)
        assert quote.expires_at == START + timedelta(minutes=2)
        assert held(wiring, quote.id, asked) == quote.preview
        assert (quote.preview.points, quote.preview.bonus_points) == (2500, 250)

    def test_keeps_what_a_session_keeps(self, wiring: Wiring, issuer: Issuer) -> None:
        asked = Asked(issuer.environment_id, issuer.programs[AURORA], points=2501)
        with wiring.writing() as services:
            services.quotes.hold(asked)
        wiring.holding.hold(asked)
        one, other = rows(wiring)
        assert one.pop("id") != other.pop("id")
        assert one == other

    def test_keeps_many_at_once_each_its_own(self, wiring: Wiring, issuer: Issuer) -> None:
        values = [Money(2500 + number, "USD") for number in range(40)]
        with ThreadPoolExecutor(16) as threads:
            quotes = list(threads.map(lambda value: wiring.holding.hold(make_asked(issuer, value)), values))
        kept = [held(wiring, quote.id, make_asked(issuer, value)) for quote, value in zip(quotes, values, strict=True)]
        assert kept == [quote.preview for quote in quotes]

    @pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
    def test_waits_for_nobody_who_advances_the_clock(self, wiring: Wiring, issuer: Issuer) -> None:
        with ThreadPoolExecutor(1) as threads, wiring.writing() as services:
            services.organizations.advance_clock(issuer.environment_id, timedelta(hours=1))
            quote = threads.submit(wiring.holding.hold, make_asked(issuer)).result(timeout=10)
        assert held(wiring, quote.id, make_asked(issuer)) == quote.preview

    def test_keeps_no_price_of_what_is_refused(self, wiring: Wiring, issuer: Issuer) -> None:
        with pytest.raises(ValueOutOfRange):
            wiring.holding.hold(make_asked(issuer, Money(1, "USD")))
        assert rows(wiring) == []


class TestGetHeld:
    def test_refuses_when_the_time_is_over(self, wiring: Wiring, issuer: Issuer, clock: StoppedClock) -> None:
        asked, quote_id = make_asked(issuer), hold(wiring, issuer)
        clock.advance(microseconds=119_999_999)
        assert held(wiring, quote_id, asked).points == 2500
        clock.advance(microseconds=1)
        with pytest.raises(QuoteExpired):
            held(wiring, quote_id, asked)

    def test_follows_the_environments_clock(self, wiring: Wiring, issuer: Issuer) -> None:
        quote_id = hold(wiring, issuer)
        with wiring.clock.ahead(timedelta(minutes=2)), pytest.raises(QuoteExpired):
            held(wiring, quote_id, make_asked(issuer))

    def test_refuses_what_was_given_for_something_else(self, wiring: Wiring, issuer: Issuer) -> None:
        stranger, quote_id = make_issuer(wiring, "Southwind Bank"), hold(wiring, issuer)
        environment, program = issuer.environment_id, issuer.programs[AURORA]
        for asked in (
            make_asked(issuer, Money(2501, "USD")),
            make_asked(issuer, Money(2500, "EUR")),
            Asked(environment, program, points=2500),
            Asked(environment, issuer.programs["Verde Box"], Money(2500, "USD")),
            make_asked(stranger),
        ):
            with pytest.raises(QuoteExpired):
                held(wiring, quote_id, asked)


def make_asked(issuer: Issuer, value: Money = Money(2500, "USD")) -> Asked:  # noqa: B008 - it never changes
    return Asked(issuer.environment_id, issuer.programs[AURORA], value)


def hold(wiring: Wiring, issuer: Issuer) -> str:
    with wiring.writing() as services:
        return services.quotes.hold(make_asked(issuer)).id


def held(wiring: Wiring, quote_id: str, asked: Asked) -> Preview:
    with wiring.reading() as services:
        return services.quotes.get_held(quote_id, asked)


def rows(wiring: Wiring) -> list[dict[str, Any]]:
    with wiring.database.reading() as session:
        return [dict(row) for row in session.execute(select(*Quote.__table__.columns)).mappings()]
