"""What may be done with webhooks that come in: know who signed, and take each event once."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from widget_host.domain.inbound import rules
from widget_host.domain.inbound.models import InboundEvent, InboundSecret
from widget_host.domain.organizations.models import Environment
from widget_host.kit.clock import Clock
from widget_host.kit.crypto import SecretBox, Undecryptable, new_secret
from widget_host.kit.db import insert_if_new
from widget_host.kit.errors import NotFound
from widget_host.kit.ids import new_id
from widget_host.kit.signing import is_webhook_signed, signed_moment
from widget_host.kit.value import Value

NO_MOMENT = "0000000000"


class InboundSecrets:
    """The secrets that an environment's senders sign with; several live at once while one is being replaced."""

    def __init__(self, *, session: Session, clock: Clock, box: SecretBox) -> None:
        """Work within this session; the clock is the machine's: senders do not follow a sandbox's."""
        self._session = session
        self._clock = clock
        self._box = box
        self._decoy = new_secret()

    def add(self, environment: Environment, program_id: str | None = None) -> tuple[InboundSecret, str]:
        """Make a secret, returned in the open this once; raises TooManySecrets."""
        if len(self.list_live(environment.id)) >= rules.MOST_SECRETS:
            raise rules.TooManySecrets(f"{rules.MOST_SECRETS} secrets live at once. End one of them first.")
        secret = new_secret()
        made = InboundSecret(
            id=new_id("ins"),
            environment_id=environment.id,
            program_id=program_id,
            sealed_secret=self._box.seal(secret, owner=environment.id),
            created_at=self._clock.now(),
            revoked_at=None,
        )
        self._session.add(made)
        self._session.flush()
        return made, secret

    def list_live(self, environment_id: str) -> Sequence[InboundSecret]:
        """Return the environment's live secrets, the newest first."""
        live = select(InboundSecret).where(
            InboundSecret.environment_id == environment_id, InboundSecret.revoked_at.is_(None)
        )
        return self._session.scalars(live.order_by(InboundSecret.id.desc())).all()

    def end(self, environment: Environment, secret_id: str) -> None:
        """Let a secret sign nothing any more; raises NotFound."""
        found = self._session.get(InboundSecret, secret_id)
        if found is None or found.environment_id != environment.id or found.revoked_at is not None:
            raise NotFound(f"There is no live secret {secret_id}.")
        found.revoked_at = self._clock.now()
        self._session.flush()

    def authenticate(self, tenant_key: str, *, timestamp: str, signature: str, body: bytes) -> rules.Sender:
        """Return who signed this body; raises InvalidSignature, the same for every reason."""
        moment = signed_moment(timestamp)
        is_fresh = moment is not None and abs(self._clock.now() - moment) <= rules.TOLERANCE
        # A refusal takes as long whatever its reason: every secret is compared, and one that is nobody's beside them.
        written = timestamp if is_fresh else NO_MOMENT
        is_webhook_signed(self._decoy, timestamp=written, signature=signature, body=body)
        signed = [
            each
            for each in self._candidates(tenant_key) or [self._nobody()]
            if is_webhook_signed(self._open(each), timestamp=written, signature=signature, body=body)
        ]
        if not (is_fresh and signed):
            raise rules.InvalidSignature
        found = signed[0]
        ahead = timedelta(milliseconds=found.clock_ahead_ms)
        return rules.Sender(found.environment_id, found.kind, ahead, found.program_id)

    def _candidates(self, tenant_key: str) -> Sequence["_Candidate"]:
        # Columns, not objects: a tenant that nobody is would be refused sooner by what it takes to make them.
        rows = self._session.execute(
            select(
                Environment.id,
                Environment.kind,
                Environment.clock_ahead_ms,
                InboundSecret.program_id,
                InboundSecret.sealed_secret,
            )
            .join(InboundSecret, InboundSecret.environment_id == Environment.id)
            .where(Environment.tenant_key == tenant_key, InboundSecret.revoked_at.is_(None))
        )
        return [_Candidate(*row) for row in rows]

    def _nobody(self) -> "_Candidate":
        """Return what is opened and compared where there is nothing; nobody can sign with what is made here."""
        return _Candidate("", "", 0, None, self._box.seal(self._decoy, owner=""))

    def _open(self, found: "_Candidate") -> str:
        try:
            return self._box.open(found.sealed_secret, owner=found.environment_id)
        except Undecryptable:
            return self._decoy


class _Candidate(Value, frozen=True):
    environment_id: str
    kind: str
    clock_ahead_ms: int
    program_id: str | None
    sealed_secret: str


class Inbox:
    """Takes each event once, in the unit of work of what it causes."""

    def __init__(self, *, session: Session, clock: Clock) -> None:
        """Work within this session; the clock is the machine's."""
        self._session = session
        self._clock = clock

    def admit(self, environment_id: str, event_id: str, body: bytes) -> bool:
        """Note an event; False for one that was taken before. Raises EventConflict for a known id on another body."""
        now, body_hash = self._clock.now(), hashlib.sha256(body).hexdigest()
        forgotten = (InboundEvent.environment_id == environment_id, InboundEvent.received_at < now - rules.KEPT)
        self._session.execute(delete(InboundEvent).where(*forgotten))
        row = {"environment_id": environment_id, "event_id": event_id, "body_hash": body_hash, "received_at": now}
        if insert_if_new(self._session, InboundEvent, [row]):
            return True
        known = self._session.get_one(InboundEvent, (environment_id, event_id), populate_existing=True)
        if known.body_hash != body_hash:
            raise rules.EventConflict(f"Event {event_id} came before with another body.", id=event_id)
        return False
