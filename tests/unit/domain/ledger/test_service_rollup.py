import pytest
from sqlalchemy import select

from tests.factories.books import AT_ONCE, BANK, MEMBER, SHOP, Books, make_entry, move, post
from widget_host.domain.ledger import service
from widget_host.domain.ledger.models import Checkpoint
from widget_host.domain.ledger.service import SETTLED_AFTER
from widget_host.wiring import Wiring


class TestRollUp:
    def test_leaves_every_balance_as_it_was(self, books: Books) -> None:
        books.open(MEMBER, filled_with=100)
        books.post(move(5))
        books.roll_up()
        books.post(move(7))
        assert checkpoints(books) == {-105, 100, 5}

        for _ in range(2):
            assert [books.balance(name) for name in (BANK, MEMBER, SHOP)] == [-112, 100, 12]
            assert books.broken() == {}
            books.roll_up()
        assert checkpoints(books) == {-112, 100, 12}

    def test_goes_on_in_steps_until_all_is_summed_up(self, books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(service, "ENTRIES_AT_ONCE", 2)
        for amount in (1, 2, 3):
            books.post(move(amount))

        books.roll_up()
        assert checkpoints(books) == {-3, 3}
        assert books.broken() == {}
        books.roll_up()
        assert checkpoints(books) == {-6, 6}

    def test_says_whether_there_is_more(self, books: Books, wiring: Wiring, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(service, "ENTRIES_AT_ONCE", 2)
        for amount in (1, 2, 3):
            books.post(move(amount))

        assert books.roll_up() is True
        assert books.roll_up() is False

    def test_passes_over_nothing_whose_id_was_made_a_moment_ago(self, books: Books, wiring: Wiring) -> None:
        entry = make_entry(books.environment_id, move(3))
        books.post(move(5))
        books.roll_up(SETTLED_AFTER)
        assert checkpoints(books) == set()

        with wiring.writing() as services:
            post(services, entry)
        books.roll_up()
        assert (books.balance(SHOP), checkpoints(books)) == (8, {-8, 8})

    @pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
    def test_passes_over_nothing_that_is_kept_late(self, books: Books, wiring: Wiring) -> None:
        """SQLite has one writer at a time."""
        books.post(move(1))
        with wiring.writing() as late:
            post(late, make_entry(books.environment_id, move(3)))
            books.post(move(5))
            books.roll_up()
            books.roll_up()
            assert checkpoints(books) == set()
        assert books.balance(SHOP) == 9

        books.roll_up()
        assert checkpoints(books) == {-9, 9}
        assert books.broken() == {}

    @pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
    def test_leaves_it_to_the_worker_who_is_at_it(self, books: Books, wiring: Wiring) -> None:
        """SQLite has one writer at a time."""
        books.post(move(1))
        books.roll_up()
        books.post(move(5))
        with wiring.writing() as first, wiring.writing() as second:
            assert first.ledger.roll_up(AT_ONCE) is False
            assert second.ledger.roll_up(AT_ONCE) is False

        assert books.balance(SHOP) == 6
        assert books.broken() == {}


def checkpoints(books: Books) -> set[int]:
    with books.wiring.database.reading() as session:
        return set(session.scalars(select(Checkpoint.balance)))
