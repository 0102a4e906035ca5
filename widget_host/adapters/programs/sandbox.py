"""The sandbox's programs: no partner is asked, everything follows from the member's number."""

from collections.abc import Callable
from typing import NoReturn

from widget_host.domain.programs import rules
from widget_host.domain.programs.rules import Credit, Destination, MemberCheck, Outcome, ProgramFacts, misfits
from widget_host.domain.transactions.rules import (
    InvalidMember,
    PartnerFailed,
    PartnerTimedOut,
    PointsOutOfRange,
    ValueOutOfRange,
)
from widget_host.kit.errors import FieldError, InvalidFields, InvalidToken
from widget_host.kit.value import Value

PENDING, PENDING_FAILS, REPLY_LOST = "sandbox-pending", "sandbox-pending-fails", "sandbox-reply-lost"
INVALID_MEMBER = "sandbox-invalid-member"


class Persona(Value, frozen=True):
    """A member's number that makes something happen, and what."""

    member: str
    effect: str
    status: int
    code: str | None = None


PERSONAS = (
    Persona("sandbox-invalid-token", "The token is refused.", 401, "INVALID_TOKEN"),
    Persona("sandbox-missing-fields", "The request is refused as incomplete.", 400, "VALIDATION_ERROR"),
    Persona("sandbox-value-limit", "The value is outside the limits.", 422, "VALUE_LIMIT_EXCEEDED"),
    Persona("sandbox-points-limit", "The points are outside the limits.", 422, "POINTS_LIMIT_EXCEEDED"),
    Persona("sandbox-invalid-program", "The program is unknown.", 404, "INVALID_PROGRAM"),
    Persona("sandbox-no-partnership", "There is no partnership.", 403, "NO_PARTNERSHIP"),
    Persona(INVALID_MEMBER, "The program does not know the member.", 422, "INVALID_MEMBER"),
    Persona("sandbox-partner-error", "The program answers with an error; nothing is posted.", 502, "PARTNER_ERROR"),
    Persona("sandbox-partner-timeout", "The program does not answer; nothing is posted.", 504, "PARTNER_TIMEOUT"),
    Persona(PENDING, "PENDING at first, COMPLETED 5 s later.", 201),
    Persona(PENDING_FAILS, "PENDING at first, FAILED 5 s later; its postings are reversed.", 201),
    Persona(REPLY_LOST, "The points are given but the answer is lost: PENDING, then COMPLETED, given once.", 201),
)
KNOWN = frozenset(persona.member for persona in PERSONAS)
# Whose numbers end in these digits have told their name; half of all members have not.
NAMES = {"0": "Ana B.", "2": "Omar K.", "4": "Mei L.", "6": "João P.", "8": "Lena S."}


class SandboxConnector:
    """Answers by rule; no point is real."""

    answers_by_rule = True

    def check_member(self, program: ProgramFacts, destination: Destination) -> MemberCheck:
        """Refuse what does not fit the program's fields, and the member who is there to be refused."""
        if destination.user_id == INVALID_MEMBER:
            return MemberCheck(is_valid=False, reason="NOT_FOUND")
        if destination.user_id not in KNOWN and misfits(program.fields, destination):
            return MemberCheck(is_valid=False, reason="MALFORMED")
        return MemberCheck(is_valid=True, name=NAMES.get((destination.user_id or "")[-1:]))

    def credit(self, program: ProgramFacts, credit: Credit) -> Outcome:
        """Give imaginary points, or do what the member's number asks for."""
        member = credit.destination.user_id or ""
        if member in REFUSALS:
            REFUSALS[member](program)
        if member == REPLY_LOST:
            return Outcome.UNKNOWN
        return Outcome.ACCEPTED if member in (PENDING, PENDING_FAILS) else Outcome.CREDITED

    def ask_again(self, program: ProgramFacts, credit: Credit) -> Outcome:
        """Say what became of a credit that was pending or unheard of."""
        if credit.destination.user_id == PENDING_FAILS:
            raise InvalidMember(f"{program.name} refused in the end.")
        return Outcome.CREDITED

    def reverse(self, program: ProgramFacts, credit: Credit) -> None:
        """Take imaginary points back."""


def _invalid_token(_program: ProgramFacts) -> NoReturn:
    raise InvalidToken("The access token has expired. Ask for a new one.")


def _missing_fields(_program: ProgramFacts) -> NoReturn:
    field = "destinationAccount.destinationUserId"
    raise InvalidFields([FieldError(field, "required", "This field is required.")])


def _value_limit(program: ProgramFacts) -> NoReturn:
    bounds = {"minValue": 1, "maxValue": 1000, "currency": program.currency}
    raise ValueOutOfRange(f"The value is outside the limits of {program.name}.", **bounds)


def _points_limit(program: ProgramFacts) -> NoReturn:
    bounds = {"minAmountOfPoints": 1, "maxAmountOfPoints": 1000}
    raise PointsOutOfRange(f"The points are outside the limits of {program.name}.", **bounds)


def _invalid_program(program: ProgramFacts) -> NoReturn:
    raise rules.InvalidProgram("There is no program with this id.", programId=program.id)


def _no_partnership(program: ProgramFacts) -> NoReturn:
    raise rules.NoPartnership(f"There is no partnership with {program.name}.", programId=program.id)


def _partner_error(program: ProgramFacts) -> NoReturn:
    raise PartnerFailed(f"{program.name} answered with an error. Nothing was posted.")


def _partner_timeout(program: ProgramFacts) -> NoReturn:
    raise PartnerTimedOut(f"{program.name} did not answer in time. Nothing was posted.")


REFUSALS: dict[str, Callable[[ProgramFacts], NoReturn]] = {
    "sandbox-invalid-token": _invalid_token,
    "sandbox-missing-fields": _missing_fields,
    "sandbox-value-limit": _value_limit,
    "sandbox-points-limit": _points_limit,
    "sandbox-invalid-program": _invalid_program,
    "sandbox-no-partnership": _no_partnership,
    "sandbox-partner-error": _partner_error,
    "sandbox-partner-timeout": _partner_timeout,
}
