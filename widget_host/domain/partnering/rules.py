"""What a program, a partnership and a campaign must look like. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

from babel.core import get_global

from widget_host.domain.programs.rules import Field, read_fields
from widget_host.kit.errors import FieldError, InvalidFields, Refused
from widget_host.kit.value import Value, asdict

LENGTHS = {"name": 120, "business_name": 120, "industry": 60, "terms_url": 300, "description": 500, "unit": 60}
KINDS = {"destinationUserId": "string", "destinationUserEmail": "email"}
LONGEST_URL, LONGEST_PATTERN = 300, 200
PRICE_DECIMALS, HIGHEST_PRICE = 8, Decimal(1_000_000)
RATE_DECIMALS, HIGHEST_RATE = 12, Decimal(1_000_000)
BONUS_DECIMALS, HIGHEST_BONUS = 2, Decimal(1000)
SHARES = range(101)
MEMBER_NUMBER = {"name": "destinationUserId", "label": "Membership number", "required": True}


class PartnershipExists(Refused):
    """The environment has a partnership with this program already."""

    code = "PARTNERSHIP_EXISTS"


class ProgramDetails(Value, frozen=True, kw_only=True):
    """What is said of a program; None leaves it as it is, or as is usual for a new one."""

    name: str | None = None
    business_name: str | None = None
    industry: str | None = None
    terms_url: str | None = None
    description: str | None = None
    unit: str | None = None
    fields: Sequence[Mapping[str, Any]] | None = None
    base_url: str | None = None
    logo: str | None = None

    def texts(self) -> dict[str, str]:
        """Return the plain texts that were said, by column."""
        return {name: text for name in LENGTHS if (text := getattr(self, name)) is not None}


class Terms(Value, frozen=True, kw_only=True):
    """What a point costs and how much is sold at once; values in minor units, both in the program's currency."""

    price: str
    min_points: int
    max_points: int
    min_value: int
    max_value: int

    def as_columns(self) -> dict[str, Any]:
        """Return them by column."""
        return asdict(self)


class NewCampaign(Value, frozen=True, kw_only=True):
    """A bonus to be: percent of the points bought, `issuer_share` percent of it paid by the issuer."""

    name: str
    bonus_percent: str
    issuer_share: int
    starts_at: datetime
    ends_at: datetime


def check_details(details: ProgramDetails, *, http_allowed: bool) -> None:
    """Raise InvalidFields that names every detail nobody could use."""
    texts = details.texts().items()
    errors = [_error(name, f"at most {LENGTHS[name]} characters") for name, text in texts if len(text) > LENGTHS[name]]
    if details.name is not None and not details.name.strip():
        errors.append(_error("name", "a name"))
    if details.base_url is not None and not _is_base_url(details.base_url, http_allowed=http_allowed):
        errors.append(_error("base_url", "an address such as https://points.example/api"))
    errors += [error for said in details.fields or () for error in _field_errors(said)]
    _raise(errors)


def complete_field(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return a field as it is stored, with what follows from its name."""
    usual = {"kind": KINDS.get(str(said.get("name"))), "label": said.get("name"), "required": False}
    return {**usual, **said}


def check_terms(terms: Terms) -> None:
    """Raise InvalidFields that names every term nobody could sell by."""
    errors = []
    if not _is_decimal(terms.price, PRICE_DECIMALS, HIGHEST_PRICE):
        errors.append(_error("price", f"above zero, with at most {PRICE_DECIMALS} decimals"))
    for unit in ("points", "value"):
        least, most = getattr(terms, f"min_{unit}"), getattr(terms, f"max_{unit}")
        if not 0 < least <= most:
            errors.append(_error(f"min_{unit}", f"above zero, and not above max-{unit}"))
    _raise(errors)


def check_rate(currency: str, usd: str) -> None:
    """Raise InvalidFields for a rate nobody could convert by; the dollar is what all are told in."""
    errors = []
    if currency == "USD" or currency not in get_global("all_currencies"):
        errors.append(_error("currency", "the ISO 4217 code of another currency than USD, such as EUR"))
    if not _is_decimal(usd, RATE_DECIMALS, HIGHEST_RATE):
        errors.append(_error("usd", f"above zero, with at most {RATE_DECIMALS} decimals"))
    _raise(errors)


def check_campaign(campaign: NewCampaign) -> None:
    """Raise InvalidFields that names everything wrong with a campaign."""
    errors = []
    if not 0 < len(campaign.name.strip()) <= LENGTHS["name"]:
        errors.append(_error("name", f"of 1 to {LENGTHS['name']} characters"))
    if not _is_decimal(campaign.bonus_percent, BONUS_DECIMALS, HIGHEST_BONUS):
        errors.append(_error("bonus_percent", f"above 0 and at most {HIGHEST_BONUS}, with {BONUS_DECIMALS} decimals"))
    if campaign.issuer_share not in SHARES:
        errors.append(_error("issuer_share", "from 0 to 100"))
    if campaign.ends_at <= campaign.starts_at:
        errors.append(_error("ends_at", "after it starts"))
    _raise(errors)


def _raise(errors: list[FieldError]) -> None:
    if errors:
        raise InvalidFields(errors)


def _error(name: str, must_be: str) -> FieldError:
    option = name.replace("_", "-")
    return FieldError(option, "malformed", f"{option} must be {must_be}.")


def _is_base_url(text: str, *, http_allowed: bool) -> bool:
    parts = urlsplit(text)
    schemes = ("https", "http") if http_allowed else ("https",)
    is_plain = parts.username is None and not parts.query and not parts.fragment and text.isascii()
    return parts.scheme in schemes and bool(parts.hostname) and is_plain and len(text) <= LONGEST_URL


def _is_decimal(text: str, decimals: int, highest: Decimal) -> bool:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return False
    return number.is_finite() and 0 < number <= highest and number == round(number, decimals)


def _field_errors(said: Mapping[str, Any]) -> Iterable[FieldError]:
    if said.get("name") not in KINDS:
        yield _error("field", f"named one of {', '.join(KINDS)}")
        return
    whole = complete_field(said)
    types = {"kind": str, "label": str, "required": bool, "pattern": str, "hint": str, "example": str}
    if unknown := sorted(whole.keys() - types.keys() - {"name"}):
        yield _error("field", f"made of {', '.join(('name', *types))}, not {', '.join(unknown)}")
    elif wrong := [name for name, kind in types.items() if name in whole and not isinstance(whole[name], kind)]:
        yield _error("field", f"given with texts, and `required` as true or false; wrong: {', '.join(wrong)}")
    elif whole["kind"] != KINDS[whole["name"]] or not _is_pattern(whole.get("pattern", "")):
        yield _error("field", "of its own kind, with a regular expression as its pattern")
    elif whole.get("example") and not _field(whole).accepts(whole["example"]):
        yield _error("field", "given with an example that fits its pattern")


def _field(whole: Mapping[str, Any]) -> Field:
    return read_fields({"list": [whole]})[0]


def _is_pattern(text: str) -> bool:
    try:
        re.compile(text)
    except re.error:
        return False
    return len(text) <= LONGEST_PATTERN
