import json
import socket
from collections.abc import Mapping
from typing import Any

import pytest

from tests.factories.offers import NUMBER, make_facts
from tests.fakes.clock import StoppedClock
from tests.fakes.receiver import Receiver, Reply, answer, hang_up
from widget_host.adapters.http.answers import CONNECT_TIMED_OUT, NO_ANSWER, Answer
from widget_host.adapters.http.asking import OutgoingHttp
from widget_host.adapters.programs.outside import Outside
from widget_host.adapters.programs.rest import RestConnector
from widget_host.domain.programs.rules import Credit, Destination, MemberCheck, Outcome, ProgramFacts
from widget_host.domain.transactions.rules import InvalidMember, PartnerFailed, PartnerTimedOut, ReversalRefused
from widget_host.kit.addresses import AddressRules
from widget_host.kit.crypto import KeyRing, SecretBox
from widget_host.kit.signing import is_webhook_signed
from widget_host.kit.value import replace

SECRET = "shared-between-host-and-program-only"
BOX = SecretBox(KeyRing(["k" * 32]))
MEMBER = Destination("AC12345678")
CREDIT = Credit("txn_1", MEMBER, 2500)
CREDITED = {"id": "txn_1", "status": "CREDITED"}


def told(status: int, said: Any) -> Reply:
    return answer(status, json.dumps(said).encode())


class Wire(OutgoingHttp):
    """Gives one answer to everything."""

    def __init__(self, given: Answer) -> None:
        super().__init__(AddressRules(development=True))
        self._given = given

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        return self._given


def connector_over(given: Answer) -> RestConnector:
    return RestConnector(Outside(http=Wire(given), box=BOX, clock=StoppedClock()))


class TestRequests:
    def test_are_signed_with_the_shared_secret(
        self, connector: RestConnector, program: ProgramFacts, receiver: Receiver
    ) -> None:
        receiver.replies = [told(201, CREDITED), told(200, CREDITED)]
        connector.credit(program, CREDIT)
        connector.ask_again(program, CREDIT)
        assert [(each.method, each.path) for each in receiver.received] == [
            ("POST", "/api/credits"),
            ("GET", "/api/credits/txn_1"),
        ]
        for each in receiver.received:
            timestamp, signature = each.headers["x-timestamp"], each.headers["x-signature"]
            assert is_webhook_signed(SECRET, timestamp=timestamp, signature=signature, body=each.body)

    def test_say_the_credit_and_its_id(
        self, connector: RestConnector, program: ProgramFacts, receiver: Receiver
    ) -> None:
        receiver.replies = [told(201, CREDITED)]
        connector.credit(program, CREDIT)
        account = {"destinationUserId": "AC12345678"}
        assert json.loads(receiver.received[0].body) == {"id": "txn_1", "points": 2500, "destinationAccount": account}

    def test_are_not_sent_with_a_secret_that_cannot_be_opened(
        self, connector: RestConnector, program: ProgramFacts, receiver: Receiver
    ) -> None:
        with pytest.raises(PartnerFailed, match="cannot be opened"):
            connector.credit(replace(program, sealed_secret=None), CREDIT)
        assert receiver.received == []


