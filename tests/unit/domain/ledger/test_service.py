from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.factories.books import BANK, MEMBER, SHOP, Books, make_books, make_entry, move, post
from widget_host.domain.ledger.models import Entry
from widget_host.domain.ledger.rules import AccountName, AlreadyPosted, InsufficientFunds, Unbalanced
from widget_host.kit.errors import NotFound
from widget_host.wiring import Wiring

OTHER = AccountName("member", "USD", "jonas")


class TestPost:
    def test_moves_what_it_says(self, books: Books) -> None:
        books.post(move(700), move(50, SHOP, BANK))

        assert (books.balance(BANK), books.balance(SHOP)) == (-650, 650)

    def test_keeps_running_balances_of_guarded_accounts(self, books: Books) -> None:
        books.open(MEMBER, filled_with=100)
        books.post(move(40, MEMBER, SHOP), move(15, SHOP, MEMBER))

        assert books.balance(MEMBER) == 75
        assert books.broken() == {}

    def test_lets_a_guarded_account_be_emptied(self, books: Books) -> None:
        books.open(MEMBER, filled_with=100)
        books.post(move(100, MEMBER, SHOP))

        assert books.balance(MEMBER) == 0

    def test_looks_at_what_an_entry_comes_to_not_at_each_leg(self, books: Books) -> None:
        books.open(MEMBER)
        books.post(move(100, MEMBER, SHOP), move(100, BANK, MEMBER))

        assert books.balance(MEMBER) == 0
        assert books.broken() == {}

    @pytest.mark.parametrize(("floor", "amount"), [(0, 101), (-50, 151)])
    def test_leaves_nothing_behind_when_funds_are_insufficient(self, books: Books, floor: int, amount: int) -> None:
        books.open(MEMBER, filled_with=100, floor=floor)
        before = books.counts()

        with pytest.raises(InsufficientFunds):
            books.post(move(5), move(amount, MEMBER, AccountName("new", "USD")))

        assert books.counts() == before
        assert books.balance(MEMBER) == 100
        books.post(move(amount - 1, MEMBER, SHOP))

    def test_does_not_touch_what_is_held(self, books: Books) -> None:
        books.open(MEMBER, filled_with=100)
        books.hold(30)

        with pytest.raises(InsufficientFunds):
            books.post(move(71, MEMBER, SHOP))
        books.post(move(70, MEMBER, SHOP))

    def test_posts_a_key_once(self, books: Books) -> None:
        books.post(move(5), key="order-1")
        before = books.counts()

        with pytest.raises(AlreadyPosted) as raised:
            books.post(move(6), key="order-1")

        assert raised.value.details["key"] == "order-1"
        assert books.counts() == before

    def test_posts_the_same_key_in_another_environment(self, books: Books, wiring: Wiring) -> None:
        stranger = make_books(wiring, "Elsewhere")
        books.post(move(5), key="order-1")
        stranger.post(move(7), key="order-1")

        assert (books.balance(SHOP), stranger.balance(SHOP)) == (5, 7)

    def test_says_already_posted_for_a_key_that_emptied_the_account(self, books: Books) -> None:
        """The key comes first: else a retry would hear of insufficient funds."""
        books.open(MEMBER, filled_with=100)
        books.post(move(100, MEMBER, SHOP), key="order-1")

        with pytest.raises(AlreadyPosted):
            books.post(move(100, MEMBER, SHOP), key="order-1")

    @pytest.mark.parametrize("amount", [0, -1, 1.5])
    def test_refuses_an_amount_that_is_no_whole_number_above_zero(self, books: Books, amount: Any) -> None:
        with pytest.raises(Unbalanced):
            books.post(move(amount))

        assert books.count("ledger_entries") == 0

    def test_is_posted_once_by_eight_at_the_same_time(self, books: Books) -> None:
        def attempt(_: int) -> bool:
            try:
                books.post(move(5), key="order-1")
            except AlreadyPosted:
                return False
            return True

        with ThreadPoolExecutor(8) as threads:
            assert sum(threads.map(attempt, range(8))) == 1
        assert books.balance(SHOP) == 5

    def test_drains_an_account_to_exactly_nothing_from_two_sides(self, books: Books) -> None:
        books.open(MEMBER, filled_with=100)

        def drain(destination: AccountName) -> int:
            drained = 0
            for _ in range(15):
                try:
                    books.post(move(5, MEMBER, destination))
                except InsufficientFunds:
                    continue
                drained += 5
            return drained

        with ThreadPoolExecutor(2) as threads:
            drained = list(threads.map(drain, (SHOP, OTHER)))

        assert (sum(drained), books.balance(MEMBER)) == (100, 0)
        assert [books.balance(SHOP), books.balance(OTHER)] == drained
        assert books.broken() == {}

    def test_does_not_deadlock_when_two_move_between_the_same_accounts(self, books: Books) -> None:
        for name in (MEMBER, OTHER):
            books.open(name, filled_with=100)

        def swap(pair: tuple[AccountName, AccountName]) -> None:
            for _ in range(15):
                books.post(move(1, *pair))

        with ThreadPoolExecutor(2) as threads:
            list(threads.map(swap, ((MEMBER, OTHER), (OTHER, MEMBER))))

        assert (books.balance(MEMBER), books.balance(OTHER)) == (100, 100)


