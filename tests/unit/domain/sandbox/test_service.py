from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.factories.issuers import Issuer, make_issuer
from tests.factories.orders import make_order
from tests.fakes.clock import START
from widget_host.domain.endpoints.rules import Details
from widget_host.domain.organizations.rules import FURTHEST_AHEAD
from widget_host.domain.programs.rules import Destination
from widget_host.domain.transactions.models import Transaction
from widget_host.domain.webhooks.models import Delivery
from widget_host.kit.errors import InvalidFields, NotFound
from widget_host.wiring import Wiring

HOUR = timedelta(hours=1)


class TestAdvanceClock:
    def test_adds_up(self, wiring: Wiring, issuer: Issuer) -> None:
        assert [advance(wiring, issuer, HOUR) for _ in range(3)] == [HOUR, 2 * HOUR, 3 * HOUR]

    def test_brings_forward_what_waits_of_this_environment_alone(self, wiring: Wiring, issuer: Issuer) -> None:
        stranger = make_issuer(wiring, "Southwind Bank")
        for each in (issuer, stranger):
            with wiring.writing() as services:
                services.endpoints.create(each.environment_id, Details(url="http://localhost/hook"))
            wiring.issuing.issue(make_order(each, "NW-1"))
            wiring.issuing.issue(make_order(each, "NW-2", destination=Destination("sandbox-pending")))
        advance(wiring, issuer, HOUR)
        with wiring.reading() as services:
            due = {each.environment_id: each.due_at for each in services._session.scalars(select(Delivery))}
            pending = services._session.scalars(select(Transaction).where(Transaction.status == "PENDING"))
            asked = {each.environment_id: each.due_at for each in pending}
        assert due == {issuer.environment_id: START - HOUR, stranger.environment_id: START}
        soon = START + timedelta(seconds=5)
        assert asked == {issuer.environment_id: soon - HOUR, stranger.environment_id: soon}

    def test_goes_no_further_than_dates_can_be_written(self, wiring: Wiring, issuer: Issuer) -> None:
        advance(wiring, issuer, FURTHEST_AHEAD)
        with pytest.raises(InvalidFields):
            advance(wiring, issuer, timedelta(milliseconds=1))

    def test_leaves_production_alone(self, wiring: Wiring, issuer: Issuer) -> None:
        with wiring.writing() as services:
            services.organizations.get_environment(issuer.environment_id).kind = "production"
        with pytest.raises(NotFound):
            advance(wiring, issuer, HOUR)


def advance(wiring: Wiring, issuer: Issuer, by: timedelta) -> timedelta:
    with wiring.writing() as services:
        return services.sandbox.advance_clock(issuer.environment_id, by).clock_ahead
