import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from itsdangerous import Signer
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, KeySetSerialization
from standardwebhooks import Webhook

from tests.fakes.clock import START
from widget_host.kit.crypto import KeyRing
from widget_host.kit.ids import new_id
from widget_host.kit.signing import AccessTokenSigner, BadSignature, LaunchTokenSigner, ReceiptSigner, webhook_headers

OLD, NEW = "o" * 32, "n" * 32
ISSUER = "https://points.example"
CLAIMS = {"iss": ISSUER, "aud": ISSUER, "sub": "cli_1", "exp": int(START.timestamp()) + 600}
PUBLIC_FORMS = (
    (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    (Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    (Encoding.X962, PublicFormat.UncompressedPoint),
)
VECTORS: dict[str, list[dict[str, str]]] = json.loads(
    (Path(__file__).parents[2] / "contracts" / "webhook_signatures.json").read_text("utf-8")
)


def encoded(part: Any) -> str:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decoded(part: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=="))
    return read


def signer(*secrets: str) -> AccessTokenSigner:
    return AccessTokenSigner(KeyRing(secrets or [NEW]))


def verify(token: str, by: AccessTokenSigner | None = None) -> dict[str, Any]:
    return (by or signer()).verify(token, issuer=ISSUER, audience=ISSUER)


class TestAccessTokenSign:
    def test_says_how_it_was_signed(self) -> None:
        header = decoded(signer().sign(CLAIMS).split(".")[0])

        assert (header["alg"], header["typ"]) == ("ES256", "at+jwt")
        assert header["kid"] == signer().public_keys()["keys"][0]["kid"]

    def test_signs_with_the_newest_secret(self) -> None:
        token = signer(NEW, OLD).sign(CLAIMS)

        assert verify(token, signer(NEW)) == CLAIMS
        with pytest.raises(BadSignature):
            verify(token, signer(OLD))


class TestAccessTokenVerify:
    def test_returns_the_claims(self) -> None:
        assert verify(signer().sign(CLAIMS)) == CLAIMS

    def test_accepts_what_an_older_secret_signed(self) -> None:
        assert verify(signer(OLD).sign(CLAIMS), signer(NEW, OLD)) == CLAIMS

    def test_refuses_what_a_dropped_secret_signed(self) -> None:
        with pytest.raises(BadSignature):
            verify(signer(OLD).sign(CLAIMS), signer(NEW))

    @pytest.mark.parametrize(
        "changed", [{"iss": "https://other.example"}, {"aud": "https://other.example"}, {"iss": None}, {"aud": None}]
    )
    def test_refuses_another_issuer_or_audience(self, changed: dict[str, Any]) -> None:
        with pytest.raises(BadSignature, match="issuer or audience"):
            verify(signer().sign({**CLAIMS, **changed}))

    @pytest.mark.parametrize("kind", ["JWT", "id+jwt", "at+JWT", None])
    def test_refuses_a_token_of_another_kind(self, kind: str | None) -> None:
        key = signer()._keys.keys[0]
        header = {"alg": "ES256", "kid": key.kid} | ({} if kind is None else {"typ": kind})

        with pytest.raises(BadSignature, match="another kind"):
            verify(jwt.encode(header, CLAIMS, key, ["ES256"]))

    def test_leaves_the_expiry_to_who_knows_whose_time_counts(self) -> None:
        assert verify(signer().sign({**CLAIMS, "exp": 1})) == {**CLAIMS, "exp": 1}

    @pytest.mark.parametrize("algorithm", ["none", "None", "HS256", "RS256", "ES384"])
    def test_refuses_a_header_that_names_another_algorithm(self, algorithm: str) -> None:
        header, payload, signature = signer().sign(CLAIMS).split(".")
        forged = encoded({**decoded(header), "alg": algorithm})

        for claimed in (signature, ""):
            with pytest.raises(BadSignature):
                verify(f"{forged}.{payload}.{claimed}")

    def test_refuses_what_was_signed_with_the_public_key_as_a_password(self) -> None:
        public = signer()._keys.keys[0]
        assert isinstance(public, ECKey)
        signed = f"{encoded({'alg': 'HS256', 'typ': 'at+jwt', 'kid': public.kid})}.{encoded(CLAIMS)}"
        for encoding, form in PUBLIC_FORMS:
            password = public.public_key.public_bytes(encoding, form)
            with pytest.raises(BadSignature):
                verify(f"{signed}.{encoded(hmac.digest(password, signed.encode(), 'sha256'))}")

    def test_takes_no_key_from_the_token(self) -> None:
        own = ECKey.generate_key("P-256")
        header = {"alg": "ES256", "typ": "at+jwt", "jwk": own.as_dict(private=False)}

        with pytest.raises(BadSignature):
            verify(jwt.encode(header, CLAIMS, own, ["ES256"]))

    def test_refuses_what_was_changed_by_a_bit_anywhere(self) -> None:
        header, payload, signature = signer().sign(CLAIMS).split(".")
        raw = base64.urlsafe_b64decode(signature + "==")

        with pytest.raises(BadSignature):
            verify(f"{header}.{encoded({**CLAIMS, 'sub': 'cli_2'})}.{signature}")
        for place in range(len(raw)):
            with pytest.raises(BadSignature):
                verify(f"{header}.{payload}.{encoded(raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :])}")

    @pytest.mark.parametrize(
        "token", ["", "a", "a.b", "a.b.c", "a.b.c.d", "....", "é.é.é", "\ud800", "\x00", "A" * 10_000, "=.=.="]
    )
    def test_refuses_what_is_no_token(self, token: str) -> None:
        with pytest.raises(BadSignature):
            verify(token)

    @pytest.mark.parametrize(
        "part",
        [[], 1, "x", None, {}, b"\xff", b"[" * 50_000, {"alg": 1}, {"alg": ["ES256"]}, {"alg": "ES256", "kid": []}],
    )
    def test_refuses_a_header_that_is_none(self, part: Any) -> None:
        _, payload, signature = signer().sign(CLAIMS).split(".")

        with pytest.raises(BadSignature):
            verify(f"{encoded(part)}.{payload}.{signature}")

    @pytest.mark.parametrize("extra", [{"crit": 1}, {"crit": ["x"]}, {"crit": []}, {"b64": False}, {"kid": 1}])
    def test_refuses_a_header_with_odd_values(self, extra: dict[str, Any]) -> None:
        header, payload, signature = signer().sign(CLAIMS).split(".")

        with pytest.raises(BadSignature):
            verify(f"{encoded({**decoded(header), **extra})}.{payload}.{signature}")


class TestPublicKeys:
    def test_verify_tokens_elsewhere_and_give_no_secret_away(self) -> None:
        published = signer(NEW, OLD).public_keys()

        for secret in (NEW, OLD):
            token = signer(secret).sign(CLAIMS)
            assert (
                jwt.decode(token, KeySet.import_key_set(cast("KeySetSerialization", published)), ["ES256"]).claims
                == CLAIMS
            )
        assert [set(key) for key in published["keys"]] == [{"kty", "crv", "x", "y", "kid", "alg", "use"}] * 2

    def test_stay_the_same_for_the_same_secret(self) -> None:
        assert signer(NEW).public_keys() == signer(NEW).public_keys() != signer(OLD).public_keys()


class TestLaunchTokenVerify:
    def test_returns_what_was_signed(self, launches: LaunchTokenSigner) -> None:
        token = launches.sign("wgl_1", "tnt_1", purpose="point-exchange")

        assert launches.verify(token, purpose="point-exchange") == ("wgl_1", "tnt_1")

    def test_refuses_a_token_of_another_purpose(self, launches: LaunchTokenSigner) -> None:
        token = launches.sign("wgl_1", "tnt_1", purpose="point-exchange")

        with pytest.raises(BadSignature):
            launches.verify(token, purpose="multibrand")

    def test_accepts_what_an_older_secret_signed(self) -> None:
        token = LaunchTokenSigner(KeyRing([OLD])).sign("wgl_1", "tnt_1", purpose="point-exchange")

        rotated = LaunchTokenSigner(KeyRing([NEW, OLD]))
        assert rotated.verify(token, purpose="point-exchange") == ("wgl_1", "tnt_1")
        with pytest.raises(BadSignature):
            LaunchTokenSigner(KeyRing([NEW])).verify(token, purpose="point-exchange")

    def test_signs_with_the_newest_secret(self) -> None:
        token = LaunchTokenSigner(KeyRing([NEW, OLD])).sign("wgl_1", "tnt_1", purpose="point-exchange")

        assert LaunchTokenSigner(KeyRing([NEW])).verify(token, purpose="point-exchange") == ("wgl_1", "tnt_1")

    def test_refuses_what_was_signed_with_the_secret_itself(self, launches: LaunchTokenSigner) -> None:
        forged = Signer(NEW, salt="point-exchange", digest_method=hashlib.sha256).sign("wgl_1.tnt_1")

        with pytest.raises(BadSignature):
            launches.verify(forged.decode(), purpose="point-exchange")

    def test_refuses_a_receipt(self, launches: LaunchTokenSigner) -> None:
        receipt = ReceiptSigner(KeyRing([NEW])).sign(["wgl_1", "tnt_1"], purpose="point-exchange")

        with pytest.raises(BadSignature):
            launches.verify(receipt, purpose="point-exchange")

    @pytest.mark.parametrize("token", ["", "a", "a.b.c", "....", "é", "\x00", "A" * 10_000])
    def test_refuses_what_is_no_token(self, launches: LaunchTokenSigner, token: str) -> None:
        with pytest.raises(BadSignature):
            launches.verify(token, purpose="point-exchange")

    def test_fits_into_an_address_as_it_is(self, launches: LaunchTokenSigner) -> None:
        token = launches.sign(new_id("wgl"), new_id("tnt"), purpose="point-exchange")

        assert set(token) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")

    @pytest.fixture
    def launches(self) -> LaunchTokenSigner:
        return LaunchTokenSigner(KeyRing([NEW]))


class TestReceiptVerify:
    def test_returns_what_was_signed(self, receipts: ReceiptSigner) -> None:
        said = ["tnt_1", "txn_1", 1_770_000_000, "ü/+?&" * 40, None]
        token = receipts.sign(said, purpose="receipt")

        assert receipts.verify(token, purpose="receipt") == said
        assert set(token) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")

    @pytest.mark.parametrize("token", ["", "a", "a.b.c", "é", "\x00"])
    def test_refuses_what_is_no_receipt(self, receipts: ReceiptSigner, token: str) -> None:
        with pytest.raises(BadSignature):
            receipts.verify(token, purpose="receipt")

    def test_refuses_a_receipt_of_another_purpose(self, receipts: ReceiptSigner) -> None:
        with pytest.raises(BadSignature):
            receipts.verify(receipts.sign(["tnt_1"], purpose="receipt"), purpose="other")

    @pytest.fixture
    def receipts(self) -> ReceiptSigner:
        return ReceiptSigner(KeyRing([NEW]))


class TestWebhookHeaders:
    @pytest.mark.parametrize("vector", VECTORS["valid"], ids=lambda vector: vector["id"])
    def test_are_those_computed_elsewhere(self, vector: dict[str, str]) -> None:
        headers = webhook_headers(
            vector["secret"],
            event_id=vector["id"],
            timestamp=int(vector["timestamp"]),
            body=vector["body"].encode(),
        )

        assert headers == {
            "x-timestamp": vector["timestamp"],
            "x-signature": vector["x-signature"],
            "webhook-id": vector["id"],
            "webhook-timestamp": vector["timestamp"],
            "webhook-signature": vector["webhook-signature"],
        }

    def test_are_believed_by_a_ready_made_verifier(self) -> None:
        secret, body = "s3cr3t-with-ünïcode", b'{"type":"transaction.completed"}'
        headers = webhook_headers(secret, event_id="evt_1", timestamp=int(datetime.now(UTC).timestamp()), body=body)

        shown = "whsec_" + base64.b64encode(secret.encode()).decode()
        assert Webhook(shown).verify(body, headers) == {"type": "transaction.completed"}

    def test_sign_the_very_bytes_of_the_body(self) -> None:
        headers = webhook_headers("secret", event_id="evt_1", timestamp=1700000000, body=b"\xff\x00")

        assert headers["x-signature"] == hmac.digest(b"secret", b"1700000000:\xff\x00", "sha256").hex()
