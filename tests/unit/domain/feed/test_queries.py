from collections.abc import Sequence
from datetime import timedelta

import pytest

from tests.factories.books import Books, make_books
from tests.fakes.clock import START
from widget_host.domain.feed import queries
from widget_host.domain.webhooks.models import Event
from widget_host.kit.ids import new_id
from widget_host.wiring import Wiring

LATE = timedelta(minutes=2)


class TestFirstSince:
    @pytest.mark.parametrize("count", [0, 1, 2, 7, 8, 9])
    def test_finds_the_first_event_before_and_after_each_of_them(self, books: Books, count: int) -> None:
        keep(books, [60 * minute for minute in range(count)])

        found = [first_since(books, seconds) for seconds in range(-30, 60 * count, 30)]

        assert found == [place for minute in range(count) for place in (minute + 1, minute + 1)] + [None]

    def test_passes_over_nothing_that_was_kept_late(self, books: Books) -> None:
        seconds = [0, 60, 120, 30, 180, 90, 240, 300, 200, 360]
        keep(books, seconds)

        for since in range(361):
            first = next(place for place, at in enumerate(seconds, start=1) if at >= since)
            assert first_since(books, since) == first

    def test_looks_at_no_other_environment(self, books: Books, wiring: Wiring) -> None:
        keep(make_books(wiring, "Elsewhere"), [0, 0, 0, 0])
        keep(books, [60, 120])

        assert [first_since(books, since) for since in (0, 60, 61)] == [1, 1, 2]


def keep(books: Books, seconds: Sequence[int]) -> None:
    """Keep events that happened so long after the start, with their places."""
    shared = {"environment_id": books.environment_id, "type": "LINKED", "sequence": 1, "body": "{}"}
    with books.wiring.database.writing() as session:
        for place, after in enumerate(seconds, start=1):
            event_id, at = new_id("evt"), START + timedelta(seconds=after)
            session.add(Event(**shared, id=event_id, subject=event_id, created_at=at, position=place))


def first_since(books: Books, seconds: int) -> int | None:
    since = START + timedelta(seconds=seconds)
    with books.wiring.database.reading() as session:
        return queries.first_since(session, books.environment_id, since, since - LATE)
