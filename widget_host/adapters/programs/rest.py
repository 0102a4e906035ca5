"""Programs that speak the REST contract of docs/program-contract.md: what each of their answers means for a credit."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from widget_host.adapters.http.answers import TIMED_OUT, Answer
from widget_host.adapters.programs.outside import Outside
from widget_host.domain.programs.rules import Credit, Destination, MemberCheck, Outcome, ProgramFacts, misfits
from widget_host.domain.transactions.rules import InvalidMember, PartnerFailed, PartnerTimedOut, ReversalRefused
from widget_host.kit import wire
from widget_host.kit.crypto import Undecryptable
from widget_host.kit.ids import new_id
from widget_host.kit.signing import webhook_headers

REASONS = ("MALFORMED", "NOT_FOUND", "NAME_MISMATCH", "INELIGIBLE")
OUTCOMES = {"CREDITED": Outcome.CREDITED, "ACCEPTED": Outcome.ACCEPTED}
OK, NOT_FOUND = 200, 404
# Refusals that are about the request's way, not about the member: with a code or without, they decide nothing.
NOT_ABOUT_THE_CREDIT = (401, 403, 429)
# The program may hold a credit of this id, or may still take it: only asking again tells.
UNSETTLED = (408, 409, 425)
LONGEST_CODE = 60
LONGEST_NAME = 80


class RestConnector:
    """Signs each request with the program's shared secret; a credit's id makes it happen once however often it asks."""

    answers_by_rule = False

    def __init__(self, outside: Outside) -> None:
        """Take the way out."""
        self._outside = outside

    def check_member(self, program: ProgramFacts, destination: Destination) -> MemberCheck:
        """Ask the program about a member whose account has the right form; raises PartnerFailed or PartnerTimedOut."""
        if misfits(program.fields, destination):
            return MemberCheck(is_valid=False, reason="MALFORMED")
        answer = self._post(program, "/members/validate", {"destinationAccount": _account(destination)})
        said = _object(answer)
        if answer.status != OK or not isinstance(said.get("isValid"), bool):
            raise _failure(program, answer)
        if said["isValid"]:
            return MemberCheck(is_valid=True, name=_name(said.get("name")))
        reason = said.get("reason")
        return MemberCheck(is_valid=False, reason=reason if reason in REASONS else "INELIGIBLE")

    def credit(self, program: ProgramFacts, credit: Credit) -> Outcome:
        """Give the points; raises InvalidMember for a final no, PartnerFailed or PartnerTimedOut: none were given."""
        body = {"id": credit.id, "points": credit.points, "destinationAccount": _account(credit.destination)}
        answer = self._post(program, "/credits", body)
        if answer.status is None and not answer.was_sent:
            raise _failure(program, answer)
        if answer.status is None or answer.status >= 500 or answer.status in UNSETTLED:  # noqa: PLR2004 - HTTP's own
            return Outcome.UNKNOWN
        return _outcome(program, credit, answer)

    def ask_again(self, program: ProgramFacts, credit: Credit) -> Outcome:
        """Ask what became of the credit; a program that never saw it is sent it again, under the same id."""
        answer = self._get(program, _path(credit))
        if answer.status == NOT_FOUND:
            return self.credit(program, credit)
        return _outcome(program, credit, answer) if _is_success(answer.status or 0) else Outcome.UNKNOWN

    def reverse(self, program: ProgramFacts, credit: Credit) -> None:
        """Take the points back, once per id; raises ReversalRefused, or PartnerFailed: that may be tried again."""
        answer = self._post(program, f"{_path(credit)}/reverse", {"id": credit.id, "status": "REVERSED"})
        if answer.status == OK and _object(answer).get("status") == "REVERSED":
            return
        if code := _refusal_code(answer):
            raise ReversalRefused(f"{program.name} does not take the points back: {code}.", programCode=code)
        raise PartnerFailed(f"{program.name} did not confirm the reversal ({_why(answer)}). Try again.")

    def _post(self, program: ProgramFacts, path: str, said: Mapping[str, Any]) -> Answer:
        body = wire.dumps(said).encode()
        headers = {"Content-Type": "application/json", **self._signed(program, body)}
        return self._outside.http.post(_address(program, path), headers, body)

    def _get(self, program: ProgramFacts, path: str) -> Answer:
        return self._outside.http.get(_address(program, path), self._signed(program, b""))

    def _signed(self, program: ProgramFacts, body: bytes) -> dict[str, str]:
        try:
            secret = self._outside.box.open(program.sealed_secret or "", owner=program.id)
        except Undecryptable:
            raise PartnerFailed(
                f"The secret shared with {program.name} cannot be opened with the configured keys. Nothing was posted."
            ) from None
        now = int(self._outside.clock.now().timestamp())
        return webhook_headers(secret, event_id=new_id("msg"), timestamp=now, body=body)


def _address(program: ProgramFacts, path: str) -> str:
    return f"{str(program.connection.get('baseUrl', '')).rstrip('/')}{path}"


def _path(credit: Credit) -> str:
    return f"/credits/{quote(credit.id, safe='')}"


def _account(destination: Destination) -> dict[str, str]:
    return {name: text for name, text in destination.as_account().items() if text}


def _name(said: Any) -> str | None:
    """Read a member's name; what is no line of text is left out, for a name decides nothing."""
    name = said.strip() if isinstance(said, str) else ""
    return name if name and name.isprintable() and len(name) <= LONGEST_NAME else None


def _outcome(program: ProgramFacts, credit: Credit, answer: Answer) -> Outcome:
    """Read what was said of a credit; what cannot be read leaves it unknown, for money is not decided by a guess."""
    said, code = _object(answer), _refusal_code(answer)
    if code is not None:
        raise InvalidMember(f"{program.name} refused the credit: {code}.", programId=program.id, programCode=code)
    if answer.status is not None and not _is_success(answer.status):
        raise _failure(program, answer)
    if said.get("id") != credit.id:
        return Outcome.UNKNOWN
    return OUTCOMES.get(str(said.get("status")), Outcome.UNKNOWN)


def _refusal_code(answer: Answer) -> str | None:
    """Return the code of a program's final no: a 4xx with a code, or a credit that it calls refused or taken back."""
    said, status = _object(answer), answer.status or 0
    code = said.get("code")
    named = code[:LONGEST_CODE] if isinstance(code, str) and code else None
    if _is_success(status):
        return (named or str(said["status"])) if said.get("status") in ("REFUSED", "REVERSED") else None
    is_about_the_credit = 400 <= status < 500 and status not in (*NOT_ABOUT_THE_CREDIT, *UNSETTLED)  # noqa: PLR2004 - HTTP's own
    return named if is_about_the_credit else None


def _is_success(status: int) -> bool:
    return 200 <= status < 300  # noqa: PLR2004 - the range of HTTP's own word


def _object(answer: Answer) -> dict[str, Any]:
    try:
        said = wire.loads_unambiguous(answer.text.encode())
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _failure(program: ProgramFacts, answer: Answer) -> PartnerFailed | PartnerTimedOut:
    if answer.error in TIMED_OUT:
        return PartnerTimedOut(f"{program.name} did not answer in time. Nothing was posted.")
    return PartnerFailed(f"{program.name} failed ({_why(answer)}). Nothing was posted.")


def _why(answer: Answer) -> str:
    return answer.error or f"status {answer.status}"
