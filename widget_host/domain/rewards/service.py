"""What may be done with rewards of which a part was refused."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from widget_host.domain.organizations.service import Organizations
from widget_host.domain.rewards import rules
from widget_host.domain.rewards.models import AbandonedReward
from widget_host.domain.transactions.models import Transaction
from widget_host.domain.transactions.rules import COMPLETED, PENDING
from widget_host.domain.transactions.service import Transactions
from widget_host.kit.clock import EnvironmentClock
from widget_host.kit.db import insert_if_new
from widget_host.kit.errors import Refused


class AbandonedRewards:
    """Rewards of which a part was refused in the end, to be undone as a whole."""

    def __init__(
        self, *, session: Session, clock: EnvironmentClock, transactions: Transactions, organizations: Organizations
    ) -> None:
        """Work within this session, together with these services of the same session."""
        self._session = session
        self._clock = clock
        self._transactions = transactions
        self._organizations = organizations

    def abandon(self, part: Transaction, refusal: Refused) -> None:
        """Have what the other parts gave taken back."""
        reason = rules.reason(part.reference_number, refusal.message)
        row = {"environment_id": part.environment_id, "reward": part.reward, "reason": reason, "attempts": 0}
        now = self._clock.machine.now()
        insert_if_new(self._session, AbandonedReward, [row | {"due_at": now, "ended_at": None}])

    def claim(self, limit: int) -> list[rules.Abandoned]:
        """Take abandoned rewards that are due, each with the parts that were given, for one lease."""
        now = self._clock.machine.now()
        due = select(AbandonedReward).where(AbandonedReward.ended_at.is_(None), AbandonedReward.due_at <= now)
        found = self._session.scalars(
            due.order_by(AbandonedReward.due_at).limit(limit).with_for_update(skip_locked=True)
        )
        return [self._claimed(each, now + rules.LEASE) for each in found]

    def _claimed(self, abandoned: AbandonedReward, until: datetime) -> rules.Abandoned:
        abandoned.attempts += 1
        abandoned.due_at = until
        self._session.flush()
        parts = self._transactions.list_of_reward(abandoned.environment_id, abandoned.reward)
        given = tuple(part.id for part in parts if part.status == COMPLETED)
        waits = any(part.status == PENDING for part in parts)
        ahead = self._organizations.get_environment(abandoned.environment_id).clock_ahead
        return rules.Abandoned(
            abandoned.environment_id,
            abandoned.reward,
            abandoned.reason,
            given,
            is_complete=not waits,
            clock_ahead=ahead,
        )

    def finish(self, found: rules.Abandoned, kept: Mapping[str, str], *, is_done: bool) -> None:
        """End an abandoned reward with a remark on each part that its program keeps, or look at it again later."""
        key = (found.environment_id, found.reward)
        abandoned, now = self._session.get_one(AbandonedReward, key, with_for_update=True), self._clock.machine.now()
        if not is_done:
            abandoned.due_at = now + rules.pause_after(abandoned.attempts)
            return
        abandoned.ended_at = now
        for part_id, why in kept.items():
            part = self._transactions.get(found.environment_id, part_id)
            self._transactions.remark(part, f"{found.reason} {why}"[: rules.LONGEST_REASON])
