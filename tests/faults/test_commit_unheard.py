"""The connection breaks between a commit and its answer: who asks again gets what was kept, and nothing twice."""

from collections.abc import Iterator

import pytest
from sqlalchemy import make_url, text

from tests.factories.issuers import AURORA, Issuer
from tests.faults.test_races import NOT_ONCE, count
from tests.fixtures import Api
from tests.services.cutting import Cutter
from tests.services.postgres import WorkerDatabase
from tests.services.soak import ROUNDS
from widget_host.wiring import Wiring

TIMES = 20 * ROUNDS


@pytest.mark.usefixtures("verified")
class TestCommitUnheard:
    def test_is_answered_when_it_is_asked_again(self, api: Api, issuer: Issuer, cutter: Cutter, wiring: Wiring) -> None:
        for number in range(TIMES):
            order = {
                "programId": issuer.programs[AURORA],
                "value": 25,
                "currency": "USD",
                "destinationAccount": {"destinationUserId": "AC12345678"},
                "referenceNumber": f"order-{number}",
            }
            cutter.arm()
            assert api.post("/transactions", order).status_code >= 500
            assert cutter.cut == number + 1
            again = api.post("/transactions", order)
            assert (again.status_code, again.headers.get("Idempotency-Replayed")) == (201, "true")
        assert count(wiring, "transactions") == TIMES
        with wiring.database.reading() as session:
            assert list(session.scalars(text(NOT_ONCE))) == []

    @pytest.fixture
    def database_url(self, postgresql_database: WorkerDatabase, cutter: Cutter) -> str:
        """The way to it is what breaks: there is none to SQLite."""
        postgresql_database.empty()
        through = make_url(postgresql_database.url).set(port=cutter.port)
        return through.render_as_string(hide_password=False)

    @pytest.fixture
    def cutter(self, postgresql_database: WorkerDatabase) -> Iterator[Cutter]:
        with Cutter(make_url(postgresql_database.url).port or 5432) as cutter:
            yield cutter
