"""What the views of widget tokens take and answer, as typed values and for the reference."""

from typing import Annotated, Literal

from pydantic import Field

from widget_host.domain.access.rules import LAUNCH_LIFE, LaunchedCard, LaunchRequest, Prefill
from widget_host.web.answers import Answer, Uri
from widget_host.web.api.programs import Member
from widget_host.web.api.shapes_programs import PROGRAM_ID
from widget_host.web.parsing import (
    NO_CONTROLS,
    PLAIN,
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
)

TAG = "Widgets"
LAUNCH_TOKEN = "wgl_01m7xp3a.tnt_01m7xnez.Jq1sT0xM2vB7"  # noqa: S105 - made up for the examples
LAUNCH_SECONDS = int(LAUNCH_LIFE.total_seconds())
MOST_PROGRAMS_OF_A_CARD = 20
_NO_CONTROLS = Field(json_schema_extra={"pattern": NO_CONTROLS})
MetadataKey = Annotated[str, Field(min_length=1, max_length=40), PLAIN, _NO_CONTROLS]
MetadataValue = Annotated[str, Field(max_length=500), PLAIN, _NO_CONTROLS]


class Launch(RequestBody):
    """Whose widget it is, and what the issuer already knows; credentials only where no bearer is sent."""

    client_id: Text | None = Field(None, description="Your client id, where no access token is sent.")
    client_secret: Text | None = Field(None, description="A secret, where no access token is sent.")
    source_user_id: UserId = Field(description="Your own id for the customer.", examples=["customer-1"])
    source_user_email: MemberEmail | None = Field(None, description="The customer's e-mail, offered in the form.")
    program_ids: Annotated[list[Id], Field(max_length=200)] = Field(
        [], description="Show these programs only; all of yours where left out.", examples=[[PROGRAM_ID]]
    )
    destination_accounts: Annotated[dict[Id, Member], Field(max_length=200)] = Field(
        {},
        description="The customer's accounts that you know already, by program id.",
        examples=[{PROGRAM_ID: {"destinationUserId": "AC12345678"}}],
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

    def prefills(self) -> dict[str, Prefill]:
        """Return the accounts known already, by program."""
        accounts = {key: member.destination() for key, member in self.destination_accounts.items()}
        return {key: Prefill(each.user_id, each.user_email) for key, each in accounts.items()}


class PointExchangeLaunch(Launch):
    """A customer who exchanges value for points."""

    currency: Currency | None = Field(
        None, description="ISO 4217: what the customer pays in. Your own currency where left out.", examples=["USD"]
    )
    balance: Balance | None = Field(
        None, description="What the customer can spend, in major units; no order is larger.", examples=[250]
    )
    reference_number: ReferenceNumber | None = Field(
        None, description="Your own name for the order that may come of it."
    )

    def request(self, local_currency: str) -> LaunchRequest:
        """Return it as the rules know it."""
        return LaunchRequest(
            source_user_id=self.source_user_id,
            source_user_email=self.source_user_email,
            currency=self.currency,
            balance=self.balance
            if self.balance is None
            else money(self.balance, self.currency or local_currency, field="balance"),
            program_ids=tuple(self.program_ids),
            destination_accounts=self.prefills(),
            reference_number=self.reference_number,
            locale=self.locale,
            theme=self.theme,
            return_url=self.return_url,
        )


class MultibrandLaunch(Launch):
    """A customer who chooses the programs that a card's rewards go to."""

    card_id: UserId = Field(description="Your own id for the card.", examples=["card-1"])
    card_last_four: Annotated[str, Field(pattern="^[0-9]{4}$")] | None = Field(
        None, description="The card number's last four digits, shown to the customer.", examples=["4821"]
    )
    max_programs: Annotated[int, Field(ge=1, le=MOST_PROGRAMS_OF_A_CARD)] | None = Field(
        None, description="How many programs the card may have; five where left out.", examples=[3]
    )
    metadata: Annotated[dict[MetadataKey, MetadataValue], Field(max_length=20)] = Field(
        {}, description="Your own notes, kept with the launch and shown to nobody.", examples=[{"campaign": "spring"}]
    )

    def request(self) -> LaunchRequest:
        """Return it as the rules know it."""
        return LaunchRequest(
            source_user_id=self.source_user_id,
            source_user_email=self.source_user_email,
            program_ids=tuple(self.program_ids),
            destination_accounts=self.prefills(),
            locale=self.locale,
            theme=self.theme,
            return_url=self.return_url,
            card=LaunchedCard(self.card_id, self.card_last_four, self.max_programs),
            metadata=self.metadata,
        )


class WidgetToken(Answer):
    """What opens a widget."""

    access_token: str = Field(
        description="The launch token; an order that comes of it spends it.", examples=[LAUNCH_TOKEN]
    )
    expires_in: int = Field(description="How many seconds it lives.", examples=[LAUNCH_SECONDS])
    widget_url: Uri = Field(
        description="The address to frame.",
        examples=[f"https://points.example.com/widget/point-exchange?token={LAUNCH_TOKEN}"],
    )
