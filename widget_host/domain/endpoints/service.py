"""What may be done with endpoints and their secrets."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from widget_host.domain.endpoints import queries, rules
from widget_host.domain.endpoints.models import Endpoint, EndpointSecret
from widget_host.domain.upkeep.service import AuditTrail
from widget_host.kit.addresses import AddressRules
from widget_host.kit.clock import Clock, EnvironmentClock
from widget_host.kit.crypto import SecretBox, Undecryptable, new_secret
from widget_host.kit.errors import FieldError, InvalidFields, NotFound
from widget_host.kit.ids import new_id
from widget_host.kit.value import asdict, replace

UNREADABLE = "the endpoint's secret cannot be opened with the configured keys"


class Endpoints:
    """Keeps where an environment's events go."""

    def __init__(
        self,
        *,
        session: Session,
        clock: EnvironmentClock,
        box: SecretBox,
        trail: AuditTrail,
        addresses: AddressRules,
        secrets: "EndpointSecrets",
    ) -> None:
        """Work within this session; the rules say which addresses anything is sent to."""
        self._session = session
        self._clock = clock
        self._box = box
        self._trail = trail
        self._addresses = addresses
        self._secrets = secrets

    def create(self, environment_id: str, details: rules.Details) -> tuple[Endpoint, str]:
        """Add an endpoint and return it with its secret, shown this once; raises InvalidFields, EndpointLimit."""
        rules.check(details, self._addresses)
        if queries.count(self._session, environment_id) >= rules.MOST_ENDPOINTS:
            raise rules.EndpointLimit(f"There are {rules.MOST_ENDPOINTS} endpoints. Delete one of them first.")
        endpoint = Endpoint(
            id=new_id("whe"),
            environment_id=environment_id,
            enabled=True,
            created_at=self._clock.now(),
            failures=0,
            window_attempts=0,
            window_failures=0,
        )
        self._write(endpoint, details)
        self._session.add(endpoint)
        self._session.flush()
        return endpoint, self._secrets.add(endpoint, is_staged=False)[1]

    def get(self, environment_id: str, endpoint_id: str, *, for_update: bool = False) -> Endpoint:
        """Return the environment's endpoint, or raise NotFound."""
        found = self._session.get(Endpoint, endpoint_id, with_for_update={"key_share": True} if for_update else None)
        if found is None or found.environment_id != environment_id or found.deleted_at is not None:
            raise NotFound("There is no such endpoint.")
        return found

    def list(self, environment_id: str) -> Sequence[Endpoint]:
        """Return the environment's endpoints, the newest first."""
        return queries.listed(self._session, environment_id)

    def details(self, endpoint: Endpoint) -> rules.Details:
        """Return what was said of an endpoint; a credential that cannot be opened is None."""
        return rules.Details(
            url=endpoint.url,
            description=endpoint.description,
            event_types=tuple(endpoint.event_types),
            authentication=_authentication(endpoint, self._box)[0],
            ordered=endpoint.ordered,
            per_second=endpoint.per_second,
        )

    def update(self, environment_id: str, endpoint_id: str, changes: dict[str, Any]) -> Endpoint:
        """Change what is named, by the names of Details, and `enabled`; raises NotFound, InvalidFields."""
        endpoint = self.get(environment_id, endpoint_id, for_update=True)
        enabled = changes.pop("enabled", None)
        details = replace(self.details(endpoint), **changes)
        rules.check(details, self._addresses)
        self._write(endpoint, details)
        self._trail.record("webhook_endpoint.changed", environment_id, endpoint_id=endpoint.id, fields=sorted(changes))
        if enabled is not None and enabled != endpoint.enabled:
            self._enable(endpoint) if enabled else self._disable(endpoint, rules.BY_THE_TENANT)
        self._session.flush()
        return endpoint

    def enable(self, environment_id: str, endpoint_id: str) -> Endpoint:
        """Send to it again, as if nothing had failed; what still waits for it is due."""
        endpoint = self.get(environment_id, endpoint_id, for_update=True)
        self._enable(endpoint)
        self._session.flush()
        return endpoint

    def delete(self, environment_id: str, endpoint_id: str) -> None:
        """Send nothing to it any more, and forget how to; raises NotFound."""
        endpoint = self.get(environment_id, endpoint_id, for_update=True)
        endpoint.enabled, endpoint.deleted_at = False, self._clock.now()
        endpoint.sealed_credential = None
        self._secrets.forget(endpoint)
        self._trail.record("webhook_endpoint.deleted", environment_id, endpoint_id=endpoint.id)
        self._session.flush()

    def find_free(self, endpoint_id: str) -> Endpoint | None:
        """Return the endpoint and hold it, None where another worker does."""
        return queries.find_unlocked(self._session, endpoint_id)

    def note(self, tallies: dict[str, rules.Tally]) -> None:
        """Remember how attempts went, and stop sending to who is gone, or fails for too long."""
        now = self._clock.machine.now()
        for endpoint in queries.locked(self._session, list(tallies)):
            tally = tallies[endpoint.id]
            endpoint.health = endpoint.health.after(tally, now)
            if endpoint.enabled and (tally.is_gone or endpoint.health.is_given_up(now)):
                self._disable(endpoint, rules.GONE if tally.is_gone else rules.FAILING)
        self._session.flush()

    def receivers(self, endpoint_ids: Sequence[str]) -> dict[str, rules.Receiver]:
        """Return what deliveries to these endpoints need, with addresses and secrets as they are now."""
        secrets = self._secrets.opened(endpoint_ids)
        found = {}
        for row in queries.to_send_to(self._session, endpoint_ids):
            authentication, is_readable = _authentication(row, self._box)
            live = secrets.get(row.id, ())
            problem = None if is_readable and live is not None else UNREADABLE
            found[row.id] = rules.Receiver(
                row.id, row.url, live or (), authentication, is_troubled=row.is_troubled, problem=problem
            )
        return found

    def _write(self, endpoint: Endpoint, details: rules.Details) -> None:
        shown = asdict(replace(details.authentication, credential=None))
        credential = details.authentication.credential
        endpoint.url, endpoint.description = self._addresses.check(details.url).url, details.description
        endpoint.event_types = list(dict.fromkeys(details.event_types))
        endpoint.authentication = {name: value for name, value in shown.items() if value is not None}
        endpoint.sealed_credential = credential and self._box.seal(credential, owner=endpoint.environment_id)
        endpoint.ordered, endpoint.per_second, endpoint.free_at = details.ordered, details.per_second, None

    def _enable(self, endpoint: Endpoint) -> None:
        endpoint.enabled, endpoint.disabled_reason, endpoint.disabled_at = True, None, None
        endpoint.health = rules.Health()
        self._session.info["enqueued"] = True
        self._trail.record("webhook_endpoint.enabled", endpoint.environment_id, endpoint_id=endpoint.id)

    def _disable(self, endpoint: Endpoint, reason: str) -> None:
        endpoint.enabled, endpoint.disabled_reason = False, reason
        endpoint.disabled_at = self._clock.machine.now()
        said = {"endpoint_id": endpoint.id, "reason": reason}
        self._trail.record("webhook_endpoint.disabled", endpoint.environment_id, **said)


