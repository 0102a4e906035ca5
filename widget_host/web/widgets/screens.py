"""What the screens of both widgets are made of: cards, facts, fields, and the calm screens that only say something."""

from collections.abc import Mapping, Sequence

from widget_host.domain.access.rules import ExchangeFinished, SessionEnded, SessionReplaced
from widget_host.domain.programs.rules import Field, Offer, ProgramFacts
from widget_host.kit.value import Value
from widget_host.web.language import _
from widget_host.web.widgets import words
from widget_host.web.widgets.session import face


class ProgramCard(Value, frozen=True):
    """One program; `rate` and `bonus` where it is offered: `bonus` says what is given on top, and until when."""

    id: str
    name: str
    logo: str
    rate: str = ""
    bonus: str = ""


class FieldView(Value, frozen=True):
    """One field of the destination account."""

    name: str
    label: str
    type: str
    value: str
    is_required: bool
    hint: str
    error: str

    @property
    def autocomplete(self) -> str:
        """What the browser may offer to fill in."""
        return "email" if self.type == "email" else "off"

    @property
    def described_by(self) -> str:
        """The ids of what is said about the field."""
        return " ".join(f"{self.name}-{said}" for said in ("error", "hint") if getattr(self, said))


class Fact(Value, frozen=True):
    """A name with its figure."""

    name: str
    value: str


class MessageScreen(Value, frozen=True):
    """A screen with nothing to press; `icon` is a macro of macros/icons.html."""

    icon: str
    title: str
    sentence: str
    # What the issuer's own page is told on the way back to it; where it is empty there is no way back.
    status: str = ""
    # Whether the host may be asked for another widget, by the customer or at once.
    may_start_again: bool = False
    reconnects: bool = False


def program_card(offer: Offer, locale: str) -> ProgramCard:
    """Present one program."""
    program, bonus = offer.program, words.campaign(offer.campaign, locale) if offer.campaign else ""
    return ProgramCard(program.id, program.name, program.logo, words.rate(offer, locale), bonus)


def program_sign(program: ProgramFacts) -> ProgramCard:
    """Present a program by its name and logo alone, offered or no longer."""
    return ProgramCard(program.id, program.name, program.logo)


def field_views(offer: Offer, account: Mapping[str, str], errors: Mapping[str, str]) -> list[FieldView]:
    """Present the fields that the program asks for, with what was entered and what is wrong with it."""
    return [_field(field, account.get(field.name, ""), errors.get(field.name, "")) for field in offer.program.fields]


def _field(field: Field, value: str, error: str) -> FieldView:
    return FieldView(
        name=field.name,
        label=field.label if field.required else _("%(label)s (optional)", label=field.label),
        type="email" if field.kind == "email" else "text",
        value=value,
        is_required=field.required,
        hint="" if field.hint and error.endswith(field.hint) else field.hint,
        error=error,
    )


def account_facts(program: ProgramFacts, given: Mapping[str, str | None]) -> Sequence[Fact]:
    """Show an account just enough for its owner to know it."""
    named = [(field.label, given.get(field.name)) for field in program.fields]
    return [Fact(label, words.masked(value)) for label, value in named if value]


def no_programs() -> MessageScreen:
    """Say that there is nothing to choose from."""
    sentence = _("There is nothing to exchange for at the moment.")
    return MessageScreen("gift", _("No programs right now"), sentence, "cancel")


def ended(*, reconnects: bool = False) -> MessageScreen:
    """Say that the session is over; where scripts run and there is a host, it is first asked to go on."""
    return MessageScreen(
        "lock",
        _("Your session has ended"),
        _(face().ends.ended),
        "expired",
        may_start_again=True,
        reconnects=reconnects,
    )


def over(end: SessionEnded, host_name: str, *, reconnects: bool) -> MessageScreen:
    """Say why a session does not go on."""
    if isinstance(end, ExchangeFinished):
        return finished(host_name)
    return replaced() if isinstance(end, SessionReplaced) else ended(reconnects=reconnects)


def replaced() -> MessageScreen:
    """Say that what was begun goes on elsewhere."""
    return MessageScreen("windows", _(face().ends.elsewhere), _(face().ends.go_there))


def finished(host_name: str) -> MessageScreen:
    """Say that nothing is left to do here; what came of it is the issuer's to show."""
    again = _("To make another exchange, start again in %(bank)s's app.", bank=host_name)
    title = _("This exchange is finished")
    return MessageScreen("check", title, again if host_name else "", "completed", may_start_again=True)


def nothing_to_exchange(balance: str) -> MessageScreen:
    """Say that there is no balance to take anything from."""
    sentence = _("You have %(balance)s. Come back when there is something to exchange.", balance=balance)
    return MessageScreen("gift", _("Nothing to exchange yet"), sentence, "cancel")


def reconnecting() -> MessageScreen:
    """Say that the host is asked for another widget."""
    return MessageScreen("clock", _("Reconnecting…"), "")


def maintenance() -> MessageScreen:
    """Say that the host is looked after, and that nothing has happened meanwhile."""
    return MessageScreen("clock", _("We'll be back soon"), _(face().ends.paused), "cancel")


def too_many(sentence: str) -> MessageScreen:
    """Say how long to wait where there is no step to say it in."""
    return MessageScreen("alert", _("One moment"), sentence)


def no_token(host_name: str) -> MessageScreen:
    """Say where the widget is opened from."""
    title = _("Open this page from %(bank)s's app.", bank=host_name) if host_name else _no_known_host()
    return MessageScreen("lock", title, "")


def _no_known_host() -> str:
    return _("Open this page from your bank's app.")
