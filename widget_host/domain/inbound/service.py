"""What may be done with webhooks that come in: know who signed, and take each event once."""

import hashlib
from collections.abc import Sequence

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
            (environment, found)
            for environment, found in self._candidates(tenant_key)
            if is_webhook_signed(self._open(found), timestamp=written, signature=signature, body=body)
        ]
        if not (is_fresh and signed):
            raise rules.InvalidSignature
        environment, found = signed[0]
        return rules.Sender(environment.id, environment.kind, environment.clock_ahead, found.program_id)

    def _candidates(self, tenant_key: str) -> Sequence[tuple[Environment, InboundSecret]]:
        rows = self._session.execute(
            select(Environment, InboundSecret)
            .join(InboundSecret, InboundSecret.environment_id == Environment.id)
            .where(Environment.tenant_key == tenant_key, InboundSecret.revoked_at.is_(None))
        )
        return [(environment, secret) for environment, secret in rows]

    def _open(self, found: InboundSecret) -> str:
        try:
            return self._box.open(found.sealed_secret, owner=found.environment_id)
        except Undecryptable:
            return self._decoy


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
