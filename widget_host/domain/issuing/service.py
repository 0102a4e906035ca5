"""Issues points: decides, asks the program with no session open, settles what came of it; later again where unknown."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from datetime import timedelta

from widget_host.domain.inbound.rules import Sender
from widget_host.domain.inbound.service import Inbox
from widget_host.domain.orders import rules
from widget_host.domain.orders.rules import AllIssued, Claim, Decided, Issued, Part
from widget_host.domain.orders.service import Orders, Pending
from widget_host.domain.programs.rules import Credit, Offer, Outcome, ProgramConnector
from widget_host.domain.quotes.service import Offers
from widget_host.domain.recording.service import Guarded, Recorder
from widget_host.domain.rewards.rules import Abandoned
from widget_host.domain.rewards.service import AbandonedRewards
from widget_host.domain.transactions.rules import (
    COMPLETED,
    FAILED,
    InvalidMember,
    Order,
    Preview,
    RequestInProgress,
    ReversalRefused,
    check_destination,
    check_step,
    price,
)
from widget_host.kit.clock import EnvironmentClock
from widget_host.kit.errors import NotFound, Refused
from widget_host.kit.ids import new_id


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
        offer = self._offers.get(order.asked)
        if order.quote_id is None:
            return offer, None
        with self._reading() as orders:
            return offer, orders.held(order)

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
        earlier = self._find(decided.order)
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


class Reversing:
    """Undoes what was issued, at the program first; no session is open while it is asked."""

    def __init__(
        self,
        *,
        reading: Callable[[], AbstractContextManager[Orders]],
        writing: Callable[[], AbstractContextManager[Orders]],
        connectors: Mapping[str, ProgramConnector],
    ) -> None:
        """Take a way to read, a unit of work to keep, and a connector for each kind of program."""
        self._reading = reading
        self._writing = writing
        self._connectors = connectors

    def reverse(self, environment_id: str, id_or_reference: str, reason: str) -> str:
        """Take the points back and the value too, and return the transaction's id; safe to try again.

        Raises NotFound, StateRefused for what is not completed, or what the program refuses with.
        """
        with self._reading() as orders:
            found = orders.reversible(environment_id, id_or_reference)
        self._connectors[found.program.connector].reverse(found.program, found.credit)
        with self._writing() as orders:
            orders.reverse(orders.get(found.transaction_id), reason)
        return found.transaction_id


class Undoing:
    """Takes back what was given of rewards of which a part was refused in the end; safe to be cut off anywhere."""

    def __init__(
        self,
        *,
        writing: Callable[[], AbstractContextManager[AbandonedRewards]],
        reversing: Reversing,
        clock: EnvironmentClock,
    ) -> None:
        """Take a unit of work, who reverses, and the clock that environments move."""
        self._writing = writing
        self._reversing = reversing
        self._clock = clock

    def undo_due(self, limit: int) -> int:
        """Undo up to `limit` abandoned rewards that are due, and return how many there were."""
        with self._writing() as rewards:
            due = rewards.claim(limit)
        for each in due:
            with self._clock.ahead(each.clock_ahead):
                self._undo(each)
        return len(due)

    def _undo(self, found: Abandoned) -> None:
        kept, is_done = {}, found.is_complete
        for part_id in found.given:
            try:
                self._reversing.reverse(found.environment_id, part_id, found.reason)
            except ReversalRefused as refusal:
                kept[part_id] = refusal.message
            except Refused:
                # The program is away, or somebody else reversed it meanwhile: looked at again.
                is_done = False
        with self._writing() as rewards:
            rewards.finish(found, kept, is_done=is_done)


class Resolving:
    """Asks programs again about what is pending, until each transaction is completed or failed."""

    def __init__(
        self,
        *,
        writing: Callable[[], AbstractContextManager[Orders]],
        connectors: Mapping[str, ProgramConnector],
        clock: EnvironmentClock,
    ) -> None:
        """Take a unit of work, a connector for each kind of program, and the clock that environments move."""
        self._writing = writing
        self._connectors = connectors
        self._clock = clock

    def resolve_due(self, limit: int) -> int:
        """Ask about up to `limit` transactions that are due, and return how many there were."""
        with self._writing() as orders:
            due = orders.claim_pending(limit)
        for pending in due:
            with self._clock.ahead(pending.clock_ahead):
                self._resolve(pending)
        return len(due)

    def _resolve(self, pending: Pending) -> None:
        connector = self._connectors[pending.program.connector]
        try:
            outcome = connector.ask_again(pending.program, pending.credit)
        except rules.STORED_REFUSALS as refusal:
            with self._writing() as orders:
                orders.fail(orders.get(pending.transaction_id), refusal)
            return
        except Refused:
            # The program is down: nothing is known, so the transaction waits.
            outcome = Outcome.UNKNOWN
        with self._writing() as orders:
            orders.settle(orders.get(pending.transaction_id), outcome)


class FinalWords:
    """Programs' final words on what they had accepted, each taken once."""

    def __init__(self, *, inbox: Inbox, orders: Orders) -> None:
        """Work together with these services of one session."""
        self._inbox = inbox
        self._orders = orders

    def take(self, sender: Sender, event_id: str, body: bytes, word: rules.FinalWord) -> None:
        """Complete or fail the transaction; a repeat changes nothing.

        Raises EventConflict, NotFound (a program hears nothing of another's transactions), or StateRefused where the
        transaction has ended the other way.
        """
        if not self._inbox.admit(sender.environment_id, event_id, body):
            return
        transaction = self._orders.find(sender.environment_id, word.transaction)
        if sender.program_id not in (None, transaction.program_id):
            raise NotFound("There is no transaction with this id or reference number.")
        ending = COMPLETED if word.is_given else FAILED
        if transaction.status == ending:
            return
        check_step(transaction.status, ending)
        if word.is_given:
            self._orders.settle(transaction, Outcome.CREDITED)
        else:
            self._orders.fail(transaction, InvalidMember(word.reason or "The program refused in the end."))
