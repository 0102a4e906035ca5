"""Whether a draft may be saved and an account taken in, and what is wrong where they may not."""

from collections.abc import Mapping

from widget_host.domain.preferences.rules import WHOLE, connected_anew
from widget_host.domain.programs.rules import Offer
from widget_host.domain.programs.service import Members
from widget_host.web.language import _, locale, ngettext
from widget_host.web.widgets import words
from widget_host.web.widgets.multibrand.desk import Desk
from widget_host.web.widgets.multibrand.screens import Wrong, field_errors
from widget_host.web.widgets.purchase.entry import Entry, misfits_of, missing


def unsaved(desk: Desk) -> Wrong | None:
    """Return what keeps the draft from being saved, if anything does."""
    draft = desk.draft
    unread = [each.program_id for each in draft.lines if each.allocation is None]
    if unread:
        return Wrong(percents=dict.fromkeys(unread, _("Enter a whole number from 0 to 100.")))
    if not draft.lines:
        return Wrong(notice=_("Choose at least one program."))
    if len(draft.lines) > desk.most:
        return Wrong(notice=_too_many(len(draft.lines) - desk.most))
    return None if draft.total == WHOLE else Wrong(notice=_unbalanced(draft.total))


def _too_many(surplus: int) -> str:
    return ngettext("Remove one program to save.", "Remove %(count)s programs to save.", surplus)


def _unbalanced(total: int) -> str:
    if total < WHOLE:
        left = words.percent(WHOLE - total, locale())
        return _("Allocate the remaining %(percent)s to save.", percent=left)
    return _("Take %(percent)s away to save.", percent=words.percent(total - WHOLE, locale()))


def account_errors(entry: Entry, offer: Offer, desk: Desk, members: Members) -> Mapping[str, str]:
    """Return what is wrong with an account, by field; the program is asked only about a complete one."""
    fields = missing(entry, offer)
    if fields:
        return field_errors(offer, fields)
    found = members.check(desk.widget.tenant.environment_id, offer.program.id, entry.destination(offer))
    if found.is_valid:
        return {}
    misfits = misfits_of(entry, offer) if found.reason == "MALFORMED" else []
    return field_errors(offer, misfits) or {offer.program.fields[0].name: unknown_member(offer)}


def unknown_member(offer: Offer) -> str:
    """Say that the program does not know the member."""
    return _("%(program)s couldn't find that member number. Check it and try again.", program=offer.program.name)


def entries_to_check(desk: Desk) -> list[tuple[Offer, Entry]]:
    """Return the accounts of the draft that are not stored yet: a form may carry what nobody asked a program about."""
    before = desk.stored.programs if desk.stored else ()
    anew = connected_anew(before, desk.draft.preferred())
    return [(desk.offer(each.program_id), _entry(each.program_id, each.destination.as_account())) for each in anew]


def _entry(program_id: str, account: Mapping[str, str | None]) -> Entry:
    return Entry(program_id=program_id, account={name: value or "" for name, value in account.items()})
