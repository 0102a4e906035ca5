"""Programs: what can be bought, what is asked of a member, whether a member is known."""

from typing import Any

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from widget_host.domain.programs.rules import Destination, Field, Offer
from widget_host.kit import wire
from widget_host.web import guards
from widget_host.web.parsing import MemberEmail, MemberId, RequestBody, parse
from widget_host.web.scope import services, wiring

bp = guards.protect(Blueprint("programs", __name__, url_prefix="/programs"), guards.bearer)


class Member(RequestBody):
    """A member's account at a program."""

    destination_user_id: MemberId | None = None
    destination_user_email: MemberEmail | None = None

    def destination(self) -> Destination:
        """Return the account as the rules know it; empty text counts as not given."""
        return Destination(self.destination_user_id or None, self.destination_user_email or None)


@bp.get("")
def index() -> ResponseReturnValue:
    """List what the client's customers can buy."""
    offers = services().programs.list_offers(guards.client().environment_id)
    return jsonify([_offer(offer) for offer in offers])


@bp.get("/<id:program_id>/fields")
def fields(program_id: str) -> ResponseReturnValue:
    """Say what the program asks of a member."""
    offer = services().programs.get_offer(guards.client().environment_id, program_id)
    return jsonify(_fields(offer.program.fields))


@bp.post("/<id:program_id>/validate-member")
def validate_member(program_id: str) -> ResponseReturnValue:
    """Say whether the program knows this member; that it does not is a normal answer."""
    member = parse(Member)
    check = wiring().members.check(guards.client().environment_id, program_id, member.destination())
    return jsonify({"isValid": True} if check.is_valid else {"isValid": False, "reason": check.reason})


def _offer(offer: Offer) -> dict[str, Any]:
    program = offer.program
    return {
        "id": program.id,
        "name": program.name,
        "businessName": program.business_name,
        "logo": f"{wiring().settings.base_url}/static/{program.logo}",
        "industry": program.industry,
        "termsAndConditionsUrl": program.terms_url,
        "brandDescription": program.description,
        "programCurrency": program.unit,
        "pricePerPointInUsd": wire.plain(offer.price_in_usd),
        "pricePerPointInLocalCurrency": wire.plain(offer.price_at_home),
        "pricePerPoint": wire.plain(offer.price),
        "minAmountOfPoints": offer.min_points,
        "maxAmountOfPoints": offer.max_points,
        "minValue": offer.min_value.whole_up(),
        "maxValue": offer.max_value.whole_down(),
        "localCurrency": offer.currency,
        "fields": _fields(program.fields),
    }


def _fields(asked: tuple[Field, ...]) -> dict[str, Any]:
    return {field.name: _field(field) for field in asked}


def _field(field: Field) -> dict[str, Any]:
    said = {
        "required": field.required,
        "type": field.kind,
        "label": field.label,
        "pattern": field.pattern,
        "hint": field.hint,
        "example": field.example,
    }
    return {name: value for name, value in said.items() if value is not None}
