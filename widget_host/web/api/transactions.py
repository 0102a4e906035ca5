"""Transactions: preview, issue, list, read back."""

from decimal import Decimal

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from pydantic import Field

from widget_host.domain.orders.rules import Issued
from widget_host.domain.quotes.rules import Held
from widget_host.domain.transactions.models import Transaction
from widget_host.domain.transactions.rules import POINTS, Asked, Order
from widget_host.kit import wire
from widget_host.kit.clock import isoformat
from widget_host.kit.money import Money
from widget_host.web import guards
from widget_host.web.answers import answer
from widget_host.web.api import rows
from widget_host.web.api.period import PERIOD_PARAMETERS, Period, cursor_after
from widget_host.web.api.programs import UNSOLD, Member
from widget_host.web.api.shapes_programs import PROGRAM_ID
from widget_host.web.api.shapes_transactions import (
    READ_BACK,
    TAG,
    TRANSACTION_PARAMETER,
    DestinationAccount,
    PreviewAnswer,
    ReceiptAnswer,
    StatusNote,
    TransactionAnswer,
    TransactionRow,
)
from widget_host.web.idempotency import KEY_ERRORS, KEY_PARAMETER, REPLAYED, is_keyed, once
from widget_host.web.operations import Reply, operation
from widget_host.web.paging import link_next
from widget_host.web.parsing import (
    AmountOfCurrency,
    CurrencyOrPoints,
    Description,
    Id,
    ReferenceNumber,
    RequestBody,
    money,
    parse,
    query,
)
from widget_host.web.scope import on_loop, services, wiring, work

bp = guards.protect(Blueprint("transactions", __name__, url_prefix="/transactions"), guards.bearer)


CONFLICTS = ("DUPLICATE_REFERENCE", "QUOTE_EXPIRED", "REQUEST_IN_PROGRESS")
LIMITS = ("VALUE_LIMIT_EXCEEDED", "POINTS_LIMIT_EXCEEDED")
PARTNER = ("PARTNER_ERROR", "PARTNER_TIMEOUT")


class PreviewRequest(RequestBody):
    """A value, or with `currency: "POINTS"` a number of points; without a currency, the environment's own."""

    program_id: Id = Field(description="Whose points.", examples=[PROGRAM_ID])
    currency: CurrencyOrPoints | None = Field(
        None,
        description="ISO 4217, or `POINTS` where `value` is a number of points. Your own currency where left out.",
        examples=["USD"],
    )
    value: AmountOfCurrency = Field(
        description="The value in major units, with at most the currency's own decimals.", examples=[25]
    )


class NewTransaction(RequestBody):
    """An order: what to turn into whose points, under a reference that makes it happen once."""

    program_id: Id = Field(description="Whose points.", examples=[PROGRAM_ID])
    currency: CurrencyOrPoints = Field(
        description="ISO 4217, or `POINTS` where `value` is an exact number of points.", examples=["USD"]
    )
    value: AmountOfCurrency = Field(
        description="The value in major units, with at most the currency's own decimals.", examples=[25]
    )
    destination_account: Member = Field(description="Whose account receives the points.")
    reference_number: ReferenceNumber = Field(
        description="Your own name for this order. Sent again with the same body it gives the same answer, and"
        " nothing happens twice.",
        examples=["order-1"],
    )
    description: Description | None = Field(
        None, description="For your own books; kept and given back.", examples=["March statement"]
    )
    quote_id: Id | None = Field(
        None,
        description="The quote whose price to issue at, given for the same program, value and currency; without one,"
        " the price of the moment.",
    )

    def order(self, environment_id: str) -> Order:
        """Return the order as the rules know it."""
        value, points = _value_or_points(self.value, self.currency)
        return Order(
            environment_id=environment_id,
            program_id=self.program_id,
            destination=self.destination_account.destination(),
            reference_number=self.reference_number,
            value=value,
            points=points,
            description=self.description,
            quote_id=self.quote_id,
        )


@bp.post("/preview")
@operation(
    "TransactionsController_preview",
    tag=TAG,
    summary="Ask what a value would buy",
    description="Price an order without making it, and hold the price for two minutes: an order that names the"
    " `quoteId` gets these figures and no others. Only whole points are given: what is left of the value after the last"
    " whole point is not turned into anything.",
    parameters=(KEY_PARAMETER,),
    request=PreviewRequest,
    request_examples={
        "value": {"programId": PROGRAM_ID, "value": 25, "currency": "USD"},
        "points": {"programId": PROGRAM_ID, "value": 2500, "currency": "POINTS"},
    },
    answers=Reply(
        model=PreviewAnswer,
        description="What the value buys.",
        headers=("Idempotency-Replayed",),
    ),
    errors=(*UNSOLD, "POINTS_MODE_DISABLED", *LIMITS, *KEY_ERRORS),
)
@on_loop
@once
def preview() -> ResponseReturnValue:
    """Say what a value would buy, and hold the price for two minutes."""
    said, environment_id = parse(PreviewRequest), guards.client().environment_id
    currency = said.currency or wiring().offers.home_currency(environment_id)
    asked = Asked(environment_id, said.program_id, *_value_or_points(said.value, currency))
    # With a key the quote stands or falls with the answer that is kept under it.
    holding = work().quotes if is_keyed() else wiring().holding
    return answer(_quote(holding.hold(asked)))


