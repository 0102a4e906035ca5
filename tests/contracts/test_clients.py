"""Libraries that integrators use, as their own pages say to use them: they know nothing of this host."""

from collections.abc import Mapping
from typing import Any

import jwt
import pytest
from oauthlib.oauth2 import BackendApplicationClient, InvalidClientError
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

from tests.factories.issuers import AURORA, Issuer
from tests.fakes.clock import START

WAYS = ("basic", "body")


class TestRequestsOauthlib:
    @pytest.mark.parametrize("way", WAYS)
    def test_fetches_a_token_and_calls(self, served: str, issuer: Issuer, way: str) -> None:
        with OAuth2Session(client=BackendApplicationClient(issuer.client_id)) as session:
            token = session.fetch_token(f"{served}/auth/token", **credentials(issuer, way))
            assert (token["token_type"], token["expires_in"]) == ("Bearer", 600)
            programs = session.get(f"{served}/programs").json()
            assert AURORA in [program["name"] for program in programs]

    @pytest.mark.parametrize("way", WAYS)
    def test_hears_that_a_secret_is_wrong(self, served: str, issuer: Issuer, way: str) -> None:
        client = BackendApplicationClient(issuer.client_id)
        with OAuth2Session(client=client) as session, pytest.raises(InvalidClientError):
            session.fetch_token(f"{served}/auth/token", **credentials(issuer, way, secret="wrong"))

    @pytest.fixture(autouse=True)
    def plain_http(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let the library speak without TLS, by its own switch."""
        monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")


class TestPyJwt:
    def test_verifies_a_token_by_the_published_keys(self, served: str, issuer: Issuer, token: str) -> None:
        claims = verified(served, token, "http://localhost")
        assert (claims["sub"], claims["env"], claims["exp"]) == (issuer.client_id, "sandbox", START.timestamp() + 600)

    def test_refuses_a_token_that_is_for_another_host(self, served: str, token: str) -> None:
        with pytest.raises(jwt.InvalidIssuerError):
            verified(served, token, "https://elsewhere.example")

    def test_refuses_a_token_that_was_changed(self, served: str, token: str) -> None:
        changed = token[:-20] + ("A" if token[-20] != "A" else "B") + token[-19:]
        with pytest.raises(jwt.InvalidSignatureError):
            verified(served, changed, "http://localhost")

    def test_reads_a_header_of_the_documented_kind(self, served: str, token: str) -> None:
        header = jwt.get_unverified_header(token)
        published = jwt.PyJWKClient(f"{served}/.well-known/jwks.json").get_signing_keys()
        assert (header["alg"], header["typ"]) == ("ES256", "at+jwt")
        assert header["kid"] in [key.key_id for key in published]

    @pytest.fixture
    def token(self, served: str, issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> str:
        monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
        with OAuth2Session(client=BackendApplicationClient(issuer.client_id)) as session:
            fetched = session.fetch_token(f"{served}/auth/token", **credentials(issuer, "basic"))
            return str(fetched["access_token"])


def verified(served: str, token: str, host: str) -> dict[str, Any]:
    """Return a token's claims once the library has found it to be of this host and for it."""
    key = jwt.PyJWKClient(f"{served}/.well-known/jwks.json").get_signing_key_from_jwt(token)
    # The tests' clock stands still, the library's does not.
    options: Any = {"require": ["exp", "iat", "iss", "aud", "sub", "jti"], "verify_exp": False, "verify_iat": False}
    return jwt.decode(token, key, algorithms=["ES256"], issuer=host, audience=host, options=options)


def credentials(issuer: Issuer, way: str, secret: str | None = None) -> Mapping[str, Any]:
    """Return how the library is told to authenticate."""
    secret = secret or issuer.client_secret
    if way == "basic":
        return {"auth": HTTPBasicAuth(issuer.client_id, secret)}
    return {"client_id": issuer.client_id, "client_secret": secret, "include_client_id": True}