class EndpointSecrets:
    """The secrets that sign for an endpoint: shown, then promoted, then ended, so that no delivery is ever refused."""

    def __init__(self, *, session: Session, clock: Clock, box: SecretBox, trail: AuditTrail) -> None:
        """Work within this session; the clock is the machine's, which receivers go by."""
        self._session = session
        self._clock = clock
        self._box = box
        self._trail = trail

    def add(self, endpoint: Endpoint, *, is_staged: bool = True) -> tuple[EndpointSecret, str]:
        """Make a secret, returned in the open this once; raises EndpointLimit, SecretInUse while one is staged."""
        live = self.list_live(endpoint)
        if len(live) >= rules.MOST_SECRETS:
            raise rules.EndpointLimit(f"{rules.MOST_SECRETS} secrets live at once. End one of them first.")
        if is_staged and any(self.stage(each) == rules.STAGED for each in live):
            raise rules.SecretInUse("A secret is staged already. Promote or end it first.")
        now, secret = self._clock.now(), new_secret()
        made = EndpointSecret(
            id=new_id("sec"),
            environment_id=endpoint.environment_id,
            endpoint_id=endpoint.id,
            sealed_secret=self._box.seal(secret, owner=endpoint.environment_id),
            created_at=now,
            promoted_at=None if is_staged else now,
            ends_at=None,
        )
        self._session.add(made)
        self._session.flush()
        self._record("created", made)
        return made, secret

    def promote(self, endpoint: Endpoint, secret_id: str, overlap: timedelta = rules.OVERLAP) -> EndpointSecret:
        """Let a staged secret sign, and the one before it end after the overlap; raises NotFound, SecretInUse."""
        if not timedelta(0) <= overlap <= rules.LONGEST_OVERLAP:
            message = f"An overlap is from 0 to {rules.LONGEST_OVERLAP.days} days."
            raise InvalidFields([FieldError("overlap", "out_of_range", message)])
        promoted = self._get(endpoint, secret_id)
        if self.stage(promoted) != rules.STAGED:
            raise rules.SecretInUse("Only a staged secret is promoted.")
        now = self._clock.now()
        for each in self.list_live(endpoint):
            if self.stage(each) == rules.SIGNING:
                each.ends_at = now + overlap
        promoted.promoted_at = now
        self._session.flush()
        self._record("promoted", promoted)
        return promoted

    def end(self, endpoint: Endpoint, secret_id: str) -> None:
        """Let a secret sign nothing any more; raises NotFound, SecretInUse for the one that the endpoint needs."""
        ended = self._get(endpoint, secret_id)
        if self.stage(ended) == rules.SIGNING and endpoint.authentication["mode"] == rules.SIGNATURE:
            raise rules.SecretInUse("This secret signs what is sent. Stage another and promote it first.")
        ended.ends_at = self._clock.now()
        self._session.flush()
        self._record("ended", ended)

    def list_live(self, endpoint: Endpoint) -> Sequence[EndpointSecret]:
        """Return the endpoint's live secrets, the newest first."""
        return queries.live_secrets(self._session, [endpoint.id], self._clock.now())

    def stage(self, secret: EndpointSecret) -> str:
        """Return where a secret is on its way."""
        return rules.secret_stage(secret.promoted_at, secret.ends_at, self._clock.now())

    def forget(self, endpoint: Endpoint) -> None:
        """Take all its secrets away."""
        for each in self.list_live(endpoint):
            self._session.delete(each)

    def opened(self, endpoint_ids: Sequence[str]) -> dict[str, tuple[str, ...] | None]:
        """Return the endpoints' live secrets in the open, the signing one first; None where one cannot be opened."""
        stages: dict[str, list[tuple[str, str]]] = {}
        unreadable = set()
        for each in queries.live_secrets(self._session, endpoint_ids, self._clock.now()):
            try:
                plain = self._box.open(each.sealed_secret, owner=each.environment_id)
            except Undecryptable:
                unreadable.add(each.endpoint_id)
                continue
            stages.setdefault(each.endpoint_id, []).append((self.stage(each), plain))
        signing: dict[str, tuple[str, ...] | None] = dict.fromkeys(unreadable)
        return {name: rules.signing_order(found) for name, found in stages.items()} | signing

    def _get(self, endpoint: Endpoint, secret_id: str) -> EndpointSecret:
        found = self._session.get(EndpointSecret, secret_id, with_for_update=True)
        if found is None or found.endpoint_id != endpoint.id or self.stage(found) == rules.ENDED:
            raise NotFound("There is no such live secret.")
        return found

    def _record(self, what: str, secret: EndpointSecret) -> None:
        said = {"endpoint_id": secret.endpoint_id, "secret_id": secret.id}
        self._trail.record(f"webhook_secret.{what}", secret.environment_id, **said)


def _authentication(row: Any, box: SecretBox) -> tuple[rules.Authentication, bool]:
    """Return how the endpoint knows us, and whether its credential could be opened."""
    shown = rules.Authentication(**row.authentication)
    if row.sealed_credential is None:
        return shown, True
    try:
        return replace(shown, credential=box.open(row.sealed_credential, owner=row.environment_id)), True
    except Undecryptable:
        return shown, False