@bp.post("")
@operation(
    "TransactionsController_create",
    tag=TAG,
    summary="Issue points",
    description="Turn a value into points of a member's account, once per `referenceNumber`: the same reference with"
    " the same body gives the stored answer again, with `Idempotency-Replayed: true`; with another body it is"
    " refused. After a timeout of your own, send the same request again.",
    request=NewTransaction,
    answers=Reply(
        status=201,
        model=ReceiptAnswer,
        description="The points are given, or were by the same request before.",
        headers=("Idempotency-Replayed",),
        links=READ_BACK,
    ),
    errors=(
        *UNSOLD,
        "POINTS_MODE_DISABLED",
        *CONFLICTS,
        *LIMITS,
        "INVALID_MEMBER",
        *PARTNER,
    ),
)
@on_loop
def create() -> ResponseReturnValue:
    """Issue points, once per reference number."""
    order = parse(NewTransaction).order(guards.client().environment_id)
    return _issued(wiring().issuing.issue(order))


@bp.get("")
@operation(
    "TransactionsController_findAll",
    tag=TAG,
    summary="List the transactions of a period",
    description="Oldest first, both ends of the period included. Long lists come in pages: follow the `Link` header."
    " Ask with `Accept: text/csv` for the same rows as CSV, to reconcile in a spreadsheet.",
    parameters=PERIOD_PARAMETERS,
    answers=Reply(
        model=list[TransactionRow],
        description="The rows of this page.",
        media_types=("application/json", "text/csv"),
        headers=("Link",),
    ),
)
def index() -> ResponseReturnValue:
    """List the transactions of a period, oldest first; as CSV where the caller prefers it."""
    period = parse(Period, query())
    size = period.page_size()
    found = services().transactions.list_between(
        guards.client().environment_id,
        *period.ends(),
        program_id=period.program_id,
        after=period.after(),
        limit=size + 1,
    )
    shown = found[:size]
    names = services().programs.names({transaction.program_id for transaction in shown})
    cursor = cursor_after(shown[-1].created_at, shown[-1].id) if len(found) > size else None
    listed = [rows.transaction(each, names[each.program_id]) for each in shown]
    is_csv = request.accept_mimetypes.best_match(["application/json", "text/csv"]) == "text/csv"
    return link_next(rows.csv(listed) if is_csv else answer(listed), cursor)


@bp.get("/<reference:transaction_id>")
@operation(
    "TransactionsController_findOne",
    tag=TAG,
    summary="Read a transaction back",
    description="By the id that the order's answer gave, or by the order's own reference number: after a lost answer,"
    " this tells whether it happened.",
    parameters=(TRANSACTION_PARAMETER,),
    answers=Reply(model=TransactionAnswer, description="The transaction as it stands now."),
    errors=("NOT_FOUND",),
)
def show(transaction_id: str) -> ResponseReturnValue:
    """Read one transaction back by its id or its reference number."""
    found = services().transactions.get(guards.client().environment_id, transaction_id)
    name = services().programs.get_program(found.program_id).name
    history = [
        StatusNote(status=each.status, reason=each.reason, date=isoformat(each.at))
        for each in services().transactions.history(found)
    ]
    return answer(_whole(found, name, history))


def _value_or_points(value: Decimal, currency: str) -> tuple[Money | None, int | None]:
    return (None, int(value)) if currency == POINTS else (money(value, currency), None)


def _quote(held: Held) -> PreviewAnswer:
    preview = held.preview
    return PreviewAnswer(
        total_points=preview.total_points,
        quote_id=held.id,
        expires_at=isoformat(held.expires_at),
        value=wire.number(preview.value.major),
        currency=preview.value.currency,
        price_per_point=wire.plain(preview.price),
        bonus_points=preview.bonus_points,
    )


def _issued(issued: Issued) -> Response:
    receipt = issued.receipt
    said = ReceiptAnswer(
        id=receipt.id,
        total_points=receipt.total_points,
        reference_number=receipt.reference_number,
        date=isoformat(receipt.date),
        status=receipt.status,
    )
    given = answer(said, 201)
    if issued.is_replay:
        given.headers[REPLAYED] = "true"
    return given


def _whole(transaction: Transaction, program_name: str, history: list[StatusNote]) -> TransactionAnswer:
    return TransactionAnswer(
        **dict(rows.transaction(transaction, program_name)),
        total_points=transaction.total_points,
        value=wire.number(transaction.money.major),
        price_per_point=transaction.price,
        destination_account=DestinationAccount(
            destination_user_id=transaction.destination_user_id,
            destination_user_email=transaction.destination_user_email,
        ),
        date=isoformat(transaction.created_at),
        status_history=history,
    )
