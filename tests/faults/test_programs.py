"""Replies that are lost, processes that die, operators who undo: points are given once, and the books agree."""

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from tests.factories.orders import WIDGET, launch
from tests.factories.production import Live, make_live, make_live_order
from tests.fakes.clock import StoppedClock
from tests.fakes.receiver import Receiver, answer, hang_up
from widget_host.config import Settings
from widget_host.demo.program import DECIDED_LATE, LOST_REPLY, NOT_ELIGIBLE
from widget_host.demo.program_store import ACCEPTED, CREDITED, REFUSED, REVERSED, Credits
from widget_host.domain.access.rules import SessionEnded
from widget_host.domain.orders.rules import CREDIT_LEASE
from widget_host.domain.transactions.rules import InvalidMember, PartnerFailed, StateRefused
from widget_host.wiring import Wiring

ROOT = Path(__file__).parents[2]
# A process of its own that orders points, to be killed while it waits for the program.
ORDERS = """
import sys
from datetime import datetime
from tests.factories.issuers import Issuer
from tests.factories.production import FJORD, Live, make_live_order
from tests.fakes.clock import StoppedClock
from widget_host.config import Settings
from widget_host.wiring import Wiring

environment_id, program_id, now = sys.argv[1:]
production = Issuer("", "", "", environment_id, "", {FJORD: program_id})
wiring = Wiring(Settings.from_environment(), StoppedClock(datetime.fromisoformat(now)))
wiring.issuing.issue(make_live_order(Live(production, production)))
"""


class Watch:
    """Looks into the host and the program."""

    def __init__(self, wiring: Wiring, live: Live) -> None:
        self._wiring, self.live, self._environment_id = wiring, live, live.production.environment_id

    def statuses(self, reference: str = "NW-1") -> list[str]:
        with self._wiring.reading() as services:
            found = services.transactions.get(self._environment_id, reference)
            return [each.status for each in services.transactions.history(found)]

    def broken(self) -> dict[str, list[str]]:
        with self._wiring.reading() as services:
            return {**services.ledger.verify(), **services.transactions.verify()}


def given(books: Credits) -> list[tuple[str, int, str]]:
    return [(credit.member, credit.points, credit.status) for credit in books.list_latest()]


class TestLostReply:
    def test_leaves_it_pending_then_resolves_it_once_and_credits_it_once(
        self, wiring: Wiring, live: Live, books: Credits, clock: StoppedClock, watch: Watch
    ) -> None:
        order = make_live_order(live, member=LOST_REPLY)
        assert wiring.issuing.issue(order).receipt.status == "PENDING"
        assert wiring.resolving.resolve_due(10) == 0
        clock.advance(seconds=6)
        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(lambda _: wiring.resolving.resolve_due(10), range(4))) == 1
        assert watch.statuses() == ["PENDING", "COMPLETED"]
        assert given(books) == [(LOST_REPLY, 1250, CREDITED)]
        again = wiring.issuing.issue(order)
        assert again.is_replay
        assert given(books) == [(LOST_REPLY, 1250, CREDITED)]
        assert watch.broken() == {}


class TestLateWord:
    ENDINGS = {CREDITED: "COMPLETED", REFUSED: "FAILED"}

    @pytest.mark.parametrize("word", ENDINGS)
    def test_is_asked_for_where_the_hook_never_came(
        self, wiring: Wiring, books: Credits, clock: StoppedClock, watch: Watch, word: str
    ) -> None:
        wiring.issuing.issue(make_live_order(watch.live, member=DECIDED_LATE))
        clock.advance(seconds=6)
        wiring.resolving.resolve_due(10)
        assert watch.statuses() == ["PENDING"]
        (credit,) = books.list_latest()
        books.change(credit.id, ACCEPTED, word)
        clock.advance(seconds=31)
        wiring.resolving.resolve_due(10)
        assert watch.statuses() == ["PENDING", self.ENDINGS[word]]
        assert watch.broken() == {}


class TestRefusal:
    def test_gives_nothing_and_is_the_answer_for_ever(
        self, wiring: Wiring, live: Live, books: Credits, watch: Watch
    ) -> None:
        order = make_live_order(live, member=NOT_ELIGIBLE)
        for _ in range(2):
            with pytest.raises(InvalidMember):
                wiring.issuing.issue(order)
        assert given(books) == [(NOT_ELIGIBLE, 1250, REFUSED)]
        assert watch.broken() == {}

    def test_lets_a_widgets_customer_correct_it_under_the_same_reference(
        self, wiring: Wiring, live: Live, books: Credits, watch: Watch
    ) -> None:
        token = launch(wiring, live.production)
        widget = wiring.openings.open(token, WIDGET).widget
        typed: dict[str, Any] = {"launch_id": widget.launch_id, "keeps_refusals": False}
        with pytest.raises(InvalidMember):
            wiring.issuing.issue(make_live_order(live, member=NOT_ELIGIBLE, **typed))
        assert wiring.issuing.issue(make_live_order(live, **typed)).receipt.status == "COMPLETED"
        with pytest.raises(SessionEnded):
            wiring.issuing.issue(make_live_order(live, "NW-2", **typed))
        assert given(books) == [("FJ00000001", 1250, CREDITED), (NOT_ELIGIBLE, 1250, REFUSED)]
        assert watch.broken() == {}


