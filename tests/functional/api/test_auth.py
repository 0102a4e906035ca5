import base64
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import KeySet
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from tests.factories.issuers import Issuer, make_issuer
from tests.fakes.clock import START
from tests.functional.api.conftest import Change
from widget_host.web.scope import HostApp
from widget_host.wiring import Wiring

PATH = "/auth/token"
GRANT = {"grant_type": "client_credentials"}
WAYS = ("basic", "basic and form", "form", "json", "json without a grant type")


def basic(name: str, secret: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'{name}:{secret}'.encode()).decode()}"}


def ask(client: FlaskClient, way: str, name: str, secret: str, **more: Any) -> TestResponse:
    """Ask for a token in one of the ways that a client may authenticate."""
    body = {"client_id": name, "client_secret": secret}
    if way == "basic":
        return client.post(PATH, headers=basic(name, secret))
    if way == "basic and form":
        return client.post(PATH, data=GRANT | more, headers=basic(name, secret))
    if way == "form":
        return client.post(PATH, data=body | GRANT | more)
    return client.post(PATH, json=body | ({} if "without" in way else GRANT) | more)


def oauth_error(answer: TestResponse, status: int, error: str) -> str:
    """Return the description of an error of RFC 6749 §5.2, once the answer is one."""
    said = answer.get_json()
    assert (answer.status_code, said["error"]) == (status, error), said
    assert said.keys() == {"error", "error_description"}
    assert answer.mimetype == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert ("WWW-Authenticate" in answer.headers) == (status == 401)
    return str(said["error_description"])