class TestCheckMember:
    @pytest.mark.parametrize(
        ("said", "check"),
        [
            ({"isValid": True}, MemberCheck(is_valid=True)),
            ({"isValid": True, "name": " Ana B. "}, MemberCheck(is_valid=True, name="Ana B.")),
            ({"isValid": True, "name": "two\nlines"}, MemberCheck(is_valid=True)),
            ({"isValid": True, "name": "x" * 81}, MemberCheck(is_valid=True)),
            ({"isValid": True, "name": 7}, MemberCheck(is_valid=True)),
            ({"isValid": False, "reason": "NOT_FOUND", "name": "Ana B."}, MemberCheck(False, "NOT_FOUND")),
            ({"isValid": False, "reason": "NAME_MISMATCH"}, MemberCheck(is_valid=False, reason="NAME_MISMATCH")),
            ({"isValid": False, "reason": "of its own"}, MemberCheck(is_valid=False, reason="INELIGIBLE")),
            ({"isValid": False}, MemberCheck(is_valid=False, reason="INELIGIBLE")),
        ],
    )
    def test_says_what_the_program_says(
        self, connector: RestConnector, program: ProgramFacts, receiver: Receiver, said: Any, check: MemberCheck
    ) -> None:
        receiver.replies = [told(200, said)]
        assert connector.check_member(program, MEMBER) == check

    def test_asks_nothing_about_a_number_of_the_wrong_form(
        self, connector: RestConnector, program: ProgramFacts, receiver: Receiver
    ) -> None:
        check = connector.check_member(program, Destination("X"))
        assert check == MemberCheck(is_valid=False, reason="MALFORMED")
        assert receiver.received == []

    @pytest.mark.parametrize(
        "reply", [told(500, {}), told(404, {"code": "X"}), told(200, {"isValid": 1}), answer(200, b"<p>"), hang_up]
    )
    def test_refuses_an_answer_it_cannot_read(
        self, connector: RestConnector, program: ProgramFacts, receiver: Receiver, reply: Reply
    ) -> None:
        receiver.replies = [reply]
        with pytest.raises(PartnerFailed):
            connector.check_member(program, MEMBER)

    def test_says_that_no_answer_came_in_time(self, program: ProgramFacts) -> None:
        with pytest.raises(PartnerTimedOut):
            connector_over(Answer(error=NO_ANSWER, was_sent=True)).check_member(program, MEMBER)


class TestCredit:
    @pytest.mark.parametrize(
        ("reply", "outcome"),
        [
            (told(201, CREDITED), Outcome.CREDITED),
            (told(200, CREDITED), Outcome.CREDITED),
            (told(202, {"id": "txn_1", "status": "ACCEPTED"}), Outcome.ACCEPTED),
            (told(200, {"id": "txn_2", "status": "CREDITED"}), Outcome.UNKNOWN),
            (told(200, {"id": "txn_1", "status": "of its own"}), Outcome.UNKNOWN),
            (told(200, [CREDITED]), Outcome.UNKNOWN),
            (answer(200, b'{"id":"txn_1","id":"txn_1","status":"CREDITED"}'), Outcome.UNKNOWN),
            (answer(200, b"<p>Welcome to the airport</p>"), Outcome.UNKNOWN),
            (answer(204), Outcome.UNKNOWN),
            (told(500, {"code": "X"}), Outcome.UNKNOWN),
            (answer(503), Outcome.UNKNOWN),
            (answer(408), Outcome.UNKNOWN),
            (told(409, {"code": "OTHER_CREDIT"}), Outcome.UNKNOWN),
            (hang_up, Outcome.UNKNOWN),
        ],
    )
    def test_takes_only_a_clear_word_for_one(
        self, connector: RestConnector, program: ProgramFacts, receiver: Receiver, reply: Reply, outcome: Outcome
    ) -> None:
        receiver.replies = [reply]
        assert connector.credit(program, CREDIT) is outcome

    @pytest.mark.parametrize(
        "reply",
        [
            told(422, {"code": "INELIGIBLE"}),
            told(404, {"code": "INELIGIBLE"}),
            told(200, {"id": "txn_1", "status": "REFUSED", "code": "INELIGIBLE"}),
        ],
    )
    def test_hears_a_final_no(
        self, connector: RestConnector, program: ProgramFacts, receiver: Receiver, reply: Reply
    ) -> None:
        receiver.replies = [reply]
        with pytest.raises(InvalidMember) as refused:
            connector.credit(program, CREDIT)
        assert refused.value.details["programCode"] == "INELIGIBLE"

    @pytest.mark.parametrize("reply", [told(401, {"code": "X"}), told(429, {"code": "X"}), answer(404), answer(302)])
    def test_knows_that_nothing_was_given(
        self, connector: RestConnector, program: ProgramFacts, receiver: Receiver, reply: Reply
    ) -> None:
        receiver.replies = [reply]
        with pytest.raises(PartnerFailed):
            connector.credit(program, CREDIT)

    def test_knows_that_nobody_listened(self, connector: RestConnector, program: ProgramFacts) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            nobody = {"baseUrl": f"http://127.0.0.1:{probe.getsockname()[1]}"}
        with pytest.raises(PartnerFailed):
            connector.credit(replace(program, connection=nobody), CREDIT)

    def test_knows_that_no_connection_came_about_in_time(self, program: ProgramFacts) -> None:
        with pytest.raises(PartnerTimedOut):
            connector_over(Answer(error=CONNECT_TIMED_OUT)).credit(program, CREDIT)

    def test_knows_nothing_when_the_answer_does_not_come(self, program: ProgramFacts) -> None:
        given = Answer(error=NO_ANSWER, was_sent=True)
        assert connector_over(given).credit(program, CREDIT) is Outcome.UNKNOWN


