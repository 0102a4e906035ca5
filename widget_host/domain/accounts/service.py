"""What may be done with remembered accounts: keep, offer, forget."""

from collections.abc import Iterable

import structlog
from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from widget_host.domain.accounts.models import SavedAccount
from widget_host.domain.accounts.rules import Holder, read, written
from widget_host.domain.programs.rules import Destination
from widget_host.kit.clock import Clock
from widget_host.kit.crypto import SecretBox, Undecryptable
from widget_host.kit.db import insert_if_new

log = structlog.get_logger(__name__)


class Accounts:
    """Remembers one account for each customer and program."""

    def __init__(self, *, session: Session, clock: Clock, box: SecretBox) -> None:
        """Work within this session."""
        self._session = session
        self._clock = clock
        self._box = box

    def remember(self, holder: Holder, program_id: str, destination: Destination) -> None:
        """Keep the account in place of the one used before; two at once do not disturb each other."""
        kept = {"sealed": self._box.seal(written(destination), owner=holder.owner), "used_at": self._clock.now()}
        row = {"environment_id": holder.environment_id, "source_user_id": holder.source_user_id}
        if insert_if_new(self._session, SavedAccount, [row | kept | {"program_id": program_id}]):
            return
        self._session.execute(
            update(SavedAccount).where(*_of(holder), SavedAccount.program_id == program_id).values(**kept)
        )

    def list_for(self, holder: Holder) -> dict[str, Destination]:
        """Return the customer's accounts by their programs' ids, the one used last first."""
        wanted = select(SavedAccount).where(*_of(holder)).order_by(SavedAccount.used_at.desc(), SavedAccount.program_id)
        sealed = [(saved.program_id, saved.sealed) for saved in self._session.scalars(wanted)]
        return read_accounts(self._box, holder, sealed)

    def forget(self, holder: Holder, program_id: str) -> None:
        """Forget the customer's account at the program, if any is known."""
        self._session.execute(delete(SavedAccount).where(*_of(holder), SavedAccount.program_id == program_id))


def read_accounts(box: SecretBox, holder: Holder, sealed: Iterable[tuple[str, str]]) -> dict[str, Destination]:
    """Open a customer's accounts as they are kept, each with its program's id, in this order."""
    opened = {program_id: _open(box, holder, text) for program_id, text in sealed}
    return {program_id: account for program_id, account in opened.items() if account is not None}


def _open(box: SecretBox, holder: Holder, sealed: str) -> Destination | None:
    try:
        return read(box.open(sealed, owner=holder.owner))
    except Undecryptable:
        # A convenience, no secret anybody waits for: the customer types it again.
        log.warning("accounts.undecryptable", environment_id=holder.environment_id)
        return None


def _of(holder: Holder) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return (
        SavedAccount.environment_id == holder.environment_id,
        SavedAccount.source_user_id == holder.source_user_id,
    )
