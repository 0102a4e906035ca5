"""A connector that does as it is told, and remembers what it was asked."""

from collections.abc import Callable

from widget_host.domain.programs.rules import Credit, Destination, MemberCheck, Outcome, ProgramFacts


class StandInConnector:
    """Knows every member and gives every credit, until it is told otherwise."""

    answers_by_rule = True

    def __init__(self) -> None:
        self.known = MemberCheck(is_valid=True)
        self.refusal: Exception | None = None
        self.meanwhile: Callable[[], None] = lambda: None
        self.checked: list[Destination] = []
        self.credited: list[Credit] = []

    def check_member(self, program: ProgramFacts, destination: Destination) -> MemberCheck:
        self.checked.append(destination)
        return self.known

    def credit(self, program: ProgramFacts, credit: Credit) -> Outcome:
        self.meanwhile()
        if self.refusal is not None:
            raise self.refusal
        self.credited.append(credit)
        return Outcome.CREDITED

    def ask_again(self, program: ProgramFacts, credit: Credit) -> Outcome:
        return Outcome.CREDITED

    def reverse(self, program: ProgramFacts, credit: Credit) -> None:
        """Take it back without a word."""