class TestReversal:
    def test_takes_the_points_back_before_the_value(
        self, wiring: Wiring, live: Live, books: Credits, watch: Watch
    ) -> None:
        environment_id = live.production.environment_id
        wiring.issuing.issue(make_live_order(live))
        wiring.reversing.reverse(environment_id, "NW-1", "the customer asked")
        assert given(books) == [("FJ00000001", 1250, REVERSED)]
        assert watch.statuses() == ["PENDING", "COMPLETED", "REVERSED"]
        with pytest.raises(StateRefused):
            wiring.reversing.reverse(environment_id, "NW-1", "twice")
        assert watch.broken() == {}

    def test_changes_nothing_here_where_the_program_does_not_answer(self, wiring: Wiring, receiver: Receiver) -> None:
        live = make_live(wiring, receiver.address)
        transaction_id = self.issued(wiring, live, receiver)
        receiver.replies = [hang_up]
        with pytest.raises(PartnerFailed):
            wiring.reversing.reverse(live.production.environment_id, "NW-1", "the customer asked")
        assert Watch(wiring, live).statuses()[-1] == "COMPLETED"
        receiver.replies = [answer(200, b'{"id":"%s","status":"REVERSED"}' % transaction_id.encode())]
        wiring.reversing.reverse(live.production.environment_id, "NW-1", "the customer asked")
        assert Watch(wiring, live).statuses()[-1] == "REVERSED"

    def issued(self, wiring: Wiring, live: Live, receiver: Receiver) -> str:
        def credited(handler: BaseHTTPRequestHandler) -> None:
            said = receiver.received[-1].body.split(b'"')[3]
            answer(201, b'{"id":"%s","status":"CREDITED"}' % said)(handler)

        receiver.replies = [answer(200, b'{"isValid":true}'), credited]
        return wiring.issuing.issue(make_live_order(live)).receipt.id


class TestKilledServer:
    @pytest.mark.parametrize("was_credited", [False, True])
    def test_leaves_what_it_reserved_to_be_resolved_after_the_lease(
        self, wiring: Wiring, settings: Settings, clock: StoppedClock, receiver: Receiver, was_credited: bool
    ) -> None:
        live = make_live(wiring, receiver.address)
        ordering = self.start(settings, live, clock)

        def kill(handler: BaseHTTPRequestHandler) -> None:
            os.kill(ordering.pid, signal.SIGKILL)
            hang_up(handler)

        receiver.replies = [answer(200, b'{"isValid":true}'), kill]
        assert ordering.wait(timeout=60) == -signal.SIGKILL
        transaction_id = receiver.received[-1].body.split(b'"')[3]
        credited = answer(201, b'{"id":"%s","status":"CREDITED"}' % transaction_id)
        receiver.replies = [credited] if was_credited else [answer(404), credited]

        clock.advance(seconds=int(CREDIT_LEASE.total_seconds()) - 1)
        assert wiring.resolving.resolve_due(10) == 0
        clock.advance(seconds=2)
        assert wiring.resolving.resolve_due(10) == 1
        if was_credited:
            assert receiver.received[-1].method == "GET"
        assert Watch(wiring, live).statuses() == ["PENDING", "COMPLETED"]
        assert Watch(wiring, live).broken() == {}
        again = wiring.issuing.issue(make_live_order(live))
        assert (again.is_replay, again.receipt.status) == (True, "COMPLETED")

    def start(self, settings: Settings, live: Live, clock: StoppedClock) -> "subprocess.Popen[bytes]":
        told = {
            "WIDGET_HOST_DEVELOPMENT": "1",
            "WIDGET_HOST_INSTANCE": str(settings.instance),
            "WIDGET_HOST_DATABASE_URL": settings.database_url,
            "PYTHONPATH": str(ROOT),
        }
        arguments = [live.production.environment_id, live.program_id, clock.now().isoformat()]
        return subprocess.Popen([sys.executable, "-c", ORDERS, *arguments], env={**os.environ, **told}, cwd=ROOT)


class TestRaces:
    def test_of_one_reference_credit_once(self, wiring: Wiring, live: Live, books: Credits, watch: Watch) -> None:
        barrier, outcomes = threading.Barrier(6), []

        def issue(_: int) -> None:
            barrier.wait()
            try:
                outcomes.append(wiring.issuing.issue(make_live_order(live)).receipt.id)
            except Exception as refusal:  # noqa: BLE001 - REQUEST_IN_PROGRESS is a fair answer to the others
                outcomes.append(getattr(refusal, "code", repr(refusal)))

        with ThreadPoolExecutor(6) as pool:
            list(pool.map(issue, range(6)))
        assert len(books.list_latest()) == 1
        assert set(outcomes) <= {books.list_latest()[0].id, "REQUEST_IN_PROGRESS"}
        assert watch.broken() == {}


@pytest.fixture
def watch(wiring: Wiring, live: Live) -> Watch:
    return Watch(wiring, live)
