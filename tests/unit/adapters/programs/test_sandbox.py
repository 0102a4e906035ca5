import pytest

from tests.factories.offers import EMAIL, NUMBER, make_facts
from widget_host.adapters.programs.sandbox import SandboxConnector
from widget_host.domain.programs.rules import Credit, Destination, MemberCheck, Outcome
from widget_host.domain.transactions.rules import PartnerFailed, PartnerTimedOut
from widget_host.kit.errors import Refused

PROGRAM = make_facts(NUMBER, EMAIL)


class TestCheckMember:
    @pytest.mark.parametrize(
        ("destination", "reason"),
        [
            (Destination("AC12345678"), None),
            (Destination("AC12345678", "name@example.com"), None),
            (Destination("sandbox-partner-error"), None),
            (Destination("sandbox-partner-timeout"), None),
            (Destination("sandbox-invalid-member"), "NOT_FOUND"),
            (Destination("AC1234567"), "MALFORMED"),
            (Destination("ac12345678"), "MALFORMED"),
            (Destination("AC12345678", "no address"), "MALFORMED"),
            (Destination(), "MALFORMED"),
            (Destination("sandbox-invalid-member", "no address"), "NOT_FOUND"),
        ],
    )
    def test_follows_from_the_members_number(self, destination: Destination, reason: str | None) -> None:
        found = SandboxConnector().check_member(PROGRAM, destination)
        assert (found.is_valid, found.reason) == (reason is None, reason)

    @pytest.mark.parametrize(
        ("member", "name"), [("AC12345678", "Lena S."), ("AC12345670", "Ana B."), ("AC12345671", None)]
    )
    def test_tells_the_names_of_half_the_members(self, member: str, name: str | None) -> None:
        assert SandboxConnector().check_member(PROGRAM, Destination(member)) == MemberCheck(is_valid=True, name=name)


class TestCredit:
    def test_gives_imaginary_points(self) -> None:
        assert self.credit("AC12345678") is Outcome.CREDITED

    @pytest.mark.parametrize(
        ("member", "kind"), [("sandbox-partner-error", PartnerFailed), ("sandbox-partner-timeout", PartnerTimedOut)]
    )
    def test_fails_as_the_members_number_asks(self, member: str, kind: type[Refused]) -> None:
        with pytest.raises(kind, match=r"Aurora Club .* Nothing was posted"):
            self.credit(member)

    def credit(self, member: str) -> Outcome:
        return SandboxConnector().credit(PROGRAM, Credit("txn_1", Destination(member), 2500))
