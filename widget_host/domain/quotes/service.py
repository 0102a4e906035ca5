"""What may be asked of prices: what something costs now, and to hold that for two minutes."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from decimal import Decimal
from functools import partial

from sqlalchemy.orm import Session

from widget_host.domain.organizations.service import Organizations
from widget_host.domain.programs.rules import Offer
from widget_host.domain.programs.service import Programs, offer_key, offers_key
from widget_host.domain.quotes.models import Quote
from widget_host.domain.quotes.queries import QUOTE
from widget_host.domain.quotes.rules import Held, quote_row
from widget_host.domain.transactions import rules
from widget_host.kit.clock import Clock
from widget_host.kit.db import Database
from widget_host.kit.direct import keeping_line
from widget_host.kit.gathering import Gathering
from widget_host.kit.ids import new_id
from widget_host.kit.lookups import Lookups
from widget_host.kit.money import Money
from widget_host.kit.together import Ready


class Quotes:
    """Prices what is asked."""

    def __init__(
        self, *, session: Session, clock: Clock, organizations: Organizations, programs: Programs, lookups: Lookups
    ) -> None:
        """Work within this session, together with these services of the same session."""
        self._lookups = lookups
        self._session = session
        self._clock = clock
        self._organizations = organizations
        self._programs = programs

    def price(self, asked: rules.Asked) -> rules.Preview:
        """Say what a value would buy, or what exact points would cost; raises as issuing would."""
        return rules.price(asked, self.offer_for(asked))

    def hold(self, asked: rules.Asked) -> Held:
        """Price what is asked, and hold the price for two minutes."""
        held = _held(self.price(asked), self._clock)
        self._session.add(Quote(**quote_row(asked, held)))
        self._session.flush()
        return held

    def offer_for(self, asked: rules.Asked) -> Offer:
        """Return what is asked for; raises InvalidProgram, NoPartnership or PointsModeDisabled."""
        if asked.value is None:
            _allow_points(self._lookups, asked.environment_id, self.has_points_mode)
        return self._programs.get_offer(asked.environment_id, asked.program_id, _currency_of(asked))

    def look_up_offer(self, asked: rules.Asked) -> Offer:
        """Return what is asked for as it is now; raises InvalidProgram or NoPartnership."""
        return self._programs.look_up_offer(asked.environment_id, asked.program_id, _currency_of(asked))

    def has_points_mode(self, environment_id: str) -> bool:
        """Whether the environment's organization may order exact numbers of points, as it is now."""
        environment = self._organizations.get_environment(environment_id)
        return self._organizations.get(environment.organization_id).points_mode

    def home_currency(self, environment_id: str) -> str:
        """Return the environment's own currency."""
        return self._organizations.get_environment(environment_id).local_currency

    def list_offers(self, environment_id: str, currency: str | None) -> Sequence[Offer]:
        """Return what can be bought, priced in `currency`."""
        return self._programs.list_offers(environment_id, currency)

    def look_up_offers(self, environment_id: str, currency: str | None) -> Sequence[Offer]:
        """Return what can be bought as it is now."""
        return self._programs.look_up_offers(environment_id, currency)

    def find(self, environment_id: str, quote_id: str) -> rules.Preview | None:
        """Return the figures of a quote of this environment, over or not."""
        quote = self._session.get(Quote, quote_id)
        return None if quote is None or quote.environment_id != environment_id else _preview_of(quote)

    def get_held(self, quote_id: str, asked: rules.Asked) -> rules.Preview:
        """Return the price that a quote holds for what is asked; raises QuoteExpired."""
        quote = self._session.get(Quote, quote_id)
        if quote is None or quote.environment_id != asked.environment_id or quote.expires_at <= self._clock.now():
            raise rules.QuoteExpired("The quote is past its two minutes. Ask for a new preview.", quoteId=quote_id)
        if (quote.program_id, quote.asked, quote.asked_in) != (asked.program_id, asked.amount, asked.unit):
            raise rules.QuoteExpired("The quote was given for something else.", quoteId=quote_id)
        return _preview_of(quote)


