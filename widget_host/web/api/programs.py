"""Programs: what can be bought, what is asked of a member, whether a member is known."""

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from pydantic import Field

from widget_host.domain.programs import rules
from widget_host.domain.programs.rules import CampaignFacts, Destination, Offer
from widget_host.kit import wire
from widget_host.kit.clock import isoformat
from widget_host.web import guards
from widget_host.web.answers import answer
from widget_host.web.api.shapes_programs import (
    MEMBER_FIELD,
    PROGRAM_PARAMETER,
    TAG,
    Campaign,
    MemberCheckAnswer,
    MemberField,
    PartnerProgram,
)
from widget_host.web.operations import Link, Reply, operation
from widget_host.web.parsing import MemberEmail, MemberId, RequestBody, parse
from widget_host.web.pictures import picture_address
from widget_host.web.scope import on_loop, services, wiring

bp = guards.protect(Blueprint("programs", __name__, url_prefix="/programs"), guards.bearer)

UNSOLD = ("NO_PARTNERSHIP", "INVALID_PROGRAM")
FIRST_FIELDS = Link(
    "ProgramsController_getFields", {"programId": "$response.body#/0/id"}, "What the first program asks of a member."
)


class Member(RequestBody):
    """A member's account at a program; which of the two is needed, the program's fields say."""

    destination_user_id: MemberId | None = Field(None, description="The membership number.", examples=["AC12345678"])
    destination_user_email: MemberEmail | None = Field(None, description="The membership's e-mail.")

    def destination(self) -> Destination:
        """Return the account as the rules know it; empty text counts as not given."""
        return Destination(self.destination_user_id or None, self.destination_user_email or None)


@bp.get("")
@operation(
    "ProgramsController_findAll",
    tag=TAG,
    summary="List what your customers can buy",
    description="Every partner program that is enabled for your environment, by name, with today's prices, limits and"
    " the fields that it asks of a member.",
    answers=Reply(model=list[PartnerProgram], description="The programs.", links={"fields": FIRST_FIELDS}),
)
@on_loop
def index() -> ResponseReturnValue:
    """List what the client's customers can buy."""
    environment_id = guards.client().environment_id
    body = wiring().lookups.get(("GET /programs", environment_id), lambda: _listed(environment_id))
    return Response(body, content_type="application/json")


def _listed(environment_id: str) -> bytes:
    with wiring().reading() as services:
        offers = services.programs.list_offers(environment_id)
    return answer([_offer(offer) for offer in offers]).get_data()


@bp.get("/<id:program_id>/fields")
@operation(
    "ProgramsController_getFields",
    tag=TAG,
    summary="Read what a program asks of a member",
    description="An object keyed by field, in the order to ask. Build your form from it: programs differ.",
    parameters=(PROGRAM_PARAMETER,),
    answers=Reply(
        model=dict[str, MemberField],
        description="The fields.",
        examples={"fields": {"destinationUserId": MEMBER_FIELD}},
    ),
    errors=UNSOLD,
)
def fields(program_id: str) -> ResponseReturnValue:
    """Say what the program asks of a member."""
    offer = services().programs.get_offer(guards.client().environment_id, program_id)
    return answer(_fields(offer.program.fields))


@bp.post("/<id:program_id>/validate-member")
@operation(
    "ProgramsController_validateMember",
    tag=TAG,
    summary="Check a member's account",
    description="Ask the program whether it would give points to this account, before anything is ordered. That it"
    " would not is a normal answer with a reason, not an error.",
    parameters=(PROGRAM_PARAMETER,),
    request=Member,
    answers=Reply(
        model=MemberCheckAnswer,
        description="Whether the program knows the member.",
        examples={"known": {"isValid": True}, "unknown": {"isValid": False, "reason": "NOT_FOUND"}},
    ),
    errors=(*UNSOLD, "PARTNER_ERROR", "PARTNER_TIMEOUT"),
)
def validate_member(program_id: str) -> ResponseReturnValue:
    """Say whether the program knows this member; that it does not is a normal answer."""
    member = parse(Member)
    check = wiring().members.check(guards.client().environment_id, program_id, member.destination())
    said = {"isValid": True} if check.is_valid else {"isValid": False, "reason": check.reason}
    return answer(MemberCheckAnswer.model_validate(said))


def _offer(offer: Offer) -> PartnerProgram:
    program = offer.program
    return PartnerProgram(
        id=program.id,
        name=program.name,
        business_name=program.business_name,
        logo=picture_address(program.logo),
        industry=program.industry,
        terms_and_conditions_url=program.terms_url,
        brand_description=program.description,
        program_currency=program.unit,
        price_per_point_in_usd=wire.plain(offer.price_in_usd),
        price_per_point_in_local_currency=wire.plain(offer.price_at_home),
        price_per_point=wire.plain(offer.price),
        min_amount_of_points=offer.min_points,
        max_amount_of_points=offer.max_points,
        min_value=offer.min_value.whole_up(),
        max_value=offer.max_value.whole_down(),
        local_currency=offer.currency,
        fields=_fields(program.fields),
        **({} if offer.campaign is None else {"campaign": _campaign(offer.campaign)}),
    )


def _campaign(campaign: CampaignFacts) -> Campaign:
    return Campaign(
        name=campaign.name,
        bonus_percent=wire.plain(campaign.bonus_percent),
        ends_at=isoformat(campaign.ends_at),
    )


def _fields(asked: tuple[rules.Field, ...]) -> dict[str, MemberField]:
    return {field.name: _field(field) for field in asked}


def _field(field: rules.Field) -> MemberField:
    said = {
        "required": field.required,
        "type": field.kind,
        "label": field.label,
        "pattern": field.pattern,
        "hint": field.hint,
        "example": field.example,
    }
    return MemberField.model_validate({name: value for name, value in said.items() if value is not None})
