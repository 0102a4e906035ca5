from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from tests.factories.books import Books
from tests.fakes.clock import StoppedClock
from widget_host.domain.endpoints.rules import Details
from widget_host.domain.webhooks.rules import Claimed, Outcome
from widget_host.kit.ids import new_id
from widget_host.kit.value import replace
from widget_host.wiring import Wiring


class Post:
    """Endpoints of one environment, and their queues."""

    def __init__(self, wiring: Wiring, environment_id: str) -> None:
        self.wiring = wiring
        self.environment_id = environment_id

    def add(self, **details: Any) -> str:
        with self.wiring.writing() as services:
            said = replace(Details(url="http://127.0.0.1:9/hook"), **details)
            return services.endpoints.create(self.environment_id, said)[0].id

    def record(self, *subjects: str, kind: str = "ledger.posted") -> list[str]:
        told = [new_id("evt") for _ in subjects]
        with self.wiring.writing() as services:
            for event_id, subject in zip(told, subjects, strict=True):
                services.outbox.record(self.environment_id, event_id, kind, subject, {})
        return told

    def claim(self, free: int = 64, held: dict[str, int] | None = None) -> list[Claimed]:
        with self.wiring.writing() as services:
            return services.deliveries.claim(free, held)

    def finish(self, claimed: list[Claimed], status: int) -> None:
        with self.wiring.writing() as services:
            done = [(each, Outcome(self.wiring.clock.now(), 1, status=status)) for each in claimed]
            services.deliveries.finish(done)


class TestShares:
    def test_leave_a_sender_for_whoever_comes_next(self, post: Post) -> None:
        busy = post.add()
        post.record(*(new_id("txn") for _ in range(20)))
        quiet = post.add()
        post.record("txn_last")

        first = Counter(each.receiver.endpoint_id for each in post.claim(8))
        assert (first[busy], first[quiet]) == (3, 1)
        assert post.claim(3, dict(first)) == []


class TestOrder:
    def test_keeps_each_subjects_events_one_after_another(self, post: Post) -> None:
        post.add(ordered=True)
        first, other, second = post.record("a", "b", "a")

        claimed = post.claim()
        assert {each.event_id for each in claimed} == {first, other}
        assert post.claim() == []
        post.finish(claimed, 200)
        assert [each.event_id for each in post.claim()] == [second]

    def test_waits_for_one_that_is_tried_again(self, post: Post, clock: StoppedClock) -> None:
        post.add(ordered=True)
        first, _ = post.record("a", "a")
        post.finish(post.claim(), 500)

        assert post.claim() == []
        clock.advance(seconds=6)
        assert [each.event_id for each in post.claim()] == [first]


class TestThrottle:
    def test_takes_a_seconds_worth_at_most(self, post: Post, clock: StoppedClock) -> None:
        post.add(per_second=5)
        post.record(*(new_id("txn") for _ in range(20)))

        assert [len(post.claim()) for _ in range(2)] == [5, 0]
        clock.advance(milliseconds=400)
        assert len(post.claim()) == 2
        clock.advance(seconds=60)
        assert len(post.claim()) == 5


class TestBreaker:
    def test_sends_one_probe_at_a_time_after_seven_failures_of_ten(self, post: Post, clock: StoppedClock) -> None:
        post.add()
        post.record(*(new_id("txn") for _ in range(20)))
        post.finish(post.claim(20), 500)
        clock.advance(seconds=29)
        assert post.claim() == []
        clock.advance(seconds=1)
        assert [len(post.claim()) for _ in range(2)] == [1, 0]

    def test_closes_when_a_probe_is_taken(self, post: Post, clock: StoppedClock) -> None:
        post.add()
        post.record(*(new_id("txn") for _ in range(30)))
        post.finish(post.claim(20), 500)
        clock.advance(seconds=30)
        post.finish(post.claim(), 200)

        assert len(post.claim(64)) > 1


class TestFilter:
    def test_makes_deliveries_for_who_wants_them(self, post: Post) -> None:
        wanting = post.add(event_types=("LINKED", "transaction.completed"))
        post.add(event_types=("transaction.failed",))
        everything = post.add()
        post.record("a", kind="LINKED")

        assert {each.receiver.endpoint_id for each in post.claim()} == {wanting, everything}


class TestForget:
    def test_takes_away_what_ended_long_ago_with_its_attempts(
        self, post: Post, books: Books, clock: StoppedClock
    ) -> None:
        post.add()
        post.record("a", "b")
        post.finish(post.claim(4)[:1], 200)
        clock.advance(days=91)

        assert (self.forget(post), self.forget(post)) == (1, 0)
        assert (books.count("deliveries"), books.count("delivery_attempts"), books.count("events")) == (1, 0, 2)

    def test_keeps_what_ended_lately(self, post: Post, clock: StoppedClock) -> None:
        post.add()
        post.record("a")
        post.finish(post.claim(), 200)
        clock.advance(days=89)

        assert self.forget(post) == 0

    def forget(self, post: Post) -> int:
        with post.wiring.writing() as services:
            return services.deliveries.forget(timedelta(days=90))


@pytest.fixture
def post(wiring: Wiring, books: Books) -> Post:
    return Post(wiring, books.environment_id)