class TestToken:
    @pytest.mark.parametrize("way", WAYS)
    def test_is_given_to_who_authenticates(self, client: FlaskClient, issuer: Issuer, way: str) -> None:
        answer = ask(client, way, issuer.client_id, issuer.client_secret)
        said = answer.get_json()
        assert answer.status_code == 200
        assert said.pop("access_token").count(".") == 2
        assert said == {"expires_in": 600, "token_type": "Bearer"}

    def test_answers_in_camel_case_who_asks_in_it(self, client: FlaskClient, issuer: Issuer) -> None:
        credentials = {"clientId": issuer.client_id, "clientSecret": issuer.client_secret}
        said = client.post(PATH, json=credentials).get_json()
        assert said.pop("accessToken").count(".") == 2
        assert said == {"expiresIn": 600}

    def test_is_not_kept_by_anybody_on_the_way(self, client: FlaskClient, issuer: Issuer) -> None:
        answer = ask(client, "json", issuer.client_id, issuer.client_secret)
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Pragma"] == "no-cache"

    def test_tells_who_asks_for_less_that_it_gives_everything(self, client: FlaskClient, issuer: Issuer) -> None:
        answer = ask(client, "form", issuer.client_id, issuer.client_secret, scope="points")
        assert answer.get_json()["scope"] == "points widgets"

    @pytest.mark.parametrize("way", WAYS)
    def test_refuses_a_wrong_secret(self, client: FlaskClient, issuer: Issuer, way: str) -> None:
        answer = ask(client, way, issuer.client_id, f"{issuer.client_secret}x")
        oauth_error(answer, 401, "invalid_client")
        assert answer.headers["WWW-Authenticate"].startswith("Basic ")

    def test_refuses_a_wrong_secret_in_camel_case_too(self, client: FlaskClient, issuer: Issuer) -> None:
        answer = client.post(PATH, json={"clientId": issuer.client_id, "clientSecret": "wrong"})
        oauth_error(answer, 401, "invalid_client")

    def test_does_not_tell_an_unknown_client_from_a_wrong_secret(self, client: FlaskClient, issuer: Issuer) -> None:
        wrong = ask(client, "json", issuer.client_id, "wrong")
        unknown = ask(client, "json", "cli_unknown", issuer.client_secret)
        assert wrong.get_json() == unknown.get_json()

    def test_refuses_another_organizations_secret(self, client: FlaskClient, issuer: Issuer, wiring: Wiring) -> None:
        stranger = make_issuer(wiring, "Southwind Bank")
        oauth_error(ask(client, "json", issuer.client_id, stranger.client_secret), 401, "invalid_client")

    def test_refuses_a_revoked_secret(self, client: FlaskClient, issuer: Issuer, change: Change) -> None:
        change("UPDATE client_secrets SET revoked_at = created_at")
        oauth_error(ask(client, "json", issuer.client_id, issuer.client_secret), 401, "invalid_client")

    @pytest.mark.parametrize("missing", ["client_id", "client_secret"])
    def test_refuses_half_of_the_credentials(self, client: FlaskClient, issuer: Issuer, missing: str) -> None:
        credentials = {"client_id": issuer.client_id, "client_secret": issuer.client_secret}
        del credentials[missing]
        oauth_error(client.post(PATH, json=credentials), 401, "invalid_client")

    def test_refuses_another_grant(self, client: FlaskClient, issuer: Issuer) -> None:
        for grant in ("password", "authorization_code", "", "ünknown"):
            answer = ask(client, "json", issuer.client_id, issuer.client_secret, grant_type=grant)
            oauth_error(answer, 400, "unsupported_grant_type")

    def test_refuses_a_scope_there_is_not(self, client: FlaskClient, issuer: Issuer) -> None:
        for scope in ("everything", "points everything", "ünknown", '"\\'):
            answer = ask(client, "form", issuer.client_id, issuer.client_secret, scope=scope)
            oauth_error(answer, 400, "invalid_scope")

    @pytest.mark.parametrize("name", ["client_secret", "clientSecret"])
    def test_refuses_credentials_in_two_places(self, client: FlaskClient, issuer: Issuer, name: str) -> None:
        headers = basic(issuer.client_id, issuer.client_secret)
        answer = client.post(PATH, json={name: issuer.client_secret}, headers=headers)
        oauth_error(answer, 400, "invalid_request")

    def test_refuses_two_clients_in_one_request(self, client: FlaskClient, issuer: Issuer) -> None:
        headers = basic(issuer.client_id, issuer.client_secret)
        answer = client.post(PATH, json={"client_id": "cli_another"}, headers=headers)
        oauth_error(answer, 400, "invalid_request")

    @pytest.mark.parametrize(
        ("body", "content_type"),
        [
            ("client_id=a&client_id=b&client_secret=c", "application/x-www-form-urlencoded"),
            ("[]", "application/x-www-form-urlencoded"),
            ('{"client_id":"a","client_id":"b","client_secret":"c"}', "application/json"),
            ('{"client_id":"a","clientId":"b","client_secret":"c"}', "application/json"),
        ],
    )
    def test_refuses_a_repeated_parameter(self, client: FlaskClient, body: str, content_type: str) -> None:
        oauth_error(client.post(PATH, data=body, content_type=content_type), 400, "invalid_request")

    def test_names_a_parameter_that_is_no_text(self, client: FlaskClient) -> None:
        wrong: tuple[Any, ...] = (1, None, True, [], {}, 1.5)
        for value in wrong:
            answer = client.post(PATH, json={"client_id": "a", "client_secret": value})
            assert "client_secret" in oauth_error(answer, 400, "invalid_request")

    def test_refuses_a_body_that_is_neither_json_nor_a_form(self, client: FlaskClient) -> None:
        for body in (
            "[]",
            '"text"',
            "null",
            "{",
            "<xml/>",
            "\ufeff",
            '{"a":NaN}',
            '{"a":1e99999999999999999999}',
            "[" * 9999,
        ):
            answer = client.post(PATH, data=body.encode(), content_type="application/json")
            oauth_error(answer, 400, "invalid_request")

    def test_refuses_nothing_at_all(self, client: FlaskClient) -> None:
        oauth_error(client.post(PATH), 401, "invalid_client")

    @pytest.mark.parametrize("name", ["client_id", "client_secret"])
    def test_refuses_what_no_credential_can_be(self, client: FlaskClient, issuer: Issuer, name: str) -> None:
        for text in ("a\0b", "\ud800", "é", "\n", "x" * 100_000):
            known = {"client_id": issuer.client_id, "client_secret": issuer.client_secret}
            answer = client.post(PATH, data=json.dumps(known | {name: text}), content_type="application/json")
            oauth_error(answer, 401, "invalid_client")

    def test_refuses_basic_credentials_that_cannot_be_read(self, client: FlaskClient) -> None:
        for given in (b"a\0b:c", b"\xff:\xff", b"alone", b":", b"a:", b"", b"a:%00", b"a:%ff"):
            header = f"Basic {base64.b64encode(given).decode()}"
            oauth_error(client.post(PATH, headers={"Authorization": header}), 401, "invalid_client")

    def test_refuses_a_header_that_is_no_basic(self, client: FlaskClient) -> None:
        for header in ("Basic", "Basic ", "Basic é", "Basic %%%", "Bearer x", "Basic =", "Digest a=b"):
            oauth_error(client.post(PATH, headers={"Authorization": header}), 401, "invalid_client")


