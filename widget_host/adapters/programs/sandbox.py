"""The sandbox's programs: no partner is asked, everything follows from the member's number."""

from widget_host.domain.programs.rules import Credit, Destination, MemberCheck, ProgramFacts, misfits
from widget_host.domain.transactions.rules import PartnerFailed, PartnerTimedOut

INVALID_MEMBER = "sandbox-invalid-member"
PARTNER_ERROR = "sandbox-partner-error"
PARTNER_TIMEOUT = "sandbox-partner-timeout"


class SandboxConnector:
    """Answers by rule; no point is real."""

    def check_member(self, program: ProgramFacts, destination: Destination) -> MemberCheck:
        """Refuse what does not fit the program's fields, and the member who is there to be refused."""
        if destination.user_id == INVALID_MEMBER:
            return MemberCheck(is_valid=False, reason="NOT_FOUND")
        if destination.user_id in (PARTNER_ERROR, PARTNER_TIMEOUT):
            return MemberCheck(is_valid=True)
        if misfits(program.fields, destination):
            return MemberCheck(is_valid=False, reason="MALFORMED")
        return MemberCheck(is_valid=True)

    def credit(self, program: ProgramFacts, credit: Credit) -> None:
        """Give imaginary points, or fail as the member's number asks."""
        if credit.destination.user_id == PARTNER_ERROR:
            raise PartnerFailed(f"{program.name} answered with an error. Nothing was posted.")
        if credit.destination.user_id == PARTNER_TIMEOUT:
            raise PartnerTimedOut(f"{program.name} did not answer in time. Nothing was posted.")
