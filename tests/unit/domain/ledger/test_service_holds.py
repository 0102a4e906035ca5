from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.books import MEMBER, SHOP, Books, make_entry, move
from widget_host.domain.ledger.models import Hold
from widget_host.domain.ledger.rules import AlreadyPosted, HoldEnded, InsufficientFunds, Unbalanced
from widget_host.wiring import Wiring


class TestHold:
    def test_sets_aside_without_moving(self, books: Books) -> None:
        books.open(MEMBER, filled_with=100)
        books.hold(100)

        assert books.balance(MEMBER) == 100
        assert books.broken() == {}

    def test_refuses_more_than_is_free(self, books: Books) -> None:
        books.open(MEMBER, filled_with=100, floor=-10)
        books.hold(60)
        before = books.counts()

        with pytest.raises(InsufficientFunds):
            books.hold(51)
        assert books.counts() == before
        books.hold(50)

    def test_holds_a_key_once(self, books: Books) -> None:
        books.open(MEMBER, filled_with=100)
        books.hold(10, key="order-1")

        with pytest.raises(AlreadyPosted):
            books.hold(10, key="order-1")
        assert books.broken() == {}

    @pytest.mark.parametrize("amount", [0, -1, 1.5, True])
    def test_refuses_an_amount_that_is_no_whole_number_above_zero(self, books: Books, amount: Any) -> None:
        books.open(MEMBER, filled_with=100)

        with pytest.raises(Unbalanced):
            books.hold(amount)
        assert books.count("ledger_holds") == 0


class TestCapture:
    def test_posts_what_was_held_and_leaves_the_rest_held(self, books: Books) -> None:
        books.open(MEMBER, filled_with=100)
        hold_id = books.hold(60)
        books.capture(hold_id, 25)

        assert (books.balance(MEMBER), books.balance(SHOP)) == (75, 25)
        assert self.parts(books, hold_id) == (25, 0, False)
        assert books.broken() == {}

    def test_ends_the_hold_with_its_last_part(self, books: Books) -> None:
        books.open(MEMBER, filled_with=60)
        hold_id = books.hold(60)
        books.capture(hold_id, 25)
        books.capture(hold_id, 35)

        assert self.parts(books, hold_id) == (60, 0, True)
        assert books.broken() == {}

    def test_refuses_more_than_is_left(self, books: Books) -> None:
        books.open(MEMBER, filled_with=100)
        hold_id = books.hold(60)
        books.release(hold_id, 40)
        before = books.counts()

        with pytest.raises(HoldEnded):
            books.capture(hold_id, 21)
        assert books.counts() == before
        assert self.parts(books, hold_id) == (0, 40, False)

    def test_gives_the_hold_back_when_the_posting_fails(self, books: Books, wiring: Wiring) -> None:
        books.open(MEMBER, filled_with=100)
        hold_id = books.hold(60)
        entry = make_entry(books.environment_id, move(10, MEMBER, SHOP), key="order-1")
        books.post(move(1), key="order-1")

        with pytest.raises(AlreadyPosted), wiring.writing() as services:
            services.ledger.capture(hold_id, entry)
        assert self.parts(books, hold_id) == (0, 0, False)

    def parts(self, books: Books, hold_id: str) -> tuple[int, int, bool]:
        with books.wiring.database.reading() as session:
            hold = session.scalars(select(Hold).where(Hold.id == hold_id)).one()
            return hold.captured, hold.released, hold.ended_at is not None


class TestRelease:
    def test_frees_what_was_held(self, books: Books) -> None:
        books.open(MEMBER, filled_with=100)
        hold_id = books.hold(100)
        books.release(hold_id, 40)

        books.post(move(40, MEMBER, SHOP))
        assert books.broken() == {}

    def test_ends_a_hold_once(self, books: Books) -> None:
        books.open(MEMBER, filled_with=100)
        hold_id = books.hold(100)
        books.release(hold_id, 100)

        with pytest.raises(HoldEnded):
            books.release(hold_id, 1)
        assert books.broken() == {}

    @pytest.mark.parametrize("amount", [0, -1, 1.5])
    def test_takes_nothing_back_that_was_released(self, books: Books, amount: Any) -> None:
        books.open(MEMBER, filled_with=100)
        hold_id = books.hold(50)
        books.release(hold_id, 20)

        with pytest.raises(Unbalanced):
            books.release(hold_id, amount)
        assert books.broken() == {}
