"""A program that is really asked: it answers what was laid out for it, and remembers what it was asked."""

from widget_host.domain.programs.rules import Credit, Destination, MemberCheck, Outcome, ProgramFacts

Answer = Outcome | Exception


class AskedConnector:
    """Gives the answers laid out, in their order, and credits when none is left."""

    answers_by_rule = False

    def __init__(self, *answers: Answer, check: MemberCheck | None = None) -> None:
        self.answers = list(answers)
        self.check = check or MemberCheck(is_valid=True)
        self.credited: list[Credit] = []
        self.asked_again: list[Credit] = []

    def check_member(self, program: ProgramFacts, destination: Destination) -> MemberCheck:
        return self.check

    def credit(self, program: ProgramFacts, credit: Credit) -> Outcome:
        self.credited.append(credit)
        return self._answer()

    def ask_again(self, program: ProgramFacts, credit: Credit) -> Outcome:
        self.asked_again.append(credit)
        return self._answer()

    def reverse(self, program: ProgramFacts, credit: Credit) -> None:
        """Take it back without a word."""

    def _answer(self) -> Outcome:
        answer = self.answers.pop(0) if self.answers else Outcome.CREDITED
        if isinstance(answer, Exception):
            raise answer
        return answer
