"""Money in whole minor units, never a float; how many decimals a currency has comes from CLDR."""

from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from functools import cache

from babel.numbers import get_currency_precision

from widget_host.kit.value import Value

# The default context keeps 28 digits and would round away what is to be refused.
EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)


@cache
def decimals_of(currency: str) -> int:
    """Return how many decimals the currency has: USD 2, JPY 0, KWD 3."""
    return get_currency_precision(currency)


class TooPrecise(ValueError):
    """The amount has more decimals than its currency."""


class Money(Value, frozen=True, order=True):
    """An amount of one currency, in its minor units (USD cents, yen, Kuwaiti fils)."""

    minor: int
    currency: str

    @classmethod
    def of(cls, major: Decimal | int, currency: str) -> "Money":
        """Make money from major units; raises TooPrecise where the currency has fewer decimals."""
        minor = Decimal(major).scaleb(decimals_of(currency), EXACT)
        if minor != minor.to_integral_value():
            raise TooPrecise(f"{currency} has {decimals_of(currency)} decimals")
        return cls(int(minor), currency)

    @property
    def major(self) -> Decimal:
        """The amount in major units, with exactly the currency's decimals."""
        return Decimal(self.minor).scaleb(-decimals_of(self.currency))

    def whole_up(self) -> int:
        """Return the amount in whole major units, rounded up."""
        return int(self.major.to_integral_value(ROUND_CEILING))

    def whole_down(self) -> int:
        """Return the amount in whole major units, rounded down."""
        return int(self.major.to_integral_value(ROUND_FLOOR))

    def __str__(self) -> str:
        """Write it plainly for logs and messages: `25.00 USD`."""
        return f"{self.major} {self.currency}"
