"""Rewards of which a program refuses its part in the end: the others are taken back."""

from typing import Any

import pytest

from tests.factories.cards import CARD, CUSTOMER, MERIDIAN, choose, preferred
from tests.factories.issuers import AURORA, Issuer
from tests.fakes.asked import AskedConnector
from tests.fakes.clock import StoppedClock
from tests.fixtures import Api
from tests.services.rounds import work_off
from widget_host.domain.programs.rules import Credit, Outcome, ProgramFacts
from widget_host.domain.transactions.rules import InvalidMember, PartnerFailed, ReversalRefused
from widget_host.wiring import Wiring

pytestmark = pytest.mark.usefixtures("verified")
CREDITED, ACCEPTED, UNKNOWN = Outcome.CREDITED, Outcome.ACCEPTED, Outcome.UNKNOWN
REFUSED = InvalidMember("The account is closed.")
WHY = "All or nothing: part r.2 of the reward was refused. The account is closed."


class TestUndoing:
    def test_takes_back_what_others_gave(self, reward: "Reward") -> None:
        reward.give(CREDITED, REFUSED)
        assert reward.parts() == {"r.1": ["PENDING", "COMPLETED", "REVERSED"], "r.2": ["PENDING", "FAILED"]}
        assert reward.last("r.1") == WHY
        told = [(event["referenceNumber"], event["status"]) for event in reward.events()]
        assert sorted(told[2:4]) == [("r.1", "COMPLETED"), ("r.2", "FAILED")]
        assert told[4:] == [("r.1", "REVERSED")]

    def test_waits_for_what_is_unknown_and_takes_it_back_then(self, reward: "Reward", clock: StoppedClock) -> None:
        reward.give(UNKNOWN, REFUSED)
        assert reward.parts() == {"r.1": ["PENDING"], "r.2": ["PENDING", "FAILED"]}
        clock.advance(minutes=1)
        reward.work()
        assert reward.parts()["r.1"] == ["PENDING", "COMPLETED", "REVERSED"]

    def test_ends_where_every_part_was_refused(self, reward: "Reward", wiring: Wiring) -> None:
        reward.give(REFUSED, REFUSED)
        assert reward.parts() == {"r.1": ["PENDING", "FAILED"], "r.2": ["PENDING", "FAILED"]}
        assert wiring.undoing.undo_due(10) == 0

    def test_says_what_a_program_does_not_take_back(
        self, reward: "Reward", wiring: Wiring, clock: StoppedClock
    ) -> None:
        reward.connector.reversals = [ReversalRefused("Aurora Club does not take the points back: SPENT.")]
        reward.give(CREDITED, REFUSED)
        assert reward.parts()["r.1"] == ["PENDING", "COMPLETED", "COMPLETED"]
        assert reward.last("r.1") == f"{WHY} Aurora Club does not take the points back: SPENT."
        clock.advance(hours=12)
        assert wiring.undoing.undo_due(10) == 0

    def test_tries_again_where_a_program_is_away(self, reward: "Reward", clock: StoppedClock) -> None:
        reward.connector.reversals = [PartnerFailed("They are down.")]
        reward.give(CREDITED, REFUSED)
        assert reward.parts()["r.1"] == ["PENDING", "COMPLETED"]
        clock.advance(minutes=1)
        reward.work()
        assert reward.parts()["r.1"] == ["PENDING", "COMPLETED", "REVERSED"]

    def test_leaves_a_reward_alone_that_succeeds(self, reward: "Reward", wiring: Wiring) -> None:
        reward.give(CREDITED, CREDITED)
        assert reward.parts() == {"r.1": ["PENDING", "COMPLETED"], "r.2": ["PENDING", "COMPLETED"]}
        assert wiring.undoing.undo_due(10) == 0


class Connector(AskedConnector):
    """Programs that each give the answer laid out for them, and whose reversals fail as laid out."""

    def __init__(self) -> None:
        super().__init__()
        self.says: dict[str, Outcome | Exception] = {}
        self.reversals: list[Exception] = []

    def ask_again(self, program: ProgramFacts, credit: Credit) -> Outcome:
        self.answers = [self.says.pop(program.name, CREDITED)]
        return super().ask_again(program, credit)

    def reverse(self, program: ProgramFacts, credit: Credit) -> None:
        if self.reversals:
            raise self.reversals.pop(0)


class Reward:
    """A reward of two parts whose programs are really asked, and what became of them."""

    def __init__(self, api: Api, wiring: Wiring) -> None:
        self.api, self.wiring, self.connector = api, wiring, Connector()
        wiring.connectors["sandbox"] = self.connector

    def give(self, *answers: Outcome | Exception) -> None:
        """Ask for the reward, then let each program answer."""
        asked = {"sourceUserId": CUSTOMER, "cardId": CARD, "value": 100, "currency": "USD", "referenceNumber": "r"}
        made = self.api.post("/multibrand/rewards", asked)
        assert made.status_code == 201, made.text
        assert {part["status"] for part in made.get_json()["transactions"]} == {"PENDING"}
        self.connector.says = dict(zip((AURORA, MERIDIAN), answers, strict=True))
        self.work()

    def work(self) -> None:
        work_off(self.wiring)

    def parts(self) -> dict[str, list[str]]:
        """Return the states that each part came into."""
        return {name: [each["status"] for each in self.history(name)] for name in ("r.1", "r.2")}

    def last(self, part: str) -> Any:
        return self.history(part)[-1]["reason"]

    def history(self, part: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.api.get(f"/transactions/{part}").get_json()["statusHistory"]
        return found

    def events(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.api.get("/events?limit=100").get_json()
        return [event for event in found if event["type"].startswith("transaction.")]


@pytest.fixture
def reward(api: Api, issuer: Issuer, wiring: Wiring) -> Reward:
    choose(wiring, issuer, preferred(issuer, AURORA, 50), preferred(issuer, MERIDIAN, 50))
    return Reward(api, wiring)
