"""Issues points: decides, asks the program with no session open, keeps what came of it."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from datetime import timedelta

from widget_host.domain.orders import rules
from widget_host.domain.orders.rules import AllIssued, Claim, Decided, Issued, Part
from widget_host.domain.orders.service import Orders
from widget_host.domain.programs.rules import Credit, Offer, Outcome, ProgramConnector
from widget_host.domain.quotes.service import Offers
from widget_host.domain.recording.service import Guarded, Recorder
from widget_host.domain.transactions.rules import (
    InvalidMember,
    Order,
    Preview,
    RequestInProgress,
    check_destination,
    price,
)
from widget_host.kit import fibers
from widget_host.kit.errors import Refused
from widget_host.kit.ids import new_id
from widget_host.kit.value import replace


class Issuing:
    """Turns orders into transactions, once per reference number; no session is open while a program is asked."""

    def __init__(
        self,
        *,
        reading: Callable[[], AbstractContextManager[Orders]],
        writing: Callable[[], AbstractContextManager[Orders]],
        connectors: Mapping[str, ProgramConnector],
        offers: Offers,
        recorder: Recorder,
    ) -> None:
        """Take a way to read, a unit of work to keep, a connector for each kind of program, and the short ways."""
        self._reading = reading
        self._writing = writing
        self._connectors = connectors
        self._offers = offers
        self._recorder = recorder

    def issue(self, order: Order) -> Issued:
        """Turn value into points; raises a Refused, and then nothing stays posted.

        A program that answers by rule is asked before anybody looks for an earlier answer: there seldom is one, and
        where there is one it is given, whatever was decided.
        """
        try:
            offer, held = self._terms(order)
            if self._connector(offer).answers_by_rule:
                decided = self._credit_by_rule(self._decide(order, offer, held), offer)
        except Refused as refusal:
            return self._find(order) or self._refuse(order, refusal)
        return self._record(decided) if self._connector(offer).answers_by_rule else self._ask(order, offer, held)

    def _terms(self, order: Order) -> tuple[Offer, Preview | None]:
        if order.quote_id is None:
            return self._offers.get(order.asked), None
        with self._reading() as orders:
            return orders.terms(order)

    def _find(self, order: Order) -> Issued | None:
        with self._reading() as orders:
            return orders.find_answer(order)

    def _record(self, decided: Decided) -> Issued:
        is_plain = decided.due_in is None and decided.order.launch_id is None
        if is_plain:
            with suppress(Guarded):
                return self._recorder.record(decided) or self._answered(decided)
        with self._writing() as orders:
            return orders.record(decided)

    def _answered(self, decided: Decided) -> Issued:
        # Not done again from its beginning, as what is its own would be somebody else's then.
        earlier = fibers.in_thread(lambda: self._find(decided.order))
        if earlier is None:
            # It was given up right after it had stopped this one.
            raise RequestInProgress("Another request under this referenceNumber just failed. Try again in a second.")
        # Sent twice over a connection that broke: the first one was ours.
        is_own = earlier.receipt.id == decided.transaction_id
        return replace(earlier, is_replay=earlier.is_replay and not is_own)

    def find_all(self, claims: Sequence[Claim]) -> AllIssued | None:
        """Return the answer that several orders got before under these keys; a refusal of them is raised."""
        with self._reading() as orders:
            return orders.find_all(claims)

    def issue_all(self, claims: Sequence[Claim], parts: Sequence[Part]) -> AllIssued:
        """Turn several orders into transactions, all or none, once per key; raises a Refused, then nothing is posted.

        A program that must be asked is asked right after, or decides later; where it refuses, the others are undone.
        """
        with self._reading() as orders:
            terms = [orders.terms(part.order) for part in parts]
        try:
            decided = [self._decide_part(part, *each) for part, each in zip(parts, terms, strict=True)]
        except rules.STORED_REFUSALS as refusal:
            return self._refuse_all(claims, refusal)
        with self._writing() as orders:
            return orders.record_all(claims, parts, decided)

    def _decide_part(self, part: Part, offer: Offer, held: Preview | None) -> Decided:
        decided = self._decide(part.order, offer, held)
        if self._connector(offer).answers_by_rule:
            return self._credit_by_rule(decided, offer)
        return replace(decided, due_in=timedelta(0))

    def _decide(self, order: Order, offer: Offer, held: Preview | None) -> Decided:
        check_destination(order.destination, offer)
        preview = held or price(order.asked, offer)
        if not self._connector(offer).check_member(offer.program, order.destination).is_valid:
            raise InvalidMember(f"{offer.program.name} does not know this member.", programId=offer.program.id)
        return Decided(order, preview, new_id("txn"))

    def _connector(self, offer: Offer) -> ProgramConnector:
        return self._connectors[offer.program.connector]

    def _credit_by_rule(self, decided: Decided, offer: Offer) -> Decided:
        """Ask before anything is kept: nothing outside hears of it, and a refusal leaves nothing behind."""
        outcome = self._connector(offer).credit(offer.program, _credit(decided))
        return decided if outcome is Outcome.CREDITED else replace(decided, due_in=rules.ask_again_after(0))

    def _refuse(self, order: Order, refusal: Refused) -> Issued:
        if order.keeps_refusals and isinstance(refusal, rules.STORED_REFUSALS):
            with self._writing() as orders:
                earlier = orders.refuse(order, refusal)
            if earlier is not None:
                return earlier
        raise refusal

    def _refuse_all(self, claims: Sequence[Claim], refusal: Refused) -> AllIssued:
        with self._writing() as orders:
            earlier = orders.refuse_all(claims, refusal)
        if earlier is not None:
            return earlier
        raise refusal

    def _ask(self, order: Order, offer: Offer, held: Preview | None) -> Issued:
        if earlier := self._find(order):
            return earlier
        try:
            decided = self._decide(order, offer, held)
        except rules.STORED_REFUSALS as refusal:
            return self._refuse(order, refusal)
        with self._writing() as orders:
            earlier = orders.reserve(decided)
        return earlier or self._credit(decided, offer)

    def _credit(self, decided: Decided, offer: Offer) -> Issued:
        try:
            outcome = self._connector(offer).credit(offer.program, _credit(decided))
        except Refused as refusal:
            self._fail(decided, refusal)
            raise
        with self._writing() as orders:
            return orders.settle(orders.get(decided.transaction_id), outcome)

    def _fail(self, decided: Decided, refusal: Refused) -> None:
        with self._writing() as orders:
            orders.fail(orders.get(decided.transaction_id), refusal)


def _credit(decided: Decided) -> Credit:
    return Credit(decided.transaction_id, decided.order.destination, decided.preview.total_points)
