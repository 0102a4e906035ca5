"""The host is killed at eight points of an order: asked again by its reference it happened once, and is told once."""

import json
import signal
import sqlite3
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from tests.factories.issuers import AURORA, Issuer
from tests.factories.production import Live
from tests.fakes.clock import StoppedClock
from tests.fakes.receiver import Receiver
from tests.faults.test_races import NOT_ONCE, count
from tests.fixtures import Api
from tests.services.dying import POINTS, Call, Dying
from tests.services.rounds import work_off
from tests.services.soak import ROUNDS, SAID, chance
from widget_host.config import Settings
from widget_host.domain.endpoints.rules import Details
from widget_host.wiring import Wiring

TIMES = 10 * ROUNDS
ANEW, AGAIN, UNDER_WAY = "anew", "again", "under way"
# One statement may be all that keeps an order: it is kept or not, and nobody knows which.
EITHER = f"{ANEW} or {AGAIN}"
# What the first who asks again hears: of an order whose program is asked, and of one that is answered by rule.
HEARD = {
    "before the claim": (ANEW, ANEW),
    "after the claim": (ANEW, EITHER),
    "after the reserve is committed": (UNDER_WAY, None),
    "while the program is asked": (UNDER_WAY, None),
    "after the program answered": (UNDER_WAY, None),
    "before the settling is committed": (UNDER_WAY, EITHER),
    "after the settling is committed": (AGAIN, AGAIN),
    "before the answer is written": (AGAIN, AGAIN),
}


class Desk:
    """An issuer's backend: orders in the sandbox, answered by rule, and in production, where a program is asked."""

    def __init__(self, client: FlaskClient, live: Live) -> None:
        self._apis = {False: Api(client, live.sandbox), True: Api(client, live.production)}
        self._live = live
        self.given: dict[str, tuple[str, bool]] = {}  # by reference: the transaction, and whether a program was asked

    def call(self, reference: str, point: str = "", *, is_asked: bool) -> Call:
        program_id = self._live.program_id if is_asked else self._live.sandbox.programs[AURORA]
        body = {
            "programId": program_id,
            "value": 25,
            "currency": "USD",
            "destinationAccount": {"destinationUserId": "FJ00000001" if is_asked else "AC12345678"},
            "referenceNumber": reference,
        }
        return Call(body, self._apis[is_asked].token, is_asked, point)

    def calls(self) -> list[Call]:
        """Return as many for each point, in any order; half without a program to ask where the point allows it."""
        among = [(point, number) for point in POINTS for number in range(TIMES)]
        chance("deaths").shuffle(among)
        return [
            self.call(f"{point} {number}", point, is_asked=HEARD[point][1] is None or number % 2 == 0)
            for point, number in among
        ]

    def ask_again(self, call: Call) -> str:
        """Send it once more, and say what was heard."""
        answer = self._apis[call.is_asked].post("/transactions", call.body)
        if answer.status_code == 409:
            assert answer.get_json()["code"] == "REQUEST_IN_PROGRESS"
            return UNDER_WAY
        assert answer.status_code == 201, answer.text
        assert answer.get_json()["status"] == "COMPLETED"
        known = (answer.get_json()["id"], call.is_asked)
        assert self.given.setdefault(str(call.body["referenceNumber"]), known) == known
        return AGAIN if "Idempotency-Replayed" in answer.headers else ANEW


@pytest.mark.slow
@pytest.mark.usefixtures("verified")
class TestKilled:
    def test_at_any_point_an_order_happens_once_and_is_told_once(
        self, desk: Desk, dying: Dying, wiring: Wiring, clock: StoppedClock, receiver: Receiver, tmp_path: Path
    ) -> None:
        began, calls = time.monotonic(), desk.calls()
        ends = dying.take(calls)
        assert [call.point for call, end in zip(calls, ends, strict=True) if end != -signal.SIGKILL] == [], SAID
        for call in calls:
            heard = HEARD[call.point][not call.is_asked]
            assert desk.ask_again(call) in str(heard).split(" or "), f"{call}, {SAID}"
        # Past the minute for which those who died held their orders, and the time it took them to die.
        clock.advance(seconds=120 + int(time.monotonic() - began))
        while wiring.resolving.resolve_due(100):
            pass
        assert [call.point for call in calls if desk.ask_again(call) != AGAIN] == [], SAID
        work_off(wiring)
        self.check_once(desk, wiring, receiver, tmp_path)

    def check_once(self, desk: Desk, wiring: Wiring, receiver: Receiver, tmp_path: Path) -> None:
        assert count(wiring, "transactions") == len(desk.given), SAID
        with wiring.database.reading() as session:
            assert list(session.scalars(text(NOT_ONCE))) == [], SAID
        asked = [transaction_id for transaction_id, is_asked in desk.given.values() if is_asked]
        assert credited(tmp_path / "program.db") == Counter(asked), SAID
        events = told(receiver)
        assert events.keys() == {transaction_id for transaction_id, _ in desk.given.values()}, SAID
        assert {len(ids) for ids in events.values()} == {1}, SAID


def credited(books: Path) -> Counter[str]:
    """Count what the program gave, as its own books say."""
    db = sqlite3.connect(books)
    try:
        return Counter(row[0] for row in db.execute("SELECT id FROM credits WHERE status = 'CREDITED'"))
    finally:
        db.close()


def told(receiver: Receiver) -> dict[str, set[str]]:
    """Return under which event ids each transaction was told."""
    events: dict[str, set[str]] = defaultdict(set)
    for received in receiver.received:
        said = json.loads(received.body)
        events[said["transactionId"]].add(said["id"])
    return events


@pytest.fixture
def desk(client: FlaskClient, live: Live, wiring: Wiring, receiver: Receiver) -> Desk:
    for issuer in (live.sandbox, live.production):
        listen(wiring, issuer, receiver.url)
    return Desk(client, live)


def listen(wiring: Wiring, issuer: Issuer, url: str) -> None:
    with wiring.writing() as services:
        services.endpoints.create(issuer.environment_id, Details(url=url))


@pytest.fixture
def dying(settings: Settings, desk: Desk) -> Iterator[Dying]:
    with Dying(settings) as processes:
        warm = [desk.call("warm 0", is_asked=True), desk.call("warm 1", is_asked=False)]
        assert processes.take(warm) == [201, 201]
        assert [desk.ask_again(call) for call in warm] == [AGAIN, AGAIN]
        yield processes
