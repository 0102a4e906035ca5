"""Settles what is pending, takes back what was given, hears programs out; no session is open while one is asked."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

from widget_host.domain.inbound.rules import Sender
from widget_host.domain.inbound.service import Inbox
from widget_host.domain.orders import rules
from widget_host.domain.orders.service import Orders, Pending
from widget_host.domain.programs.rules import Outcome, ProgramConnector
from widget_host.domain.rewards.rules import Abandoned
from widget_host.domain.rewards.service import AbandonedRewards
from widget_host.domain.transactions.rules import COMPLETED, FAILED, InvalidMember, ReversalRefused, check_step
from widget_host.kit.clock import EnvironmentClock
from widget_host.kit.errors import NotFound, Refused


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