class TestReverse:
    def test_undoes_every_leg_and_names_what_it_undoes(self, books: Books, wiring: Wiring) -> None:
        books.open(MEMBER, filled_with=100)
        entry_id = books.post(move(30, MEMBER, SHOP), move(7))
        reversal_id = books.reverse(entry_id)

        assert (books.balance(MEMBER), books.balance(SHOP)) == (100, 0)
        with wiring.database.reading() as session:
            assert session.get_one(Entry, reversal_id).reverses_id == entry_id
        assert books.broken() == {}

    def test_happens_once(self, books: Books) -> None:
        entry_id = books.post(move(30))
        books.reverse(entry_id)

        with pytest.raises(AlreadyPosted):
            books.reverse(entry_id)
        assert books.balance(SHOP) == 0

    def test_can_itself_be_undone_once(self, books: Books) -> None:
        again = books.reverse(books.reverse(books.post(move(30))))

        assert books.balance(SHOP) == 30
        assert again

    def test_leaves_nothing_behind_when_it_was_spent_meanwhile(self, books: Books) -> None:
        books.open(MEMBER)
        entry_id = books.post(move(100, BANK, MEMBER))
        books.post(move(1, MEMBER, SHOP))
        before = books.counts()

        with pytest.raises(InsufficientFunds):
            books.reverse(entry_id)
        assert books.counts() == before

    def test_refuses_an_entry_that_is_not_there(self, books: Books) -> None:
        with pytest.raises(NotFound):
            books.reverse("ent_nowhere")


class TestBalance:
    def test_is_nothing_where_nothing_moved(self, books: Books) -> None:
        assert books.balance(MEMBER) == 0

    def test_is_not_seen_from_another_environment(self, books: Books, wiring: Wiring) -> None:
        books.post(move(5))

        assert make_books(wiring, "Elsewhere").balance(SHOP) == 0

    def test_counts_beyond_what_a_float_holds(self, books: Books) -> None:
        books.post(move(2**53), move(1))

        assert books.balance(SHOP) == 2**53 + 1


class TestVerify:
    def test_changes_nothing(self, books: Books, wiring: Wiring) -> None:
        books.open(MEMBER, filled_with=100)
        before = books.counts()

        with wiring.writing() as services:
            post(services, make_entry(books.environment_id, move(1)))
            assert services.ledger.verify() == {}
        assert books.counts() == {
            **before,
            "ledger_entries": 2,
            "ledger_postings": 2,
            "events": 2,
            "ledger_accounts": 3,
        }
