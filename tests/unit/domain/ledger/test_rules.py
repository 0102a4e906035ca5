from decimal import Decimal
from typing import Any

import pytest

from widget_host.domain.ledger.rules import AccountName, Movement, NewEntry, Unbalanced, check, exchange

BANK, SHOP, EUROS = AccountName("bank", "USD"), AccountName("shop", "USD"), AccountName("shop", "EUR")


def entry(*movements: Movement) -> NewEntry:
    return NewEntry("ent_1", "env_1", "key-1", "transfer", "evt_1", movements)


class TestCheck:
    def test_lets_movements_of_one_asset_between_two_accounts_pass(self) -> None:
        check(entry(Movement(BANK, SHOP, 1), Movement(SHOP, BANK, 10**18)))

    @pytest.mark.parametrize(
        ("movements", "why"),
        [
            ([], "moves nothing"),
            ([Movement(BANK, EUROS, 1)], "turns USD into EUR"),
            ([Movement(BANK, BANK, 1)], "to itself"),
            ([Movement(BANK, SHOP, 1), Movement(SHOP, SHOP, 1)], "to itself"),
        ],
    )
    def test_refuses_what_would_not_balance(self, movements: list[Movement], why: str) -> None:
        with pytest.raises(Unbalanced, match=why):
            check(entry(*movements))

    @pytest.mark.parametrize("amount", [0, -1, 1.0, 2.5, True, Decimal(1), "1", None])
    def test_refuses_an_amount_that_is_no_whole_number_above_zero(self, amount: Any) -> None:
        with pytest.raises(Unbalanced, match=r"key-1 moves .* of USD"):
            check(entry(Movement(BANK, SHOP, amount)))


class TestExchange:
    def test_links_two_legs_through_a_liquidity_account_of_each_asset(self) -> None:
        money, granted = exchange(value=2500, currency="USD", program_id="prg_1", points=2450)

        assert money == Movement(AccountName("settlement", "USD"), AccountName("liquidity", "USD"), 2500)
        assert granted == Movement(AccountName("liquidity", "prg_1"), AccountName("issued", "prg_1"), 2450)
        check(entry(money, granted))
