"""Keys derived from the host's secrets, keyed hashes of secrets we only verify, encryption of secrets we must send."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES = 12


def new_secret(prefix: str = "") -> str:
    """Draw 256 random bits, written without characters that need escaping anywhere."""
    return prefix + secrets.token_urlsafe(32)


class Undecryptable(ValueError):
    """No configured key opens this; the key that wrote it was dropped from the settings."""


class KeyRing:
    """The host's secrets, newest first: the first one signs and encrypts, all of them verify and decrypt."""

    def __init__(self, roots: Sequence[str]) -> None:
        """Take the secrets of the settings; at least one."""
        self._roots = [root.encode() for root in roots]

    def derive(self, purpose: str, length: int = 32) -> list[bytes]:
        """Return one key per secret for this purpose, newest first (HKDF-SHA256, RFC 5869)."""
        return [HKDF(hashes.SHA256(), length, None, purpose.encode()).derive(root) for root in self._roots]


class SecretHasher:
    """Keyed hashes of 256-bit random secrets: fast to check, useless to who steals the table."""

    def __init__(self, keys: KeyRing) -> None:
        """Derive one pepper per host secret."""
        self._peppers = keys.derive("secret-hash")

    def hash(self, secret: str) -> str:
        """Return the hash to store."""
        return self._hash(self._peppers[0], secret)

    def candidates(self, secret: str) -> list[str]:
        """Return every hash under which the secret may be stored, newest pepper first."""
        return [self._hash(pepper, secret) for pepper in self._peppers]

    @staticmethod
    def _hash(pepper: bytes, secret: str) -> str:
        return hmac.digest(pepper, secret.encode(), "sha256").hex()


class BearerHasher:
    """The same for what is drawn at each opening of a widget: BLAKE2b, which takes no way through OpenSSL."""

    def __init__(self, keys: KeyRing) -> None:
        """Derive one pepper per host secret."""
        self._peppers = keys.derive("bearer-hash")

    def hash(self, bearer: str) -> str:
        """Return the hash to store."""
        return self._hash(self._peppers[0], bearer)

    def is_hash_of(self, bearer: str, kept: str) -> bool:
        """Whether the bearer may be stored as this."""
        return any(hmac.compare_digest(self._hash(pepper, bearer), kept) for pepper in self._peppers)

    @staticmethod
    def _hash(pepper: bytes, bearer: str) -> str:
        return hashlib.blake2b(bearer.encode(), key=pepper, digest_size=32).hexdigest()


class SecretBox:
    """Authenticated encryption of secrets that must be sent again, bound to the environment that owns them."""

    def __init__(self, keys: KeyRing) -> None:
        """Derive one AES-256 key per host secret and name each by its fingerprint."""
        self._ciphers = {_fingerprint(key): AESGCM(key) for key in keys.derive("secret-box")}

    def seal(self, plain: str, *, owner: str) -> str:
        """Encrypt; the answer names its key, so that keys can be rotated."""
        key_id, cipher = next(iter(self._ciphers.items()))
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = cipher.encrypt(nonce, plain.encode(), _bound(key_id, owner))
        return f"{key_id}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def open(self, box: str, *, owner: str) -> str:
        """Decrypt; raises Undecryptable when the key is gone, the owner another or the text was changed."""
        key_id, _, text = box.partition(".")
        try:
            raw = base64.urlsafe_b64decode(text)
            plain = self._ciphers[key_id].decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], _bound(key_id, owner))
        except (KeyError, ValueError, InvalidTag) as error:
            raise Undecryptable(f"secret sealed with key {key_id} cannot be opened") from error
        return plain.decode()


def _bound(key_id: str, owner: str) -> bytes:
    return f"{key_id}:{owner}".encode()


def _fingerprint(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()[:8]
