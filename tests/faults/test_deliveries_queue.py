"""Queues that are long."""

import time
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from tests.factories.books import make_books
from tests.faults.test_deliveries import ROUNDS, Post
from widget_host.config import Settings
from widget_host.kit.clock import SystemClock
from widget_host.wiring import Wiring

ROWS = 10_000 if ROUNDS == 1 else 1_000_000
# A plan that reads the queue would be slower by the rows there are; what else happens on a busy machine is less.
SLOWER = 3 if ROUNDS == 1 else 1.3
SQL_ROWS = """
    INSERT INTO deliveries (id, environment_id, event_id, endpoint_id, state, attempts, tries, due_at, created_at)
    SELECT 'dlv_' || n, :environment, 'evt_' || n, :endpoint, 'waiting', 0, 0, now(), now()
    FROM generate_series(CAST(:first AS int), CAST(:last AS int)) n"""
SQL_EVENTS = """
    INSERT INTO events (id, environment_id, type, subject, sequence, body, created_at)
    SELECT 'evt_' || n, :environment, 'x', 'sub_' || n, 1, '{}', now()
    FROM generate_series(CAST(:first AS int), CAST(:last AS int)) n"""


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
class TestLongQueue:
    def test_costs_no_more_to_claim_from(self, post: Post) -> None:
        endpoint_id = post.add("http://127.0.0.1:9/hook")
        self.fill(post, endpoint_id, 1, 1000)
        short = self.cost(post)
        self.fill(post, endpoint_id, 1001, ROWS)
        assert self.cost(post) < short * SLOWER

    def fill(self, post: Post, endpoint_id: str, first: int, last: int) -> None:
        with post.wiring.database.writing() as session:
            values = {"environment": post.environment_id, "endpoint": endpoint_id, "first": first, "last": last}
            session.execute(text(SQL_EVENTS), values)
            session.execute(text(SQL_ROWS), values)
        with post.wiring.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE deliveries"))

    def cost(self, post: Post) -> float:
        taken = []
        for _ in range(8):
            began = time.perf_counter()
            with post.wiring.writing() as services:
                assert len(services.deliveries.claim(64)) == 32
            taken.append(time.perf_counter() - began)
        return min(taken)


@pytest.fixture
def wiring(settings: Settings) -> Iterator[Wiring]:
    made = Wiring(settings, SystemClock())
    yield made
    made.database.engine.dispose()


@pytest.fixture
def post(wiring: Wiring) -> Post:
    return Post(wiring, make_books(wiring).environment_id)
