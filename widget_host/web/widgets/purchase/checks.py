"""Whether an entry may go on to the review, and all that is wrong with it where it may not."""

from widget_host.domain.access.rules import OpenWidget
from widget_host.domain.programs.rules import MemberCheck, Offer
from widget_host.domain.programs.service import Members
from widget_host.domain.transactions.rules import InvalidMember, Preview
from widget_host.kit.errors import Refused
from widget_host.kit.value import replace
from widget_host.web.widgets import refusals
from widget_host.web.widgets.purchase.amount_screen import Wrong
from widget_host.web.widgets.purchase.entry import Entry, misfits_of, missing, price


def check(entry: Entry, offer: Offer, widget: OpenWidget, members: Members, locale: str) -> Entry | Wrong:
    """Return the entry, with the member's name where the program tells it, or everything that is wrong.

    The program is asked only about a complete entry.
    """
    preview, amount = _priced(entry, offer, widget, locale)
    if not entry.is_for(offer):
        return Wrong(amount=amount, notice=refusals.changed_program(offer))
    fields = missing(entry, offer)
    if preview is None or fields:
        return Wrong(amount=amount, fields=fields)
    found = members.check(widget.tenant.environment_id, offer.program.id, entry.destination(offer))
    return replace(entry, member=found.name or "") if found.is_valid else _unknown(entry, offer, found)


def _priced(entry: Entry, offer: Offer, widget: OpenWidget, locale: str) -> tuple[Preview | None, Refused | None]:
    try:
        return price(entry, offer, widget, locale), None
    except refusals.ABOUT_AMOUNT as refusal:
        return None, refusal


def _unknown(entry: Entry, offer: Offer, found: MemberCheck) -> Wrong:
    fields = misfits_of(entry, offer) if found.reason == "MALFORMED" else []
    return Wrong(fields=fields) if fields else Wrong(member=InvalidMember("The program does not know this member."))
