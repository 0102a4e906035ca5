"""Who calls, by token or by secret: asked at each request, and looked up once a second."""

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager

from widget_host.domain.access.rules import EXPIRED, Caller, Client, access_claims
from widget_host.domain.access.service import AccessTokens, Clients
from widget_host.domain.upkeep.service import LoneLines
from widget_host.kit.clock import EnvironmentClock
from widget_host.kit.errors import InvalidToken
from widget_host.kit.ids import new_id
from widget_host.kit.lookups import Lookups
from widget_host.kit.signing import AccessTokenSigner


class Callers:
    """Recognizes callers; a secret that another process took back is good for a second more at the most."""

    def __init__(
        self,
        *,
        tokens: Callable[[], AbstractContextManager[AccessTokens]],
        clients: Callable[[], AbstractContextManager[Clients]],
        trail: LoneLines,
        signer: AccessTokenSigner,
        issuer: str,
        lookups: Lookups,
        clock: EnvironmentClock,
    ) -> None:
        """Take two ways to read, where tokens are written down, what signs them as whose, and the memory."""
        self._signer = signer
        self._issuer = issuer
        self._trail = trail
        self._tokens = tokens
        self._clients = clients
        self._lookups = lookups
        self._clock = clock

    def of_token(self, token: str) -> Client:
        """Return whose token this is, or raise InvalidToken with what is wrong with it."""
        caller = self._lookups.get(("token", token), lambda: self._check(token))
        with self._clock.ahead(caller.client.clock_ahead):
            if caller.until <= self._clock.now().timestamp():
                raise InvalidToken(EXPIRED)
        return caller.client

    def _check(self, token: str) -> Caller:
        with self._tokens() as tokens:
            return tokens.check(token)

    def issue(self, client: Client, *, address: str | None = None) -> str:
        """Return a token of ten minutes, or until the secret that fetched it is revoked; who got it is kept."""
        token_id = new_id("tok")
        with self._clock.ahead(client.clock_ahead):
            claims = access_claims(client, token_id, issuer=self._issuer, at=int(self._clock.now().timestamp()))
        facts = {"token_id": token_id, "secret_id": client.secret_id, "address": address}
        self._trail.record("token.issued", client.environment_id, **facts)
        return self._signer.sign(claims)

    def of_secret(self, client_id: str, secret: str) -> Client | None:
        """Return who presents this id and secret."""
        # Not the secret itself: what is remembered stays in memory for longer than it is good for.
        digest = hashlib.blake2b(f"{client_id}\n{secret}".encode("utf-8", "replace"), digest_size=32).digest()
        return self._lookups.get(("secret", digest), lambda: self._find(client_id, secret))

    def _find(self, client_id: str, secret: str) -> Client | None:
        with self._clients() as clients:
            return clients.find(client_id, secret)