class TestAccessToken:
    def test_says_whose_it_is_and_for_how_long(
        self, client: FlaskClient, issuer: Issuer, claims: dict[str, Any]
    ) -> None:
        now = int(START.timestamp())
        assert claims.pop("jti").startswith("tok_")
        assert claims.pop("secret").startswith("sec_")
        assert claims == {
            "iss": "http://localhost",
            "aud": "http://localhost",
            "sub": issuer.client_id,
            "client_id": issuer.client_id,
            "env": "sandbox",
            "scope": "points widgets",
            "iat": now,
            "exp": now + 600,
        }

    def test_holds_no_secret(self, issuer: Issuer, claims: dict[str, Any]) -> None:
        assert issuer.client_secret not in claims.values()

    def test_is_signed_with_a_published_key(self, client: FlaskClient, token: str) -> None:
        keys = client.get("/.well-known/jwks.json").get_json()["keys"]
        header = jwt.decode(token, KeySet.import_key_set({"keys": keys}), ["ES256"]).header
        assert header == {"alg": "ES256", "typ": "at+jwt", "kid": keys[0]["kid"]}

    def test_is_another_each_time(self, client: FlaskClient, issuer: Issuer, token: str) -> None:
        again = ask(client, "json", issuer.client_id, issuer.client_secret)
        assert again.get_json()["access_token"] != token

    @pytest.fixture
    def token(self, client: FlaskClient, issuer: Issuer) -> str:
        token: str = ask(client, "json", issuer.client_id, issuer.client_secret).get_json()["access_token"]
        return token

    @pytest.fixture
    def claims(self, client: FlaskClient, token: str) -> dict[str, Any]:
        keys = KeySet.import_key_set(client.get("/.well-known/jwks.json").get_json())
        return jwt.decode(token, keys, ["ES256"]).claims


class TestPublishedKeys:
    def test_hold_nothing_private(self, client: FlaskClient) -> None:
        (key,) = client.get("/.well-known/jwks.json").get_json()["keys"]
        assert key.keys() == {"kty", "crv", "x", "y", "kid", "alg", "use"}
        assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("EC", "P-256", "ES256", "sig")


class TestMetadata:
    def test_says_where_and_how_tokens_are_given(self, client: FlaskClient) -> None:
        assert client.get("/.well-known/oauth-authorization-server").get_json() == {
            "issuer": "http://localhost",
            "token_endpoint": "http://localhost/auth/token",
            "jwks_uri": "http://localhost/.well-known/jwks.json",
            "grant_types_supported": ["client_credentials"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "response_types_supported": [],
            "scopes_supported": ["points", "widgets"],
        }


class TestAnOrdinaryOAuthClient:
    """Authlib's own, which knows nothing of this host but the address of its metadata."""

    @pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
    def test_gets_a_token_and_calls_the_api(self, served: str, issuer: Issuer, method: str) -> None:
        known = requests.get(f"{served}/.well-known/oauth-authorization-server", timeout=30).json()
        assert method in known["token_endpoint_auth_methods_supported"]
        token_endpoint = known["token_endpoint"].replace("http://localhost", served)
        with OAuth2Session(issuer.client_id, issuer.client_secret, token_endpoint_auth_method=method) as session:
            session.fetch_token(token_endpoint, grant_type="client_credentials")
            programs = session.get(f"{served}/programs", timeout=30)
        assert programs.status_code == 200
        assert len(programs.json()) == 6

    @pytest.fixture
    def served(self, app: HostApp) -> Iterator[str]:
        """The host, served on a free port of this machine."""
        server = make_server("127.0.0.1", 0, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.port}"
        server.shutdown()
        thread.join()
        server.server_close()
