from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from tests.factories.books import BANK, MEMBER, SHOP, make_books, move
from widget_host.domain.ledger.rules import AccountName, AlreadyPosted, HoldEnded, InsufficientFunds
from widget_host.wiring import Wiring

OTHER = AccountName("member", "USD", "jonas")


class LedgerModel(RuleBasedStateMachine):
    """Does anything in any order, beside a plain dictionary that does the same."""

    wiring: Wiring
    amounts = st.integers(1, 60)
    names = st.sampled_from([BANK, SHOP, MEMBER, OTHER])

    @initialize()
    def open(self) -> None:
        self.books = make_books(self.wiring)
        self.balances: dict[AccountName, int] = dict.fromkeys([BANK, SHOP, MEMBER, OTHER], 0)
        self.held: dict[AccountName, int] = {MEMBER: 0, OTHER: 0}
        self.holds: dict[str, list[Any]] = {}
        self.entries: dict[str, list[Any]] = {}
        for name in self.held:
            self.books.open(name)

    def free(self, name: AccountName) -> int:
        return self.balances[name] - self.held[name] if name in self.held else 10**9

    def moved(self, source: AccountName, destination: AccountName, amount: int) -> None:
        self.balances[source] -= amount
        self.balances[destination] += amount

    @rule(source=names, destination=names, amount=amounts)
    def post(self, source: AccountName, destination: AccountName, amount: int) -> None:
        if source == destination:
            return
        if self.free(source) < amount:
            with pytest.raises(InsufficientFunds):
                self.books.post(move(amount, source, destination))
            return
        self.entries[self.books.post(move(amount, source, destination))] = [source, destination, amount, False]
        self.moved(source, destination, amount)

    @precondition(lambda self: self.entries)
    @rule(data=st.data())
    def reverse(self, data: st.DataObject) -> None:
        entry_id = data.draw(st.sampled_from(sorted(self.entries)))
        source, destination, amount, is_reversed = self.entries[entry_id]
        if is_reversed or self.free(destination) < amount:
            with pytest.raises(AlreadyPosted if is_reversed else InsufficientFunds):
                self.books.reverse(entry_id)
            return
        self.books.reverse(entry_id)
        self.entries[entry_id][3] = True
        self.moved(destination, source, amount)

    @rule(name=st.sampled_from([MEMBER, OTHER]), amount=amounts)
    def hold(self, name: AccountName, amount: int) -> None:
        if self.free(name) < amount:
            with pytest.raises(InsufficientFunds):
                self.books.hold(amount, name=name)
            return
        self.holds[self.books.hold(amount, name=name)] = [name, amount]
        self.held[name] += amount

    @precondition(lambda self: self.holds)
    @rule(data=st.data(), amount=amounts, is_captured=st.booleans())
    def use(self, data: st.DataObject, amount: int, is_captured: bool) -> None:
        hold_id = data.draw(st.sampled_from(sorted(self.holds)))
        name, left = self.holds[hold_id]
        if left < amount:
            with pytest.raises(HoldEnded):
                self.books.release(hold_id, amount)
            return
        self.holds[hold_id][1] -= amount
        self.held[name] -= amount
        if is_captured:
            self.books.capture(hold_id, amount, name=name)
            self.moved(name, SHOP, amount)
        else:
            self.books.release(hold_id, amount)

    def teardown(self) -> None:
        assert {name: self.books.balance(name) for name in self.balances} == self.balances
        assert self.books.broken() == {}


class TestLedger:
    def test_agrees_with_a_plain_model_whatever_is_done(self, wiring: Wiring) -> None:
        machine = type("Model", (LedgerModel,), {"wiring": wiring})

        run_state_machine_as_test(
            machine, settings=hypothesis_settings(max_examples=50, stateful_step_count=8, deadline=None, database=None)
        )
