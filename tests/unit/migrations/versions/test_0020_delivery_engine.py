from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from tests.factories.books import make_books
from tests.factories.queues import Queue
from tests.fakes.clock import StoppedClock
from widget_host import migrations
from widget_host.wiring import Wiring

ENDPOINTS = "SELECT id, url, enabled FROM webhook_endpoints ORDER BY id"
DELIVERIES = "SELECT id, endpoint_id, state, attempts, tries, event_id FROM deliveries ORDER BY id"
ATTEMPTS = "SELECT delivery_id, number, status, answer FROM delivery_attempts ORDER BY delivery_id, number"
OLD = "SELECT sealed_secret FROM webhook_endpoints WHERE sealed_secret <> '' ORDER BY id"
NEW = "SELECT sealed_secret FROM webhook_secrets ORDER BY endpoint_id"
PROMOTED = "SELECT count(*) FROM webhook_secrets WHERE promoted_at = created_at AND ends_at IS NULL"
UNDATED = "SELECT count(*) FROM deliveries d JOIN events e ON e.id = d.event_id WHERE d.created_at <> e.created_at"


class TestMigration:
    def test_keeps_what_was_sent_and_what_waits(self, filled: Queue, database_url: str) -> None:
        before = [self.rows(filled, sql) for sql in (ENDPOINTS, DELIVERIES, ATTEMPTS)]
        self.migrate(filled, database_url)
        assert [self.rows(filled, sql) for sql in (ENDPOINTS, DELIVERIES, ATTEMPTS)] == before
        assert self.rows(filled, UNDATED) == [(0,)]

    def test_keeps_the_secrets_that_sign(self, filled: Queue, database_url: str) -> None:
        before = self.rows(filled, NEW)
        self.migrate(filled, database_url, at_the_bottom=lambda: self.rows(filled, OLD) == before)
        assert (len(before), self.rows(filled, NEW), self.rows(filled, PROMOTED)) == (2, before, [(2,)])

    def test_leaves_queues_that_go_on(self, filled: Queue, database_url: str, clock: StoppedClock) -> None:
        self.migrate(filled, database_url)
        clock.advance(hours=1)
        claimed = filled.claim(10)
        assert [(each.number, each.tries, len(each.receiver.secrets)) for each in claimed] == [(2, 2, 1), (1, 1, 1)]
        assert all(filled.finish(each, status=200) for each in claimed)

    def migrate(self, queue: Queue, url: str, at_the_bottom: Callable[[], bool] = lambda: True) -> None:
        """Go down below the migration and up again."""
        engine = queue.wiring.database.engine
        engine.dispose()
        migrations.downgrade(url, "0016")
        assert at_the_bottom()
        engine.dispose()
        migrations.upgrade(url)

    def rows(self, queue: Queue, sql: str) -> list[tuple[Any, ...]]:
        with queue.wiring.database.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(sql))]

    @pytest.fixture
    def filled(self, wiring: Wiring) -> Queue:
        """One endpoint that took an event, was out for the next and has another to come; one that wants nothing."""
        queue = Queue(wiring, make_books(wiring).environment_id)
        queue.add_endpoint()
        for status in (200, 503):
            queue.record()
            (claimed,) = queue.claim()
            assert queue.finish(claimed, status=status, answer="said")
        queue.record()
        queue.add_endpoint("http://127.0.0.1:9/other")
        return queue

    @pytest.fixture
    def database_url(self, own_database_url: str) -> str:
        return own_database_url
