"""Eight who send the same at once, or something else under the same name; sixteen who empty one account."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any, TypeVar

import pytest
from sqlalchemy import text

from tests.factories.books import BANK, MEMBER, SHOP, make_books, move
from tests.factories.issuers import AURORA, Issuer
from tests.factories.orders import make_order
from tests.factories.production import Live, make_live, make_live_order
from tests.fakes.asked import AskedConnector
from tests.fixtures import Api
from tests.services.soak import ROUNDS, SAID, chance
from widget_host.domain.ledger.rules import InsufficientFunds
from widget_host.domain.orders.rules import Issued
from widget_host.domain.programs.rules import Credit, Outcome, ProgramFacts
from widget_host.domain.transactions.rules import DuplicateReference, Order, RequestInProgress
from widget_host.kit.money import Money
from widget_host.web.scope import HostApp
from widget_host.wiring import Wiring

RUNNERS = 8
RACES = 200 * ROUNDS
RACES_OF_A_KEY = 20 * ROUNDS
DRAINERS = 16
FILLED_WITH = 3000 * ROUNDS
ASKED_SECONDS = 0.002
NOT_ONCE = """
    SELECT reference_number FROM transactions GROUP BY environment_id, reference_number HAVING COUNT(*) <> 1
    UNION ALL SELECT t.reference_number FROM transactions t
    WHERE t.status <> 'COMPLETED' OR (SELECT COUNT(*) FROM events e
                                      WHERE e.subject = t.id AND e.type = 'transaction.completed') <> 1"""
T = TypeVar("T")

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("verified")]


class SlowConnector(AskedConnector):
    """Lets the others find the order under way."""

    def credit(self, program: ProgramFacts, credit: Credit) -> Outcome:
        time.sleep(ASKED_SECONDS)
        return super().credit(program, credit)


class TestReference:
    def test_happens_once_however_many_send_it_at_once(
        self, wiring: Wiring, live: Live, pool: ThreadPoolExecutor
    ) -> None:
        wiring.connectors["rest"] = connector = SlowConnector()
        asked = 0
        for number in range(RACES):
            orders, is_asked = draw_orders(live, number)
            asked += is_asked
            check_race(wiring, orders, at_once(pool, [partial(outcome, wiring, order) for order in orders]))
        assert len(connector.credited) == asked, SAID
        assert count(wiring, "transactions") == RACES, SAID
        with wiring.database.reading() as session:
            assert list(session.scalars(text(NOT_ONCE))) == [], SAID


def draw_orders(live: Live, number: int) -> tuple[list[Order], bool]:
    """Make eight equal orders or eight different ones, answered by rule or by a program that is asked."""
    draw, reference = chance("race", number), f"race-{number}"
    is_asked, is_equal = draw.choice([True, False]), draw.choice([True, False])
    values = [2500] * RUNNERS if is_equal else draw.sample(range(2500, 3500), RUNNERS)
    money = [Money(value, "USD") for value in values]
    if is_asked:
        return [make_live_order(live, reference, value=each) for each in money], True
    return [make_order(live.sandbox, reference, value=each) for each in money], False


def outcome(wiring: Wiring, order: Order) -> Issued | DuplicateReference | RequestInProgress:
    try:
        return wiring.issuing.issue(order)
    except (DuplicateReference, RequestInProgress) as refusal:
        return refusal


def check_race(
    wiring: Wiring, orders: Sequence[Order], came: Sequence[Issued | DuplicateReference | RequestInProgress]
) -> None:
    """One order won; those equal to it heard its answer or that there is none yet, the others that it is taken."""
    ran = list(zip(orders, came, strict=True))
    ((won, first),) = [(order, each) for order, each in ran if isinstance(each, Issued) and not each.is_replay]
    for order, each in ran:
        if order != won:
            assert isinstance(each, DuplicateReference), SAID
        elif isinstance(each, Issued):
            assert each.receipt == first.receipt, SAID
        else:
            assert isinstance(each, RequestInProgress), SAID
    again = wiring.issuing.issue(won)
    assert (again.is_replay, again.receipt) == (True, first.receipt), SAID


def at_once(pool: ThreadPoolExecutor, runs: Sequence[Callable[[], T]]) -> list[T]:
    barrier = Barrier(len(runs))

    def run(each: Callable[[], T]) -> T:
        barrier.wait()
        return each()

    return list(pool.map(run, runs))


class TestKey:
    def test_is_answered_the_same_to_all_who_send_it_at_once(
        self, app: HostApp, api: Api, issuer: Issuer, wiring: Wiring, pool: ThreadPoolExecutor
    ) -> None:
        body = {"programId": issuer.programs[AURORA]}
        for number in range(RACES_OF_A_KEY):
            values = [25 + runner * (number % 2) for runner in range(RUNNERS)]
            came = at_once(
                pool, [partial(preview, app, api.token, body | {"value": value}, f"key-{number}") for value in values]
            )
            taken = {quote_id for status, quote_id in came if status == 200}
            assert len(taken) == 1, SAID
            assert sorted(status for status, _ in came) == [200, *([409 if number % 2 else 200] * (RUNNERS - 1))], SAID
        assert count(wiring, "quotes") == RACES_OF_A_KEY


def preview(app: HostApp, token: str, body: Mapping[str, Any], key: str) -> tuple[int, str | None]:
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
    said = app.test_client().post("/transactions/preview", json=body, headers=headers)
    return said.status_code, said.get_json().get("quoteId")


class TestDrain:
    def test_ends_at_exactly_nothing(self, wiring: Wiring) -> None:
        books = make_books(wiring)
        books.open(MEMBER, filled_with=FILLED_WITH)

        def drain(drainer: int) -> int:
            draw, drained = chance("drain", drainer), 0
            most = 60
            while most:
                amount = draw.randint(1, most)
                try:
                    books.post(move(amount, MEMBER, SHOP))
                    drained += amount
                except InsufficientFunds:
                    most = amount - 1
            return drained

        with ThreadPoolExecutor(DRAINERS) as threads:
            drained = list(threads.map(drain, range(DRAINERS)))
        assert (sum(drained), books.balance(MEMBER)) == (FILLED_WITH, 0), SAID
        assert (books.balance(SHOP), books.balance(BANK)) == (FILLED_WITH, -FILLED_WITH), SAID


def count(wiring: Wiring, table: str) -> int:
    with wiring.database.reading() as session:
        return session.scalar(text(f"SELECT COUNT(*) FROM {table}")) or 0  # noqa: S608 - the tests' own words


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(RUNNERS) as threads:
        yield threads


@pytest.fixture
def live(wiring: Wiring) -> Live:
    return make_live(wiring)
