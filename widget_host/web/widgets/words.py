"""Money, numbers and moments as people read and type them, by CLDR; every function takes the reader's locale."""

import re
import unicodedata
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import islice

from babel import Locale
from babel.dates import format_datetime
from babel.numbers import (
    NumberFormatError,
    format_currency,
    format_decimal,
    format_percent,
    get_currency_symbol,
    get_decimal_symbol,
    get_group_symbol,
    parse_decimal,
)

from widget_host.domain.programs.rules import CampaignFacts, Offer
from widget_host.kit.errors import Refused
from widget_host.kit.money import Money, TooPrecise, decimals_of
from widget_host.web.language import _

RATE_POINTS = 1000
DECIMALS = re.compile(r"\.0+")
NICE_STEPS = (Decimal(1), Decimal("2.5"), Decimal(5))
CHIPS = 4
# A campaign that ends at midnight was on until the day before.
ONE_MOMENT = timedelta(microseconds=1)
SHOWN_OF_ID = 4
SHORT_ID = 8
# Unicode's category of the marks for direction that a keyboard or a paste may bring along.
UNSEEN = "Cf"


class AmountMissing(Refused):
    """Nothing that reads as an amount was typed."""

    code = "AMOUNT_MISSING"


class AmountTooPrecise(Refused):
    """The amount typed has more decimals than its currency."""

    code = "AMOUNT_TOO_PRECISE"


def read_money(text: str, currency: str, locale: str) -> Money:
    """Read an amount as people type it (`25`, `1,000.50`, `$25`, `٢٥`); raises AmountMissing or AmountTooPrecise."""
    sign = get_currency_symbol(currency, locale)
    plain = _latin(text.replace(sign, "").replace(currency, ""), locale).strip()
    try:
        return Money.of(_read_decimal(plain, locale), currency)
    except TooPrecise as error:
        raise AmountTooPrecise(f"{currency} has {decimals_of(currency)} decimals.") from error
    except NumberFormatError as error:
        raise AmountMissing("Enter an amount.") from error


def _latin(text: str, locale: str) -> str:
    """Write the digits and signs of other scripts' keyboards as the locale's own; what steers direction is dropped."""
    signs = {"\u066b": get_decimal_symbol(locale), "\u066c": get_group_symbol(locale)}
    letters = (signs.get(letter, str(unicodedata.decimal(letter, letter))) for letter in text)
    return "".join(letter for letter in letters if unicodedata.category(letter) != UNSEEN)


def _read_decimal(text: str, locale: str) -> Decimal:
    if any(letter.isalpha() for letter in text):  # `1e5`, `NaN` and `Infinity` are decimals to Python, not to people
        raise NumberFormatError(text)
    return parse_decimal(text, locale=locale, strict=True)


@lru_cache(maxsize=4096)
def money(amount: Money, locale: str) -> str:
    """Write an exact amount: `$25.00`."""
    return _spaced(format_currency(amount.major, amount.currency, locale=locale))


def _spaced(text: str) -> str:
    """Part letters from digits as CLDR asks (`AED 50.00`): Babel leaves its currency spacing out.

    A sign behind letters stays behind them (`10.00 US$`) where the text around runs from right to left.
    """
    return re.sub(r"(?<=[A-Za-z])\$(?!\d)", "$\u200e", re.sub(r"(?<=[A-Za-z])(?=\d)", "\u00a0", text))


def symbol(currency: str, locale: str) -> str:
    """Return the currency's sign, nothing where it has none but its code."""
    sign = str(get_currency_symbol(currency, locale))
    return "" if sign == currency else _spaced(sign)


def points(number: int, locale: str) -> str:
    """Write a number of points: `2,500`."""
    return str(format_decimal(number, locale=locale))


def percent(number: int, locale: str) -> str:
    """Write a whole percent: `50%`."""
    return str(format_percent(Decimal(number) / 100, locale=locale))


def rate(offer: Offer, locale: str) -> str:
    """Say what points cost: `1,000 Aurora Miles = $10.00`, or `≈` where the currency's decimals do not hold it."""
    price = offer.price * RATE_POINTS
    shown = round(price, decimals_of(offer.currency))
    sign = "=" if shown == price else "≈"
    cost = _spaced(format_currency(shown, offer.currency, locale=locale))
    return f"{points(RATE_POINTS, locale)} {offer.program.unit} {sign} {cost}"


def chips(offer: Offer, balance: Money | None, locale: str) -> list[tuple[str, str]]:
    """Choose a few round amounts the customer could pay, each as typed and as shown: `("25", "$25")`."""
    amounts = round_amounts(offer, balance)
    return [(typed(amount, locale), _short(amount, offer.currency, locale)) for amount in amounts]


def round_amounts(offer: Offer, balance: Money | None) -> tuple[Decimal, ...]:
    """Choose a few round amounts the customer could pay."""
    highest = offer.max_value if balance is None else min(offer.max_value, balance)
    return _round_amounts(offer.min_value.major, highest.major)


@lru_cache(maxsize=1024)
def _round_amounts(lowest: Decimal, highest: Decimal) -> tuple[Decimal, ...]:
    tens = (Decimal(10) ** power for power in range(1, highest.adjusted() + 1))
    found = (amount for ten in tens for step in NICE_STEPS if lowest <= (amount := step * ten) <= highest)
    return tuple(islice(found, CHIPS))


def typed(amount: Decimal, locale: str) -> str:
    """Write an amount as it would be typed: `1000.5`."""
    return str(format_decimal(amount, locale=locale, group_separator=False))


def _short(amount: Decimal, currency: str, locale: str) -> str:
    whole = DECIMALS.sub("", Locale.parse(locale).currency_formats["standard"].pattern)
    return _spaced(format_currency(amount, currency, locale=locale, currency_digits=False, format=whole))


def masked(text: str) -> str:
    """Show just enough of an account for its owner to know it: `••••5678`, `a••••@example.com`."""
    name, at, domain = text.rpartition("@")
    if at:
        return f"{name[:1]}••••@{domain}"
    shown = SHOWN_OF_ID if len(text) >= SHORT_ID else SHOWN_OF_ID // 2
    return f"••••{text[-shown:]}"


def moment(when: datetime, locale: str) -> str:
    """Write a moment: `21 Nov 2026, 10:04 UTC`."""
    return f"{format_datetime(when.astimezone(UTC), 'd MMM y, HH:mm', locale=locale)} UTC"


def bonus(number: int, locale: str) -> str:
    """Say how many of the points are on top, nothing where none are: `includes 250 bonus`."""
    return _("includes %(points)s bonus", points=points(number, locale)) if number else ""


def campaign(facts: CampaignFacts, locale: str) -> str:
    """Say what is given on top, and the last day of it: `+10% until 30 Nov`."""
    percent = format_percent(facts.bonus_percent / 100, locale=locale, decimal_quantization=False)
    day = format_datetime((facts.ends_at - ONE_MOMENT).astimezone(UTC), "d MMM", locale=locale)
    return _("%(percent)s until %(day)s", percent=f"+{percent}", day=day)


def limits(offer: Offer, locale: str) -> str:
    """Say how much may be exchanged at once: `Between $5.00 and $2,000.00`."""
    low, high = money(offer.min_value, locale), money(offer.max_value, locale)
    return _("Between %(min)s and %(max)s", min=low, max=high)