class TestAskAgain:
    def test_gives_again_what_the_program_never_saw(
        self, connector: RestConnector, program: ProgramFacts, receiver: Receiver
    ) -> None:
        receiver.replies = [told(404, {"code": "NOT_FOUND"}), told(201, CREDITED)]
        assert connector.ask_again(program, CREDIT) is Outcome.CREDITED
        assert [each.method for each in receiver.received] == ["GET", "POST"]
        assert json.loads(receiver.received[1].body)["id"] == "txn_1"

    @pytest.mark.parametrize("reply", [answer(500), answer(401), answer(410), hang_up])
    def test_gives_nothing_while_it_does_not_know(
        self, connector: RestConnector, program: ProgramFacts, receiver: Receiver, reply: Reply
    ) -> None:
        receiver.replies = [reply]
        assert connector.ask_again(program, CREDIT) is Outcome.UNKNOWN
        assert len(receiver.received) == 1

    @pytest.mark.parametrize("status", ["REFUSED", "REVERSED"])
    def test_hears_a_final_no(
        self, connector: RestConnector, program: ProgramFacts, receiver: Receiver, status: str
    ) -> None:
        receiver.replies = [told(200, {"id": "txn_1", "status": status})]
        with pytest.raises(InvalidMember):
            connector.ask_again(program, CREDIT)


class TestReverse:
    def test_names_the_credit_in_what_is_signed(
        self, connector: RestConnector, program: ProgramFacts, receiver: Receiver
    ) -> None:
        receiver.replies = [told(200, {"id": "txn_1", "status": "REVERSED"})]
        connector.reverse(program, CREDIT)
        assert receiver.received[0].path == "/api/credits/txn_1/reverse"
        assert json.loads(receiver.received[0].body) == {"id": "txn_1", "status": "REVERSED"}

    def test_hears_a_refusal(self, connector: RestConnector, program: ProgramFacts, receiver: Receiver) -> None:
        receiver.replies = [told(422, {"code": "SPENT"})]
        with pytest.raises(ReversalRefused, match="SPENT"):
            connector.reverse(program, CREDIT)

    @pytest.mark.parametrize("reply", [answer(500), answer(200), hang_up])
    def test_counts_as_done_only_when_the_program_says_so(
        self, connector: RestConnector, program: ProgramFacts, receiver: Receiver, reply: Reply
    ) -> None:
        receiver.replies = [reply]
        with pytest.raises(PartnerFailed):
            connector.reverse(program, CREDIT)


@pytest.fixture
def connector() -> RestConnector:
    return RestConnector(Outside(http=OutgoingHttp(AddressRules(development=True)), box=BOX, clock=StoppedClock()))


@pytest.fixture
def program(receiver: Receiver) -> ProgramFacts:
    sealed = BOX.seal(SECRET, owner="prg_1")
    connection = {"baseUrl": f"{receiver.address}/api/"}
    return replace(make_facts(NUMBER), connector="rest", connection=connection, sealed_secret=sealed)
