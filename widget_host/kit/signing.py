"""Signatures: access tokens (JWT, ES256), launch tokens (itsdangerous) and webhooks (HMAC-SHA256)."""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from itsdangerous import BadData, Signer, URLSafeSerializer
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from widget_host.kit import wire
from widget_host.kit.crypto import KeyRing

ALGORITHM = "ES256"
TYPE = "at+jwt"
SECONDS_DIGITS = 10
TIMESTAMP = re.compile(r"[0-9]{10}(?:[0-9]{3})?", re.ASCII)
SHA256_ON_P256, P256_BYTES = ec.ECDSA(hashes.SHA256()), 32
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class BadSignature(ValueError):
    """The text was not signed by this host, was changed, or is too old."""


class AccessTokenSigner:
    """Signs and checks access tokens (RFC 9068 `at+jwt`), with one ES256 key per host secret, the newest signing."""

    def __init__(self, keys: KeyRing) -> None:
        """Derive the keys once: nothing is parsed on the way of a request."""
        self._keys = KeySet([_ec_key(seed) for seed in keys.derive("access-token", 48)])
        self._head = _encoded(wire.dumps({"alg": ALGORITHM, "typ": TYPE, "kid": self._keys.keys[0].kid}).encode())
        self._newest = cast("ec.EllipticCurvePrivateKey", self._keys.keys[0].private_key)

    def sign(self, claims: Mapping[str, Any]) -> str:
        """Return the compact token (RFC 7515 §3.1), with `kid` and `typ` in its header.

        Put together here, for its header is always the same; the library looks at it anew each time, and at the key.
        """
        signed = self._head + b"." + _encoded(wire.dumps(claims).encode())
        # RFC 7518 §3.4: both numbers at full length, one behind the other.
        numbers = decode_dss_signature(self._newest.sign(signed, SHA256_ON_P256))
        signature = b"".join([number.to_bytes(P256_BYTES) for number in numbers])
        return (signed + b"." + _encoded(signature)).decode()

    def verify(self, token: str, *, issuer: str, audience: str) -> dict[str, Any]:
        """Return the claims, or raise BadSignature; whether `exp` is over is for who knows whose time counts."""
        try:
            decoded = jwt.decode(token, self._keys, [ALGORITHM])
        except (JoseError, ValueError, TypeError) as error:
            # A header whose values are of odd types makes the library stumble instead of refuse.
            raise BadSignature("not a token of this host") from error
        claims = decoded.claims
        if decoded.header.get("typ") != TYPE or claims.get("iss") != issuer or claims.get("aud") != audience:
            raise BadSignature("token of another kind, issuer or audience")
        return claims

    def public_keys(self) -> dict[str, Any]:
        """Return the JWKS (RFC 7517) that verifies every token still in use."""
        public = [key.as_dict(private=False, alg=ALGORITHM, use="sig") for key in self._keys.keys]
        return {"keys": public}


class AddressSigner:
    """Signs what stands in a widget's address; a kind of address has keys of its own, a purpose in it a salt."""

    def __init__(self, keys: KeyRing, kind: str) -> None:
        """Derive the keys once; itsdangerous signs with the last of them."""
        self._keys = [base64.b64encode(key) for key in reversed(keys.derive(kind))]
        self._made: dict[str, Signer] = {}

    def _signed(self, content: bytes, purpose: str) -> str:
        """Return text that is safe in an address where the content is; the purpose is part of the signature."""
        return self._by(purpose).sign(content).decode()

    def _unsigned(self, token: str, purpose: str) -> bytes:
        """Return the content, or raise BadSignature; how old it may be is for who knows whose time counts."""
        try:
            return self._by(purpose).unsign(token)
        except BadData as error:
            raise BadSignature("not signed here for this purpose") from error

    def _by(self, purpose: str) -> Signer:
        """Return what signs for a purpose; there are few."""
        if purpose not in self._made:
            self._made[purpose] = Signer(self._keys, salt=purpose, digest_method=hashlib.sha256)
        return self._made[purpose]


class LaunchTokenSigner(AddressSigner):
    """Signs the short-lived token that opens a widget; a token of one widget is refused by the other."""

    def __init__(self, keys: KeyRing) -> None:
        """Use the keys of launches; those of before signed tokens of another form."""
        super().__init__(keys, "launch")

    def sign(self, launch_id: str, tenant_key: str, *, purpose: str) -> str:
        """Return the token: two ids, which stand in an address as they are, and the signature."""
        return self._signed(f"{launch_id}.{tenant_key}".encode(), purpose)

    def verify(self, token: str, *, purpose: str) -> tuple[str, str]:
        """Return the launch and whose it is, or raise BadSignature."""
        launch_id, _, tenant_key = self._unsigned(token, purpose).decode().partition(".")
        return launch_id, tenant_key


class ReceiptSigner(AddressSigner):
    """Signs the address at which a customer's receipt can be read again."""

    def __init__(self, keys: KeyRing) -> None:
        """Use the keys of receipts."""
        super().__init__(keys, "receipt")
        self._writer = URLSafeSerializer(self._keys)

    def sign(self, payload: Any, *, purpose: str) -> str:
        """Return the payload, as JSON in letters that are safe in an address, and the signature."""
        return self._signed(self._writer.dump_payload(payload), purpose)

    def verify(self, token: str, *, purpose: str) -> Any:
        """Return the payload, or raise BadSignature."""
        content = self._unsigned(token, purpose)
        try:
            return self._writer.load_payload(content)
        except BadData as error:
            raise BadSignature("signed here, and no payload") from error


def webhook_headers(
    secret: str, *, event_id: str, timestamp: int, body: bytes, others: Sequence[str] = ()
) -> dict[str, str]:
    """Sign a webhook both ways: `x-timestamp`/`x-signature`, and the Standard Webhooks headers beside them.

    `x-signature` has room for one value; the Standard Webhooks header lists one for each of the `others` too.
    """
    plain = hmac.digest(secret.encode(), f"{timestamp}:".encode() + body, "sha256")
    content = f"{event_id}.{timestamp}.".encode() + body
    standard = [base64.b64encode(hmac.digest(key.encode(), content, "sha256")).decode() for key in (secret, *others)]
    return {
        "x-timestamp": str(timestamp),
        "x-signature": plain.hex(),
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in standard),
    }


def signed_moment(timestamp: str) -> datetime | None:
    """Return the moment of an `x-timestamp` of seconds or milliseconds; None for any other text.

    To be asked before the MAC: with `timestamp:body` the boundary could be moved, same MAC, other body.
    """
    if not TIMESTAMP.fullmatch(timestamp):
        return None
    return datetime.fromtimestamp(int(timestamp[:SECONDS_DIGITS]), UTC)


def is_webhook_signed(secret: str, *, timestamp: str, signature: str, body: bytes) -> bool:
    """Whether `x-signature` is that of these bytes, compared in constant time."""
    expected = hmac.digest(secret.encode(), timestamp.encode() + b":" + body, "sha256").hex()
    return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace"))


def _encoded(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")


def _ec_key(seed: bytes) -> ECKey:
    scalar = int.from_bytes(seed) % (P256_ORDER - 1) + 1
    key = ECKey.import_key(ec.derive_private_key(scalar, ec.SECP256R1()))
    key.ensure_kid()
    return key
