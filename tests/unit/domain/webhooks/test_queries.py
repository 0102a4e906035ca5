import pytest

from tests.factories.books import Books
from widget_host.domain.webhooks import queries
from widget_host.wiring import Wiring


class TestLastSequence:
    @pytest.mark.parametrize(("subject", "number"), [("told-twice", 2), ("never-told", 0)])
    def test_is_the_number_of_the_latest_event(self, wiring: Wiring, books: Books, subject: str, number: int) -> None:
        with wiring.writing() as services:
            for event_id in ("evt_1", "evt_2"):
                services.outbox.record(books.environment_id, event_id, "ledger.posted", "told-twice", {})

        with wiring.database.reading() as session:
            assert queries.last_sequence(session, books.environment_id, subject) == number
