"""A bank's tellers in processes that are killed: `python -m tests.services.tellers`, told what to do in JSON.

What each began and what it was answered is written down as it happens, for an auditor who was not there.
"""

import json
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from tests.factories.books import make_entry, post
from tests.factories.issuers import AURORA, Issuer
from tests.factories.orders import make_order
from tests.services.soak import chance
from widget_host.config import Settings
from widget_host.domain.ledger.rules import AccountName, InsufficientFunds, Movement
from widget_host.kit.money import Money
from widget_host.wiring import Wiring

MEMBERS = 8
MOST = 40
FILLED_WITH = 100
PROCESSES, THREADS = 2, 4
DONE, REFUSED, ABORTED = "done", "refused", "aborted"


class SecondThoughts(Exception):
    """A unit of work is given up when everything in it is written."""


class History:
    """Lines that are whole or not there, whoever is killed while writing."""

    def __init__(self, file: Path) -> None:
        self._file = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def write(self, **said: Any) -> None:
        os.write(self._file, (json.dumps({**said, "at": time.monotonic()}) + "\n").encode())


@dataclass
class Teller:
    """Does one thing after the other, as the seed has it."""

    name: str
    wiring: Wiring
    issuer: Issuer
    history: History
    draw: random.Random

    def work(self) -> NoReturn:
        number = 0
        while True:
            kinds = [self.transfer, self.exchange, self.order, self.read, self.overdraw, self.abort]
            (kind,) = self.draw.choices(kinds, [5, 2, 2, 5, 1, 1])
            kind(f"{self.name}-{number}")
            number += 1

    def transfer(self, key: str) -> None:
        source, destination = self.draw.sample(range(MEMBERS), 2)
        self._post(key, Movement(member(source), member(destination), self._amount()))

    def exchange(self, key: str) -> None:
        """Move two assets in one entry: what a member gives of one, and what the bank gives for it."""
        whose, amount = self.draw.randrange(MEMBERS), self._amount()
        given = Movement(member(whose), AccountName("bank", "USD"), amount)
        taken = Movement(AccountName("bank", "EUR"), member(whose, "EUR"), amount * 9)
        self._post(key, given, taken)

    def overdraw(self, key: str) -> None:
        source, destination = self.draw.sample(range(MEMBERS), 2)
        self._post(key, Movement(member(source), member(destination), FILLED_WITH * MEMBERS + 1))

    def abort(self, key: str) -> None:
        source, destination = self.draw.sample(range(MEMBERS), 2)
        self._post(key, Movement(member(source), member(destination), self._amount()), is_kept=False)

    def fill(self, key: str, whose: int, amount: int) -> None:
        self._post(key, Movement(AccountName("bank", "USD"), member(whose), amount))

    def _post(self, key: str, *movements: Movement, is_kept: bool = True) -> None:
        def run() -> None:
            with self.wiring.writing() as services:
                post(services, make_entry(self.issuer.environment_id, *movements, key=key))
                if not is_kept:
                    raise SecondThoughts

        legs = [(name_of(each.source), name_of(each.destination), each.amount) for each in movements]
        self._do(key, run, kind="entry", legs=legs)

    def order(self, key: str) -> None:
        value = self.draw.randint(1000, 3000)
        order = make_order(self.issuer, key, value=Money(value, "USD"))

        def run() -> dict[str, Any]:
            receipt = self.wiring.issuing.issue(order).receipt
            return {"id": receipt.id, "points": receipt.total_points}

        self._do(key, run, kind="order", value=value, program=self.issuer.programs[AURORA])

    def read(self, key: str) -> None:
        name = member(self.draw.randrange(MEMBERS))

        def run() -> dict[str, Any]:
            with self.wiring.reading() as services:
                return {"balance": services.ledger.balance(self.issuer.environment_id, name)}

        self._do(key, run, kind="read", account=name_of(name))

    def _do(self, key: str, run: Callable[[], dict[str, Any] | None], **said: Any) -> None:
        self.history.write(key=key, **said)
        try:
            came = {"said": DONE, **(run() or {})}
        except InsufficientFunds:
            came = {"said": REFUSED}
        except SecondThoughts:
            came = {"said": ABORTED}
        self.history.write(key=key, **came)

    def _amount(self) -> int:
        return self.draw.randint(1, MOST)


def member(number: int, asset: str = "USD") -> AccountName:
    return AccountName("member", asset, f"member-{number}")


def name_of(account: AccountName) -> str:
    return f"{account.holder or account.kind} {account.asset}"


def open_bank(wiring: Wiring, issuer: Issuer, history: History) -> None:
    """Open every account, put something into each, and do each kind of thing once: what is forked then is warm."""
    with wiring.writing() as services:
        for number in range(MEMBERS):
            for asset in ("USD", "EUR"):
                services.ledger.open_guarded(issuer.environment_id, member(number, asset))
    teller = Teller("opening", wiring, issuer, history, chance("opening"))
    for number in range(MEMBERS):
        teller.fill(f"opening-{number}", number, FILLED_WITH)
    for kind in (teller.transfer, teller.exchange, teller.order, teller.read, teller.overdraw, teller.abort):
        kind(f"opening-{kind.__name__}")
    wiring.end()


def hire(name: str, wiring: Wiring, issuer: Issuer, history: History) -> int:
    """Fork a process in which tellers work until it is killed."""
    if child := os.fork():
        return child
    tellers = [Teller(f"{name}-{number}", wiring, issuer, history, chance(name, number)) for number in range(THREADS)]
    for teller in tellers:
        threading.Thread(target=_work_or_die, args=(teller,)).start()
    while True:
        signal.pause()


def _work_or_die(teller: Teller) -> None:
    try:
        teller.work()
    finally:
        # What nobody foresaw has to be noticed: the history ends with it.
        os._exit(1)


def main() -> None:
    told = json.loads(sys.argv[1])
    issuer, history, draw = Issuer(**told["issuer"]), History(Path(told["history"])), chance("kills")
    wiring = Wiring(Settings.from_environment())
    open_bank(wiring, issuer, history)
    names = iter(range(told["kills"] + PROCESSES))
    working = [(name := f"process-{next(names)}", hire(name, wiring, issuer, history)) for _ in range(PROCESSES)]
    for number in range(told["kills"] + PROCESSES):
        time.sleep(told["every"] * draw.uniform(0.5, 1.5) if number < told["kills"] else 0)
        name, child = working.pop(draw.randrange(len(working)))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if os.waitstatus_to_exitcode(status) != -signal.SIGKILL:
            sys.exit(f"{name} had ended by itself")
        history.write(killed=name)
        if number < told["kills"]:
            name = f"process-{next(names)}"
            working.append((name, hire(name, wiring, issuer, history)))


if __name__ == "__main__":
    main()