class Offers:
    """What may be bought, as it is remembered: nothing is opened for what was looked up a moment ago."""

    def __init__(self, *, quotes: Callable[[], AbstractContextManager[Quotes]], lookups: Lookups) -> None:
        """Take a way to read, and the memory."""
        self._quotes = quotes
        self._lookups = lookups

    def get(self, asked: rules.Asked) -> Offer:
        """Return what is asked for; raises as `Quotes.offer_for` does."""
        if asked.value is None:
            _allow_points(self._lookups, asked.environment_id, self._has_points_mode)
        key = offer_key(asked.environment_id, asked.program_id, _currency_of(asked))
        return self._lookups.get(key, lambda: self._look_up(asked))

    def _look_up(self, asked: rules.Asked) -> Offer:
        with self._quotes() as quotes:
            return quotes.look_up_offer(asked)

    def _has_points_mode(self, environment_id: str) -> bool:
        with self._quotes() as quotes:
            return quotes.has_points_mode(environment_id)

    def home_currency(self, environment_id: str) -> str:
        """Return the environment's own currency; raises NotFound."""
        return self._lookups.get(("home currency", environment_id), lambda: self._look_up_home(environment_id))

    def _look_up_home(self, environment_id: str) -> str:
        with self._quotes() as quotes:
            return quotes.home_currency(environment_id)

    def list_all(self, environment_id: str, currency: str) -> Sequence[Offer]:
        """Return all that can be bought, priced in `currency`; the same list as long as it is remembered."""
        key = offers_key(environment_id, currency)
        return self._lookups.get(key, lambda: self._look_up_all(environment_id, currency))

    def _look_up_all(self, environment_id: str, currency: str) -> Sequence[Offer]:
        with self._quotes() as quotes:
            return quotes.look_up_offers(environment_id, currency)


class Holding:
    """Holds prices without a session, those that are asked for at the same moment in one statement."""

    def __init__(self, *, database: Database, clock: Clock, offers: Offers) -> None:
        """Take where quotes are kept, and what may be bought."""
        self._database = database
        self._clock = clock
        self._offers = offers
        self._keeping = Gathering[Ready, int | None](
            lambda quotes: QUOTE.keep(database, quotes), most=QUOTE.most, around=partial(keeping_line, database)
        )

    def hold(self, asked: rules.Asked) -> Held:
        """Price what is asked, and hold the price for two minutes; raises as `Quotes.hold` does."""
        held = _held(rules.price(asked, self._offers.get(asked)), self._clock)
        self._keeping.do(QUOTE.ready(self._database, [[quote_row(asked, held)]]))
        return held

    def end(self) -> None:
        """Let go of the connection that is kept for whoever comes next."""
        self._keeping.end()


def _held(preview: rules.Preview, clock: Clock) -> Held:
    return Held(new_id("quo"), preview, clock.now() + rules.QUOTE_LIFE)


def _currency_of(asked: rules.Asked) -> str | None:
    """Return the currency that is asked in; None, the environment's own, where points are."""
    return None if asked.value is None else asked.value.currency


def _allow_points(lookups: Lookups, environment_id: str, has_points_mode: Callable[[str], bool]) -> None:
    """Raise PointsModeDisabled where exact numbers of points may not be ordered; looked up once a second."""
    if not lookups.get(("points mode", environment_id), lambda: has_points_mode(environment_id)):
        raise rules.PointsModeDisabled("Ordering an exact number of points is not enabled for your organization.")


def _preview_of(quote: Quote) -> rules.Preview:
    """Return the figures that a quote holds."""
    return rules.Preview(
        value=Money(quote.value, quote.currency),
        price=Decimal(quote.price),
        points=quote.points,
        bonus_points=quote.bonus_points,
        remainder=Decimal(quote.remainder),
        campaign_id=quote.campaign_id,
    )
