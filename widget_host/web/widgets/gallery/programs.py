"""The programs that the gallery's widgets sell: a sandbox's own, and such as try a page's patience."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache

from widget_host.domain.programs.rules import CampaignFacts, Field, Offer
from widget_host.kit.money import Money
from widget_host.kit.value import replace
from widget_host.web.widgets.gallery import samples

LONG = Field(
    "destinationUserId",
    "string",
    "Number of your membership in the rewards club for travellers",
    True,
    None,
    "The eighteen characters on the back of your card, or under Settings, My account, Membership details.",
    "",
)
ARABIC = Field("destinationUserId", "string", "رقم العضوية", True, None, "ثمانية أرقام كما في بطاقتك.", "")
LONG_MEMBER = "WORLDWIDE-MEMBERSHIP-000123456789-000987654321"


@cache
def sold(currency: str = "USD") -> Sequence[Offer]:
    """Return what every sandbox sells."""
    return samples.offers(currency)


def aurora() -> Offer:
    """Return the program that is chosen at first."""
    return sold()[0]


def many() -> Sequence[Offer]:
    """Return more programs than a customer would look through."""
    names = ("Kestrel Wings", "Lumen Cinemas", "Orchard Grocers")
    return [*sold(), *(_other(name) for name in names)]


def _other(name: str) -> Offer:
    offer = samples.named(aurora(), name, "Points")
    return replace(offer, program=replace(offer.program, id=f"prg_{name}", business_name=name, industry="Retail"))


def with_bonus() -> Offer:
    """Return the first program while a campaign runs there."""
    month_end = datetime(2026, 12, 1, tzinfo=UTC)
    return replace(aurora(), campaign=CampaignFacts("cmp_sample", "Winter bonus", Decimal(10), 50, month_end))


def dearer() -> Offer:
    """Return the first program at a higher price."""
    return replace(aurora(), price=Decimal("0.0125"))


def meridian() -> Offer:
    """Return a program that asks for two things."""
    return sold()[1]


def long_names() -> Offer:
    """Return a program with the longest names that anybody is likely to give one."""
    name = "Worldwide Grand Continental Hotels, Residences & Resorts Frequent Guest Rewards"
    return samples.named(aurora(), name, "Continental Frequent Guest Points", LONG)


def unbroken_names() -> Offer:
    """Return a program whose names have no place to break between words."""
    name = "Donaudampfschifffahrtsgesellschaftsmeilenprogramm"
    return samples.named(aurora(), name, "Donaudampfschifffahrtsprämienmeilen")


def arabic() -> Offer:
    """Return a program that says its names in Arabic."""
    return samples.named(aurora(), "نادي الشفق للمسافرين", "ميل", ARABIC)


def kuwaiti() -> Offer:
    """Return a program sold in dinars, which have three decimals."""
    return samples.priced(aurora(), "0.00307692", Money(1_500, "KWD"), Money(12_345_678_901, "KWD"))


def japanese() -> Offer:
    """Return a program sold in yen, which have no decimals."""
    return samples.priced(sold()[4], "0.85", Money(500, "JPY"), Money(2_000_000, "JPY"))


def indonesian() -> Offer:
    """Return a program sold in rupiah, by the billion."""
    return samples.priced(long_names(), "162.5", Money(8_000_000, "IDR"), Money(99_999_999_999_900, "IDR"))


def emirati() -> Offer:
    """Return a program sold in dirhams, whose sign in Arabic is letters and dots."""
    return samples.priced(arabic(), "0.0367", Money(2_000, "AED"), Money(730_000, "AED"))
