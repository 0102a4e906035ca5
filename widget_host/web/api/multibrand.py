"""Multibrand: what a card's rewards are turned into, and rewards to be divided so."""

from typing import Annotated

from flask import Blueprint
from flask.typing import ResponseReturnValue
from pydantic import Field

from widget_host.domain.orders.rules import AllIssued, Given
from widget_host.domain.preferences.rules import Preferred, Reward
from widget_host.kit import wire
from widget_host.kit.clock import isoformat
from widget_host.kit.money import Money
from widget_host.web import guards
from widget_host.web.answers import answer
from widget_host.web.api.programs import UNSOLD
from widget_host.web.api.shapes_events import EventAccount
from widget_host.web.api.shapes_multibrand import (
    CARD_PARAMETERS,
    LONGEST,
    TAG,
    PreferencesAnswer,
    PreferredAnswer,
    RewardAnswer,
    RewardPart,
)
from widget_host.web.api.transactions import LIMITS, PARTNER
from widget_host.web.idempotency import KEY_ERRORS, KEY_PARAMETER, REPLAYED, claim_of_header
from widget_host.web.operations import Reply, operation
from widget_host.web.parsing import (
    NO_CONTROLS,
    PLAIN,
    AmountOfCurrency,
    Currency,
    Query,
    RequestBody,
    money,
    parse,
    query,
)
from widget_host.web.scope import services, wiring

bp = guards.protect(Blueprint("multibrand_api", __name__, url_prefix="/multibrand"), guards.bearer)

_NO_CONTROLS = Field(json_schema_extra={"pattern": NO_CONTROLS})
CustomerOrCard = Annotated[str, Field(min_length=1, max_length=LONGEST), PLAIN, _NO_CONTROLS]
# Its parts get it with their number behind.
RewardReference = Annotated[str, Field(min_length=1, max_length=110), PLAIN, _NO_CONTROLS]


class Card(Query):
    """Whose card."""

    source_user_id: CustomerOrCard
    card_id: CustomerOrCard


class NewReward(RequestBody):
    """What a card earned, under a reference that makes it happen once."""

    source_user_id: CustomerOrCard = Field(description="Your own id for the customer.", examples=["customer-1"])
    card_id: CustomerOrCard = Field(description="Your own id for the card.", examples=["card-1"])
    currency: Currency = Field(description="ISO 4217.", examples=["USD"])
    value: AmountOfCurrency = Field(
        description="The value in major units, with at most the currency's own decimals.", examples=[25]
    )
    reference_number: RewardReference = Field(
        description="Your own name for this reward. Sent again with the same body it gives the same answer, and"
        " nothing happens twice.",
        examples=["reward-1"],
    )


@bp.get("/preferences")
@operation(
    "MultibrandController_find",
    tag=TAG,
    summary="Read a card's preferences",
    description="Which programs the rewards of a customer's card go to, and how many percent each gets.",
    parameters=CARD_PARAMETERS,
    answers=Reply(model=PreferencesAnswer, description="What the customer chose."),
    errors=("NOT_FOUND",),
)
def find() -> ResponseReturnValue:
    """Return which programs a card's rewards go to, and how many percent each gets."""
    card = parse(Card, query())
    chosen = services().preferences.get(guards.client().environment_id, card.source_user_id, card.card_id)
    names = services().programs.names(each.program_id for each in chosen.programs)
    return answer(
        PreferencesAnswer(
            source_user_id=chosen.source_user_id,
            card_id=chosen.card_id,
            version=chosen.version,
            preferences=[_preferred(each, names[each.program_id]) for each in chosen.programs],
            updated_at=isoformat(chosen.updated_at),
        )
    )


@bp.post("/rewards")
@operation(
    "MultibrandController_reward",
    tag=TAG,
    summary="Divide a reward among programs",
    description="Turn what a card earned into one transaction for each program that its customer chose, divided by"
    " their percents to the last minor unit, all or nothing. Sent again under the same `referenceNumber` with the same"
    " body it gives the stored answer again, with `Idempotency-Replayed: true`. A part that is PENDING is decided"
    " later: when its program refuses in the end it becomes FAILED, and every part that was given is taken back:"
    " REVERSED, with a webhook of its own. A part that its program does not take back stays COMPLETED, and its"
    " `statusHistory` says why.",
    parameters=(KEY_PARAMETER,),
    request=NewReward,
    answers=Reply(
        status=201,
        model=RewardAnswer,
        description="Every program's points are given, or were by the same request before.",
        headers=(REPLAYED,),
    ),
    errors=(*UNSOLD, "NOT_FOUND", *KEY_ERRORS, *LIMITS, "INVALID_MEMBER", *PARTNER),
)
def reward() -> ResponseReturnValue:
    """Divide a reward among the card's programs: one transaction for each, all or none."""
    asked, environment_id = parse(NewReward), guards.client().environment_id
    value = money(asked.value, asked.currency)
    wanted = Reward(environment_id, asked.source_user_id, asked.card_id, value, asked.reference_number)
    claim = claim_of_header()
    issued = wiring().rewards.give(wanted, *([claim] if claim else []))
    given = answer(_rewarded(wanted, issued), 201)
    if issued.is_replay:
        given.headers[REPLAYED] = "true"
    return given


def _preferred(preferred: Preferred, program_name: str) -> PreferredAnswer:
    return PreferredAnswer(
        program_id=preferred.program_id,
        program_name=program_name,
        destination_account=EventAccount.model_validate(preferred.destination.as_account()),
        allocation=preferred.allocation,
    )


def _rewarded(reward: Reward, issued: AllIssued) -> RewardAnswer:
    return RewardAnswer(
        reference_number=reward.reference_number,
        source_user_id=reward.source_user_id,
        card_id=reward.card_id,
        value=wire.number(reward.value.major),
        currency=reward.value.currency,
        date=isoformat(issued.parts[0].receipt.date),
        transactions=[_part(part, reward.value.currency) for part in issued.parts],
    )


def _part(part: Given, currency: str) -> RewardPart:
    return RewardPart(
        id=part.receipt.id,
        program_id=part.said["programId"],
        allocation=part.said["allocation"],
        value=wire.number(Money(part.said["value"], currency).major),
        total_points=part.receipt.total_points,
        reference_number=part.receipt.reference_number,
        status=part.receipt.status,
    )
