"""Everything that a step of the Multibrand widget works on: what is stored, what is offered, what is drafted."""

from collections.abc import Mapping

from widget_host.domain.access.rules import LaunchedCard, OpenWidget, SessionEnded
from widget_host.domain.preferences.rules import MOST_PROGRAMS, CardChoice
from widget_host.domain.programs.rules import InvalidProgram, Offer, ProgramFacts
from widget_host.kit.value import Value, replace
from widget_host.services import Services
from widget_host.web.widgets.multibrand.draft import Draft, ids_of


class Desk(Value, frozen=True):
    """One step's work; `programs` may stand in a line, of them `offers` can be given a share."""

    widget: OpenWidget
    card: LaunchedCard
    stored: CardChoice | None
    programs: Mapping[str, ProgramFacts]
    offers: Mapping[str, Offer]
    draft: Draft

    @property
    def most(self) -> int:
        """How many programs the card may have."""
        return self.card.max_programs or MOST_PROGRAMS

    @property
    def to_add(self) -> list[Offer]:
        """The programs that may be added: the issuer may have named some."""
        named, there = self.widget.request.program_ids, ids_of(self.draft.lines)
        return [each for key, each in self.offers.items() if key not in there and (not named or key in named)]

    @property
    def can_add(self) -> bool:
        """Whether there is room for another program, and one to put there."""
        return len(self.draft.lines) < self.most and bool(self.to_add)

    def drafting(self, draft: Draft) -> "Desk":
        """Work on this draft; a program that is no longer offered keeps its line and gets nothing."""
        if ids_of(draft.everything) - self.programs.keys():
            raise InvalidProgram("A program of this draft is not offered here.")
        return replace(self, draft=draft.emptied_of_all_but(self.offers))

    def offer(self, program_id: str) -> Offer:
        """Return the program's offer; raises InvalidProgram where it is none that the card may have."""
        addable = {each.program.id for each in self.to_add} | ids_of(self.draft.lines)
        found = self.offers.get(program_id)
        if found is None or program_id not in addable:
            raise InvalidProgram("This program is not offered here.", programId=program_id)
        return found


def lay_out(services: Services, widget: OpenWidget) -> Desk:
    """Read what is stored for the card, and begin with it."""
    card = widget.request.card
    if card is None:
        raise SessionEnded("This widget was opened for no card.")
    environment_id, user_id = widget.tenant.environment_id, widget.request.source_user_id
    stored = services.preferences.find(environment_id, user_id, card.id)
    offers = {each.program.id: each for each in services.programs.list_offers(environment_id)}
    chosen = [each.program_id for each in stored.programs] if stored else []
    programs = {key: each.program for key, each in offers.items()}
    programs |= {key: services.programs.get_program(key) for key in chosen if key not in programs}
    return Desk(widget, card, stored, programs, offers, Draft()).drafting(Draft.of(stored))
