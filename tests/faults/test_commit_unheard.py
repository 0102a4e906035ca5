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
# More often than the host itself tries again.
AGAIN_AND_AGAIN = 10


@pytest.mark.usefixtures("verified")
class TestCommitUnheard:
    def test_is_asked_for_by_the_host_itself_or_else_by_who_asks_again(
        self, api: Api, issuer: Issuer, cutter: Cutter, wiring: Wiring
    ) -> None:
        assert self.send(api, issuer, "warm") == (201, None)
        for number in range(TIMES):
            once, before = number % 2 == 0, cutter.cut
            cutter.arm(1 if once else AGAIN_AND_AGAIN)
            first = self.send(api, issuer, f"order-{number}")
            assert first == (201, None) if once else first[0] >= 500
            assert cutter.cut > before
            cutter.arm(0)
            assert self.send(api, issuer, f"order-{number}") == (201, "true")
        assert count(wiring, "transactions") == TIMES + 1
        with wiring.database.reading() as session:
            assert list(session.scalars(text(NOT_ONCE))) == []

    def send(self, api: Api, issuer: Issuer, reference: str) -> tuple[int, str | None]:
        order = {
            "programId": issuer.programs[AURORA],
            "value": 25,
            "currency": "USD",
            "destinationAccount": {"destinationUserId": "AC12345678"},
            "referenceNumber": reference,
        }
        answer = api.post("/transactions", order)
        return answer.status_code, answer.headers.get("Idempotency-Replayed")

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
