"""Receipts that can be seen again: at a signed address of their own, for half an hour, without a session."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Response, request, url_for

from widget_host.domain.access.rules import ExchangeFinished, OpenWidget, Tenant
from widget_host.domain.programs.rules import ProgramFacts
from widget_host.domain.transactions.models import Transaction
from widget_host.domain.transactions.rules import COMPLETED, FAILED, PENDING
from widget_host.kit import wire
from widget_host.kit.signing import BadSignature
from widget_host.web import hx, language
from widget_host.web.headers import allow_framing
from widget_host.web.language import locale
from widget_host.web.scope import follow_clock, wiring
from widget_host.web.widgets.pages import Kept, show_again
from widget_host.web.widgets.purchase.entry import Entry
from widget_host.web.widgets.purchase.receipts import DoneScreen, Poll, done_screen, next_in, tries_of
from widget_host.web.widgets.session import carried_bearer

DONE, NEWS = "_done.html", "_news.html"
PURPOSE, LIFE = "point-exchange", timedelta(minutes=30)
# What the host is told of each state; nothing is told of one that it need not know.
STEPS = {COMPLETED: "done", PENDING: "done", FAILED: "failed"}


def address_of(made: Transaction, widget: OpenWidget) -> str:
    """Return where the receipt can be seen again, in the language and look that it has now."""
    now = int(wiring().clock.now().timestamp())
    said = [widget.tenant.tenant_key, made.id, now, language.language().tag, widget.mode]
    signed = wiring().receipt_signer.sign(said, purpose=PURPOSE)
    return url_for("purchase_entrance.open_widget", tenant=widget.tenant.tenant_key, receipt=signed)


def reopen(receipt: str) -> Response:
    """Show a receipt again as things stand now, or to scripts that ask for news only what has changed."""
    tenant, transaction_id, mode = _read(receipt)
    allow_framing(tenant.allowed_origins)
    with wiring().reading() as services:
        made = services.transactions.get(tenant.environment_id, transaction_id)
        program = services.programs.get_program(made.program_id)
        launch = services.widget_sessions.find_request(made.launch_id or "")
    address = url_for("purchase_entrance.open_widget", tenant=tenant.tenant_key, receipt=receipt)
    tries = tries_of(request.args.get("tries")) + 1
    screen = shown(made, program, address, tries, can_try_again=bool(carried_bearer()))
    kept = Kept(tenant, address, mode, launch.return_url if launch else None)
    is_news = not hx.is_partial() or made.status != PENDING
    return show_again(kept, DONE, screen, element=NEWS, messages=messages_about(made) if is_news else {})


def _read(receipt: str) -> tuple[Tenant, str, str | None]:
    """Return whose receipt it is; raises ExchangeFinished for one that is too old, or was never signed here."""
    try:
        tenant_key, transaction_id, signed_at, tag, mode = wiring().receipt_signer.verify(receipt, purpose=PURPOSE)
    except BadSignature:
        raise ExchangeFinished("This is no receipt of this host.", request.args.get("tenant")) from None
    with wiring().reading() as services:
        tenant = services.widget_sessions.find_tenant(tenant_key)
    if tenant is None:
        raise ExchangeFinished("The environment of this receipt is gone.")
    language.speak(language.choose([tag]))
    follow_clock(tenant.clock_ahead)
    if wiring().clock.now().timestamp() >= signed_at + LIFE.total_seconds():
        raise ExchangeFinished("This receipt is no longer shown.", tenant_key)
    return tenant, transaction_id, mode


def shown(made: Transaction, program: ProgramFacts, address: str, tries: int, *, can_try_again: bool) -> DoneScreen:
    """Present the receipt: a pending one asks for news at its own address, a failed one may be tried again."""
    poll = Poll(next_in(tries), tries, f"{address}&tries={tries}")
    again = Entry.of(made, locale()).hidden if can_try_again else ()
    return done_screen(made, program, locale(), poll=poll, again=again)


def messages_about(made: Transaction) -> Mapping[str, Mapping[str, Any]]:
    """Say what the host may know at once; its webhook says it with authority."""
    step = {"step": {"name": STEPS.get(made.status, "done")}}
    if made.status not in (COMPLETED, PENDING):
        return step
    told = {
        "transactionId": made.id,
        "referenceNumber": made.reference_number,
        "programId": made.program_id,
        "totalPoints": made.total_points,
        "value": wire.number(made.money.major),
        "currency": made.currency,
        "status": made.status,
    }
    return {**step, "success": told}
