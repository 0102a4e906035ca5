"""Launch tokens: the issuer's backend asks for a widget on behalf of one customer."""

from typing import Annotated, Literal

from flask import Blueprint
from flask.typing import ResponseReturnValue
from pydantic import Field

from widget_host.domain.access.rules import LAUNCH_LIFE, POINT_EXCHANGE, LaunchRequest, Prefill
from widget_host.domain.organizations.models import Environment
from widget_host.kit.errors import FieldError, InvalidFields, InvalidToken
from widget_host.web import guards
from widget_host.web.answers import Answer, Uri, answer
from widget_host.web.api import oauth
from widget_host.web.api.programs import Member
from widget_host.web.api.shapes_programs import PROGRAM_ID
from widget_host.web.idempotency import KEY_ERRORS, KEY_PARAMETER, once
from widget_host.web.operations import Reply, operation
from widget_host.web.parsing import (
    Balance,
    Currency,
    Id,
    Locale,
    MemberEmail,
    ReferenceNumber,
    RequestBody,
    Text,
    UserId,
    money,
    parse,
)
from widget_host.web.scope import services, wiring, work

bp = guards.protect(Blueprint("widget_tokens", __name__, url_prefix="/auth/widget"), guards.bearer_or_secret)


TAG = "Widgets"
LAUNCH_TOKEN = "WyJ3Z2xfMDFtN3hwM2EiLCJ0a18wMSJd.aX3Rqg.Jq1sT0xM2vB7"  # noqa: S105 - made up for the examples
LAUNCH_SECONDS = int(LAUNCH_LIFE.total_seconds())


class PointExchangeLaunch(RequestBody):
    """Whose widget it is, and what the issuer already knows; credentials only where no bearer is sent."""

    client_id: Text | None = Field(None, description="Your client id, where no access token is sent.")
    client_secret: Text | None = Field(None, description="A secret, where no access token is sent.")
    source_user_id: UserId = Field(description="Your own id for the customer.", examples=["customer-1"])
    source_user_email: MemberEmail | None = Field(None, description="The customer's e-mail, offered in the form.")
    currency: Currency | None = Field(
        None, description="ISO 4217: what the customer pays in. Your own currency where left out.", examples=["USD"]
    )
    balance: Balance | None = Field(
        None, description="What the customer can spend, in major units; no order is larger.", examples=[250]
    )
    program_ids: Annotated[list[Id], Field(max_length=200)] = Field(
        [], description="Show these programs only; all of yours where left out.", examples=[[PROGRAM_ID]]
    )
    destination_accounts: Annotated[dict[Id, Member], Field(max_length=200)] = Field(
        {},
        description="The customer's accounts that you know already, by program id.",
        examples=[{PROGRAM_ID: {"destinationUserId": "AC12345678"}}],
    )
    reference_number: ReferenceNumber | None = Field(
        None, description="Your own name for the order that may come of it."
    )
    locale: Locale | None = Field(None, description="The widget's language, as BCP 47 has it.", examples=["en"])
    theme: Literal["light", "dark", "auto"] | None = Field(
        None, description="Light or dark; the customer's own setting where left out.", examples=["auto"]
    )
    return_url: Text | None = Field(
        None,
        description="Where the customer goes when it is over, for a widget in a browser of its own: one of the"
        " addresses registered for the environment. `status` and `reference` are added to it.",
    )

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
            return_url=self.return_url,
        )


class WidgetToken(Answer):
    """What opens a widget."""

    access_token: str = Field(
        description="The launch token; it is spent by the order that comes of it.", examples=[LAUNCH_TOKEN]
    )
    expires_in: int = Field(description="How many seconds it lives.", examples=[LAUNCH_SECONDS])
    widget_url: Uri = Field(
        description="The address to frame.",
        examples=[f"https://points.example.com/widget/point-exchange?token={LAUNCH_TOKEN}"],
    )


@bp.post("/point-exchange")
@operation(
    "WidgetAuthController_pointExchange",
    tag=TAG,
    summary="Open the Purchase widget",
    description="Get the address that opens the Purchase widget for one customer, within ten minutes. Call it from"
    " your backend when the customer asks for the widget, with an access token or with your credentials in the body.",
    request=PointExchangeLaunch,
    parameters=(KEY_PARAMETER,),
    answers=Reply(model=WidgetToken, description="The token and the address.", headers=("Idempotency-Replayed",)),
    errors=KEY_ERRORS,
)
@once
def point_exchange() -> ResponseReturnValue:
    """Give the token that opens the Purchase widget once, within ten minutes."""
    asked = parse(PointExchangeLaunch)
    if not guards.is_known():
        why = oauth.refused(asked.client_id or "", asked.client_secret or "")
        raise InvalidToken(f"{why} Send a bearer token, or clientId and clientSecret.")
    environment = services().organizations.get_environment(guards.client().environment_id)
    request = asked.request(environment.local_currency)
    _check(asked, environment)
    token = work().widget_sessions.launch(environment, POINT_EXCHANGE, request)
    address = f"{wiring().settings.base_url}/widget/{POINT_EXCHANGE}?token={token}"
    return answer(WidgetToken(access_token=token, expires_in=LAUNCH_SECONDS, widget_url=address))


def _check(asked: PointExchangeLaunch, environment: Environment) -> None:
    errors = _unknown_programs(asked, environment.id)
    if asked.return_url is not None and asked.return_url not in environment.return_urls:
        message = "This address is not registered for the environment: environments update --return-url."
        errors.append(FieldError("returnUrl", "not_registered", message))
    if errors:
        raise InvalidFields(errors)


def _unknown_programs(asked: PointExchangeLaunch, environment_id: str) -> list[FieldError]:
    offered = {offer.program.id for offer in services().programs.list_offers(environment_id, asked.currency)}
    named = [("programIds", key) for key in asked.program_ids]
    named += [("destinationAccounts", key) for key in asked.destination_accounts]
    return [
        FieldError(field, "unknown_program", f"{key} is not one of your enabled programs.")
        for field, key in named
        if key not in offered
    ]
