import pytest
from sqlalchemy import update

from tests.factories.books import Books, make_books
from widget_host.domain.webhooks import queries
from widget_host.domain.webhooks.models import Endpoint
from widget_host.wiring import Wiring


class TestEnabledEndpoints:
    def test_are_those_of_the_environment_that_want_events(self, wiring: Wiring, books: Books) -> None:
        made = [self.add(wiring, books), self.add(wiring, books), self.add(wiring, books)]
        self.add(wiring, make_books(wiring, "Elsewhere"))
        with wiring.database.writing() as session:
            session.execute(update(Endpoint).where(Endpoint.id == made[1]).values(enabled=False))

        with wiring.database.reading() as session:
            assert queries.enabled_endpoints(session, books.environment_id) == sorted([made[0], made[2]])

    def add(self, wiring: Wiring, books: Books) -> str:
        with wiring.writing() as services:
            return services.endpoints.create(books.environment_id, "http://127.0.0.1:9/hook")[0].id


class TestLastSequence:
    @pytest.mark.parametrize(("subject", "number"), [("told-twice", 2), ("never-told", 0)])
    def test_is_the_number_of_the_latest_event(self, wiring: Wiring, books: Books, subject: str, number: int) -> None:
        with wiring.writing() as services:
            for event_id in ("evt_1", "evt_2"):
                services.outbox.record(books.environment_id, event_id, "ledger.posted", "told-twice", {})

        with wiring.database.reading() as session:
            assert queries.last_sequence(session, books.environment_id, subject) == number
