"""Signatures: access tokens (JWT, ES256), launch tokens (itsdangerous) and webhooks (HMAC-SHA256)."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from itsdangerous import BadData, SignatureExpired, TimestampSigner, URLSafeTimedSerializer
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from widget_host.kit.clock import Clock
from widget_host.kit.crypto import KeyRing

ALGORITHM = "ES256"
TYPE = "at+jwt"
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class BadSignature(ValueError):
    """The text was not signed by this host, was changed, or is too old."""


class Expired(BadSignature):
    """The signature is good and its time is over; `payload` is what was signed."""

    def __init__(self, payload: Any = None) -> None:
        """Keep the payload: it may still name whose it was."""
        super().__init__("expired")
        self.payload = payload


class AccessTokenSigner:
    """Signs and checks access tokens (RFC 9068 `at+jwt`), with one ES256 key per host secret, the newest signing."""

    def __init__(self, keys: KeyRing) -> None:
        """Derive the keys once: nothing is parsed on the way of a request."""
        self._keys = KeySet([_ec_key(seed) for seed in keys.derive("access-token", 48)])

    def sign(self, claims: Mapping[str, Any]) -> str:
        """Return the compact token, with `kid` and `typ` in its header."""
        key = self._keys.keys[0]
        return jwt.encode({"alg": ALGORITHM, "typ": TYPE, "kid": key.kid}, dict(claims), key, [ALGORITHM])

    def verify(self, token: str, *, issuer: str, audience: str, now: datetime) -> dict[str, Any]:
        """Return the claims; raises BadSignature, or Expired where only the time is over."""
        try:
            decoded = jwt.decode(token, self._keys, [ALGORITHM])
        except (JoseError, ValueError, TypeError) as error:
            # A header whose values are of odd types makes the library stumble instead of refuse.
            raise BadSignature("not a token of this host") from error
        claims = decoded.claims
        if decoded.header.get("typ") != TYPE or claims.get("iss") != issuer or claims.get("aud") != audience:
            raise BadSignature("token of another kind, issuer or audience")
        if int(claims["exp"]) <= now.timestamp():
            raise Expired(claims)
        return claims

    def public_keys(self) -> dict[str, Any]:
        """Return the JWKS (RFC 7517) that verifies every token still in use."""
        public = [key.as_dict(private=False, alg=ALGORITHM, use="sig") for key in self._keys.keys]
        return {"keys": public}


class LaunchTokenSigner:
    """Signs the short-lived token in a widget's address; a token of one widget is refused by the other."""

    def __init__(self, keys: KeyRing, clock: Clock) -> None:
        """Derive the keys once; itsdangerous signs with the last of them."""
        self._clock = clock
        self._keys = [base64.b64encode(key) for key in reversed(keys.derive("launch-token"))]

    def sign(self, payload: Any, *, purpose: str) -> str:
        """Return text that is safe in an address; the purpose is part of the signature."""
        return str(self._serializer(purpose).dumps(payload))

    def verify(self, token: str, *, purpose: str, life: timedelta) -> Any:
        """Return the payload; raises Expired with it when too old, else BadSignature."""
        try:
            return self._serializer(purpose).loads(token, max_age=int(life.total_seconds()))
        except SignatureExpired as error:
            raise Expired(self._serializer(purpose).load_payload(error.payload or b"")) from error
        except BadData as error:
            raise BadSignature("not a launch token of this widget") from error

    def _serializer(self, purpose: str) -> URLSafeTimedSerializer:
        options = {"digest_method": hashlib.sha256, "clock": self._clock}
        return URLSafeTimedSerializer(self._keys, salt=purpose, signer=_ClockSigner, signer_kwargs=options)


def webhook_headers(secret: str, *, event_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Sign a webhook both ways: `x-timestamp`/`x-signature`, and the Standard Webhooks headers beside them."""
    key = secret.encode()
    plain = hmac.digest(key, f"{timestamp}:".encode() + body, "sha256")
    standard = hmac.digest(key, f"{event_id}.{timestamp}.".encode() + body, "sha256")
    return {
        "x-timestamp": str(timestamp),
        "x-signature": plain.hex(),
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{base64.b64encode(standard).decode()}",
    }


def _ec_key(seed: bytes) -> ECKey:
    scalar = int.from_bytes(seed) % (P256_ORDER - 1) + 1
    key = ECKey.import_key(ec.derive_private_key(scalar, ec.SECP256R1()))
    key.ensure_kid()
    return key


class _ClockSigner(TimestampSigner):
    """A timestamp signer that asks our clock."""

    def __init__(self, *args: Any, clock: Clock, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._clock = clock

    def get_timestamp(self) -> int:
        return int(self._clock.now().timestamp())
