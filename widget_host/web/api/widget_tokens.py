"""Launch tokens: the issuer's backend asks for a widget on behalf of one customer."""

from typing import Annotated, Literal

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from pydantic import Field

from widget_host.domain.access.rules import LAUNCH_LIFE, POINT_EXCHANGE, LaunchRequest, Prefill
from widget_host.kit.errors import FieldError, InvalidFields, InvalidToken
from widget_host.web import guards
from widget_host.web.api.programs import Member
from widget_host.web.parsing import PLAIN, Balance, Currency, Id, RequestBody, Text, money, parse
from widget_host.web.scope import services, wiring, work

bp = guards.protect(Blueprint("widget_tokens", __name__, url_prefix="/auth/widget"), guards.bearer_or_secret)


class PointExchangeLaunch(RequestBody):
    """Whose widget it is, and what the issuer already knows; credentials only where no bearer is sent."""

    client_id: Text | None = None
    client_secret: Text | None = None
    source_user_id: Annotated[str, Field(min_length=1, max_length=200), PLAIN]
    source_user_email: Annotated[str, Field(max_length=254), PLAIN] | None = None
    currency: Currency | None = None
    balance: Balance | None = None
    program_ids: Annotated[list[Id], Field(max_length=200)] = []
    destination_accounts: dict[Id, Member] = {}
    reference_number: Id | None = None
    locale: Annotated[str, Field(min_length=2, max_length=35), PLAIN] | None = None
    theme: Literal["light", "dark", "auto"] | None = None

    def request(self, local_currency: str) -> LaunchRequest:
        """Return it as the rules know it."""
        accounts = {key: member.destination() for key, member in self.destination_accounts.items()}
        return LaunchRequest(
            source_user_id=self.source_user_id,
            source_user_email=self.source_user_email,
            currency=self.currency,
            balance=self.balance
            if self.balance is None
            else money(self.balance, self.currency or local_currency, field="balance"),
            program_ids=tuple(self.program_ids),
            destination_accounts={key: Prefill(each.user_id, each.user_email) for key, each in accounts.items()},
            reference_number=self.reference_number,
            locale=self.locale,
            theme=self.theme,
        )


@bp.post("/point-exchange")
def point_exchange() -> ResponseReturnValue:
    """Give the token that opens the Purchase widget once, within ten minutes."""
    asked = parse(PointExchangeLaunch)
    environment = services().organizations.get_environment(_environment_id(asked))
    request = asked.request(environment.local_currency)
    _check_programs(asked, environment.id)
    token = work().widget_sessions.launch(environment, POINT_EXCHANGE, request)
    address = f"{wiring().settings.base_url}/widget/{POINT_EXCHANGE}?token={token}"
    return jsonify(accessToken=token, expiresIn=int(LAUNCH_LIFE.total_seconds()), widgetUrl=address)


def _environment_id(asked: PointExchangeLaunch) -> str:
    if guards.is_bearer():
        return guards.client().environment_id
    client = services().clients.find(asked.client_id or "", asked.client_secret or "")
    if client is None:
        raise InvalidToken("Unknown client, or wrong secret. Send a bearer token, or clientId and clientSecret.")
    return client.environment_id


def _check_programs(asked: PointExchangeLaunch, environment_id: str) -> None:
    offered = {offer.program.id for offer in services().programs.list_offers(environment_id, asked.currency)}
    named = [("programIds", key) for key in asked.program_ids]
    named += [("destinationAccounts", key) for key in asked.destination_accounts]
    errors = [
        FieldError(field, "unknown_program", f"{key} is not one of your enabled programs.")
        for field, key in named
        if key not in offered
    ]
    if errors:
        raise InvalidFields(errors)
