"""Anything done to the ledger in any order, beside a plain dictionary that does the same."""

from itertools import count
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import seed
from hypothesis import settings as hypothesis_settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from tests.factories.books import Books, make_books, make_entry, move, tell
from tests.services.soak import ROUNDS, SEED
from widget_host.domain.ledger.rules import AccountName, AlreadyPosted, HoldEnded, InsufficientFunds
from widget_host.wiring import Wiring

SEQUENCES = 250 * ROUNDS  # on each database
STEPS = 8
BANK, SHOP, MEMBER, OTHER = "bank", "shop", "amira", "jonas"
GUARDED = (MEMBER, OTHER)


class LedgerModel(RuleBasedStateMachine):
    """One sequence among accounts of its own; two of four may not fall below zero."""

    books: Books
    numbers: "count[int]"
    amounts = st.integers(1, 60)
    names = st.sampled_from([BANK, SHOP, MEMBER, OTHER])

    @initialize()
    def open(self) -> None:
        number = next(self.numbers)
        self.accounts = {
            name: AccountName("member" if name in GUARDED else name, "USD", f"{name}-{number}")
            for name in (BANK, SHOP, MEMBER, OTHER)
        }
        self.balances = dict.fromkeys(self.accounts, 0)
        self.held = dict.fromkeys(GUARDED, 0)
        self.holds: dict[str, list[Any]] = {}
        self.entries: dict[str, list[Any]] = {}
        with self.books.wiring.writing() as services:
            for name in GUARDED:
                services.ledger.open_guarded(self.books.environment_id, self.accounts[name])

    def free(self, name: str) -> int:
        return self.balances[name] - self.held[name] if name in self.held else 10**9

    def moved(self, source: str, destination: str, amount: int) -> None:
        self.balances[source] -= amount
        self.balances[destination] += amount

    @rule(source=names, destination=names, amount=amounts)
    def post(self, source: str, destination: str, amount: int) -> None:
        if source == destination:
            return
        movement = move(amount, self.accounts[source], self.accounts[destination])
        if self.free(source) < amount:
            with pytest.raises(InsufficientFunds):
                self.books.post(movement)
            return
        self.entries[self.books.post(movement)] = [source, destination, amount, False]
        self.moved(source, destination, amount)

    @precondition(lambda self: self.entries)
    @rule(data=st.data())
    def reverse(self, data: st.DataObject) -> None:
        entry_id = data.draw(st.sampled_from(list(self.entries)))
        source, destination, amount, is_reversed = self.entries[entry_id]
        if is_reversed or self.free(destination) < amount:
            with pytest.raises(AlreadyPosted if is_reversed else InsufficientFunds):
                self.books.reverse(entry_id)
            return
        self.books.reverse(entry_id)
        self.entries[entry_id][3] = True
        self.moved(destination, source, amount)

    @rule(name=st.sampled_from(GUARDED), amount=amounts)
    def hold(self, name: str, amount: int) -> None:
        if self.free(name) < amount:
            with pytest.raises(InsufficientFunds):
                self.books.hold(amount, name=self.accounts[name])
            return
        self.holds[self.books.hold(amount, name=self.accounts[name])] = [name, amount]
        self.held[name] += amount

    @precondition(lambda self: self.holds)
    @rule(data=st.data(), amount=amounts, is_captured=st.booleans())
    def use(self, data: st.DataObject, amount: int, is_captured: bool) -> None:
        hold_id = data.draw(st.sampled_from(list(self.holds)))
        name, left = self.holds[hold_id]
        if left < amount:
            with pytest.raises(HoldEnded):
                self.books.release(hold_id, amount)
            return
        self.holds[hold_id][1] -= amount
        self.held[name] -= amount
        if is_captured:
            self.capture(hold_id, name, amount)
        else:
            self.books.release(hold_id, amount)

    def capture(self, hold_id: str, name: str, amount: int) -> None:
        entry = make_entry(self.books.environment_id, move(amount, self.accounts[name], self.accounts[SHOP]))
        with self.books.wiring.writing() as services:
            services.ledger.capture(hold_id, entry)
            tell(services, self.books.environment_id, entry.event_id)
        self.moved(name, SHOP, amount)

    def teardown(self) -> None:
        with self.books.wiring.reading() as services:
            environment_id = self.books.environment_id
            kept = {name: services.ledger.balance(environment_id, each) for name, each in self.accounts.items()}
        assert kept == self.balances


@pytest.mark.slow
class TestLedger:
    def test_agrees_with_a_plain_model_whatever_is_done(self, wiring: Wiring) -> None:
        books = make_books(wiring)
        machine = seed(SEED)(type("Model", (LedgerModel,), {"books": books, "numbers": count()}))
        chosen = hypothesis_settings(max_examples=SEQUENCES, stateful_step_count=STEPS, deadline=None, database=None)
        run_state_machine_as_test(machine, settings=chosen)
        assert books.broken() == {}
