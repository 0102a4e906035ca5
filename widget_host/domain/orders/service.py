"""What is known of orders within one unit of work: their price, their earlier answer, what is kept of them."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from widget_host.domain.access.service import WidgetSessions
from widget_host.domain.accounts.rules import Holder
from widget_host.domain.accounts.service import Accounts
from widget_host.domain.orders import rules
from widget_host.domain.orders.models import IdempotencyKey
from widget_host.domain.orders.rules import AllIssued, Claim, Decided, Given, Issued, Part
from widget_host.domain.organizations.service import Organizations
from widget_host.domain.programs.rules import Credit, Offer, Outcome, ProgramFacts
from widget_host.domain.programs.service import Programs
from widget_host.domain.quotes.service import Quotes
from widget_host.domain.rewards.service import AbandonedRewards
from widget_host.domain.transactions.models import Transaction
from widget_host.domain.transactions.rules import (
    COMPLETED,
    PENDING,
    REVERSED,
    DuplicateReference,
    Order,
    Preview,
    Receipt,
    check_step,
)
from widget_host.domain.transactions.service import Transactions, destination_of
from widget_host.kit.clock import Clock, EnvironmentClock
from widget_host.kit.db import insert_if_new
from widget_host.kit.errors import Refused
from widget_host.kit.value import Value


class Pending(Value, frozen=True):
    """A transaction whose program is to be asked about it."""

    transaction_id: str
    program: ProgramFacts
    credit: Credit
    clock_ahead: timedelta


class Answers:
    """What requests were answered, by the key that makes each happen once."""

    def __init__(self, *, session: Session, clock: Clock) -> None:
        """Work within this session."""
        self._session = session
        self._clock = clock

    def claim(self, claim: Claim, answer: Mapping[str, Any]) -> bool:
        """Take the key for this request and its answer; False when it is taken."""
        return insert_if_new(self._session, IdempotencyKey, [rules.key_row(claim, answer, self._clock.now())]) == 1

    def find(self, claim: Claim) -> Mapping[str, Any] | None:
        """Return the answer this key got before; raises as `rules.answered` does."""
        found = self._session.get(IdempotencyKey, (claim.environment_id, claim.key), populate_existing=True)
        return None if found is None else rules.answered(found.request, found.answer, claim)

    def keep(self, claim: Claim, answer: Mapping[str, Any]) -> None:
        """Put the answer under a key that was claimed before it was known."""
        self.lock(claim.environment_id, claim.key).answer = dict(answer)
        self._session.flush()

    def lock(self, environment_id: str, key: str) -> IdempotencyKey:
        """Return what is kept under a key; nobody else changes it meanwhile."""
        return self._session.get_one(IdempotencyKey, (environment_id, key), with_for_update=True)

    def undoable(self) -> AbstractContextManager[object]:
        """Open a part of the unit of work that is undone alone when it raises."""
        return self._session.begin_nested()


class Orders:
    """Decides by what was answered before, keeps what is answered now."""

    def __init__(
        self,
        *,
        session: Session,
        clock: EnvironmentClock,
        programs: Programs,
        quotes: Quotes,
        transactions: Transactions,
        widget_sessions: WidgetSessions,
        organizations: Organizations,
        answers: Answers,
        accounts: Accounts,
        rewards: AbandonedRewards,
    ) -> None:
        """Work within this session, together with these services of the same session."""
        self._session = session
        self._clock = clock
        self._programs = programs
        self._quotes = quotes
        self._transactions = transactions
        self._widget_sessions = widget_sessions
        self._organizations = organizations
        self._answers = answers
        self._accounts = accounts
        self._rewards = rewards

    def find_answer(self, order: Order) -> Issued | None:
        """Return the answer this reference number got before; raises as `rules.answered` does."""
        found = self._answers.find(rules.claim_of(order))
        return None if found is None else Issued(rules.read_receipt(found["receipt"]), is_replay=True)

    def find_all(self, claims: Sequence[Claim]) -> AllIssued | None:
        """Return the answer that several orders got under any of these keys; raises as `find_answer` does."""
        for claim in claims:
            found = self._answers.find(claim)
            if found is not None:
                return AllIssued(rules.read_parts(found), is_replay=True)
        return None

    def terms(self, order: Order) -> tuple[Offer, Preview | None]:
        """Return what the order is priced by, and the price its quote holds where it names one."""
        offer = self._quotes.offer_for(order.asked)
        held = None if order.quote_id is None else self._quotes.get_held(order.quote_id, order.asked)
        return offer, held

    def refuse(self, order: Order, refusal: Refused) -> Issued | None:
        """Keep a refusal under the order's reference; returns the earlier answer when there is one."""
        return None if self._claim(order, rules.refusal_answer(refusal)) else self.find_answer(order)

    def refuse_all(self, claims: Sequence[Claim], refusal: Refused) -> AllIssued | None:
        """Keep a refusal of several orders under their keys; returns the earlier answer when there is one."""
        return self._claim_all(claims, rules.refusal_answer(refusal))

    def record(self, decided: Decided) -> Issued:
        """Keep the order as a transaction, the key first; or return the earlier answer."""
        receipt = decided.receipt(self._clock.now())
        if not self._claim(decided.order, rules.receipt_answer(receipt)):
            return self._earlier(decided.order)
        self._keep(decided, receipt.date, decided.due_in)
        return Issued(receipt)

    def record_all(self, claims: Sequence[Claim], parts: Sequence[Part], decided: Sequence[Decided]) -> AllIssued:
        """Keep several orders, all or none, their keys first; or return the earlier answer."""
        now = self._clock.now()
        given = tuple(Given(each.receipt(now), part.said) for each, part in zip(decided, parts, strict=True))
        if earlier := self._claim_all(claims, rules.parts_answer(given)):
            return earlier
        for each, part in zip(decided, given, strict=True):
            if not self._claim(each.order, rules.receipt_answer(part.receipt)):
                raise _reference_taken(each.order)
            self._keep(each, now, each.due_in)
        return AllIssued(given)

    def reserve(self, decided: Decided) -> Issued | None:
        """Set the value aside while the program is asked; returns the earlier answer when there is one."""
        if not self._claim(decided.order, rules.IN_PROGRESS):
            return self._earlier(decided.order)
        self._keep(decided, self._clock.now(), rules.CREDIT_LEASE)
        return None

    def _earlier(self, order: Order) -> Issued:
        earlier = self.find_answer(order)
        assert earlier is not None, "a key that could not be claimed is there"  # noqa: S101 - for the type checker
        return earlier

    def _claim(self, order: Order, answer: Mapping[str, object]) -> bool:
        return self._answers.claim(rules.claim_of(order), answer)

    def _claim_all(self, claims: Sequence[Claim], answer: Mapping[str, object]) -> AllIssued | None:
        for claim in claims:
            if not self._answers.claim(claim, answer):
                return self.find_all([claim])
        return None

    def _keep(self, decided: Decided, now: datetime, due_in: timedelta | None) -> None:
        if decided.order.launch_id is not None:
            self._widget_sessions.spend(decided.order.launch_id)
        made = self._transactions.record(decided.order, decided.transaction_id, decided.preview, due_in=due_in, at=now)
        self._remember(made)

    def _remember(self, transaction: Transaction) -> None:
        """Keep the account that a customer's own exchange reached, to be offered the next time."""
        if transaction.status != COMPLETED or transaction.launch_id is None or transaction.source_user_id is None:
            return
        holder = Holder(transaction.environment_id, transaction.source_user_id)
        self._accounts.remember(holder, transaction.program_id, destination_of(transaction))

    def settle(self, transaction: Transaction, outcome: Outcome) -> Issued:
        """Keep what the program said of a pending transaction, as the answer of its reference number too."""
        if transaction.status == PENDING and outcome is Outcome.CREDITED:
            self._transactions.complete(transaction)
            self._remember(transaction)
        elif transaction.status == PENDING:
            self._transactions.wait(transaction, rules.ask_again_after(transaction.attempts))
        return self._answer(transaction)

    def fail(self, transaction: Transaction, refusal: Refused) -> None:
        """End a pending transaction that the program refused: a final no is kept as the answer, a fault is not.

        A widget's order keeps none, however late it fails: its launch and its reference may be used again.
        """
        if transaction.status != PENDING:
            return
        self._transactions.fail(transaction, refusal.message)
        if transaction.reward is not None:
            self._rewards.abandon(transaction, refusal)
        key = self._key_of(transaction)
        if transaction.launch_id is not None:
            self._widget_sessions.give_back(transaction.launch_id)
            self._forget(key)
        elif key is not None and "inProgress" in key.answer:
            self._keep_refusal(key, refusal)
        self._session.flush()

    def _keep_refusal(self, key: IdempotencyKey, refusal: Refused) -> None:
        if isinstance(refusal, rules.STORED_REFUSALS):
            key.answer = rules.refusal_answer(refusal)
        else:
            self._forget(key)

    def _forget(self, key: IdempotencyKey | None) -> None:
        if key is not None:
            self._session.delete(key)

    def is_under_way(self, transaction: Transaction) -> bool:
        """Whether the request that made the transaction still waits for the program's first word."""
        key = self._session.get(IdempotencyKey, (transaction.environment_id, transaction.reference_number))
        return transaction.status == PENDING and key is not None and "inProgress" in key.answer

    def find(self, environment_id: str, id_or_reference: str) -> Transaction:
        """Return the environment's transaction for settling, as `get` does; raises NotFound."""
        transaction = self._transactions.get(environment_id, id_or_reference)
        # Read again under the lock: it may have ended since.
        self._session.refresh(transaction, with_for_update=True)
        return transaction

    def reversible(self, environment_id: str, id_or_reference: str) -> Pending:
        """Return what is needed to take a credit back; raises NotFound, or StateRefused for one not completed."""
        transaction = self._transactions.get(environment_id, id_or_reference)
        check_step(transaction.status, REVERSED)
        return self._pending(transaction)

    def reverse(self, transaction: Transaction, reason: str) -> None:
        """Undo a completed transaction whose program took the points back; raises StateRefused for another."""
        self._transactions.reverse(transaction, reason)

    def _answer(self, transaction: Transaction) -> Issued:
        receipt = Receipt(
            transaction.id,
            transaction.total_points,
            transaction.reference_number,
            transaction.created_at,
            transaction.status,
        )
        key = self._key_of(transaction)
        if key is not None and "inProgress" in key.answer:
            key.answer = rules.receipt_answer(receipt)
            self._session.flush()
        return Issued(receipt)

    def _key_of(self, transaction: Transaction) -> IdempotencyKey | None:
        return self._session.get(
            IdempotencyKey, (transaction.environment_id, transaction.reference_number), with_for_update=True
        )

    def get(self, transaction_id: str) -> Transaction:
        """Return a transaction for settling: nobody else settles it meanwhile."""
        return self._session.get_one(Transaction, transaction_id, with_for_update=True)

    def claim_pending(self, limit: int) -> list[Pending]:
        """Take pending transactions that are due, each with what is needed to ask its program."""
        claimed = self._transactions.claim_pending(rules.CREDIT_LEASE, limit)
        return [self._pending(transaction) for transaction in claimed]

    def _pending(self, transaction: Transaction) -> Pending:
        environment = self._organizations.get_environment(transaction.environment_id)
        program = self._programs.get_program(transaction.program_id)
        return Pending(transaction.id, program, _credit(transaction), environment.clock_ahead)


def _credit(transaction: Transaction) -> Credit:
    return Credit(transaction.id, destination_of(transaction), transaction.total_points, transaction.attempts)


def _reference_taken(order: Order) -> DuplicateReference:
    reference = order.reference_number
    message = f"referenceNumber {reference}, which one part would get, was used for another request."
    return DuplicateReference(message, fields=["referenceNumber"])
