"""The OAuth 2 token endpoint on Authlib: client credentials by HTTP Basic, form or JSON."""

import re
from collections import defaultdict
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from authlib.oauth2 import AuthorizationServer, OAuth2Error
from authlib.oauth2.rfc6749 import ClientCredentialsGrant, InvalidClientError, InvalidRequestError
from authlib.oauth2.rfc6749.errors import UnsupportedGrantTypeError
from authlib.oauth2.rfc6749.models import ClientMixin
from authlib.oauth2.rfc6749.requests import OAuth2Payload, OAuth2Request
from authlib.oauth2.rfc6749.util import extract_basic_authorization
from flask import Response

from widget_host.domain.access import rules
from widget_host.kit import wire
from widget_host.kit.errors import InvalidFields
from widget_host.web import audit, limits
from widget_host.web.guards import is_at_its_host
from widget_host.web.parsing import json_object
from widget_host.web.plumbing import WholeResponse
from widget_host.web.scope import SAID, asked, services, wiring

UNKNOWN_CLIENT = "Unknown client, or wrong secret."
TOKEN_PATH = "/auth/token"  # noqa: S105 - a path, no password


class ApiClient(ClientMixin):  # type: ignore[misc]  # Authlib's class is not typed
    """A client that has proven itself, as Authlib wants to see one."""

    def __init__(self, client: rules.Client) -> None:
        """Wrap the client."""
        self.client = client

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """Authenticated is authenticated: there is one method."""
        return True

    def get_allowed_scope(self, scope: str) -> str:
        """Give what was asked: the server has checked that it exists."""
        return scope

    def check_grant_type(self, grant_type: str) -> bool:
        """Clients of the API speak for themselves only."""
        return bool(grant_type == ClientCredentialsGrant.GRANT_TYPE)


class TokenGrant(ClientCredentialsGrant):  # type: ignore[misc]  # Authlib's class is not typed
    """Client credentials, with the one method of authentication registered below."""

    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret",)


class TokenPayload(OAuth2Payload):  # type: ignore[misc]  # Authlib's class is not typed
    """The parameters of a token request, wherever they stood."""

    def __init__(self, parameters: Mapping[str, str]) -> None:
        """Take parameters that are all text; a missing grant type counts as client credentials."""
        self._data = {"grant_type": ClientCredentialsGrant.GRANT_TYPE, **parameters}

    @property
    def data(self) -> dict[str, str]:
        """The parameters."""
        return self._data

    @property
    def datalist(self) -> defaultdict[str, list[str]]:
        """The parameters, each as a list of one."""
        return defaultdict(list, {name: [value] for name, value in self._data.items()})


class TokenRequest(OAuth2Request):  # type: ignore[misc]  # Authlib's class is not typed
    """A token request; its address is the same each time, and Authlib looked at it when the first was made."""

    _first = vars(OAuth2Request("POST", f"https://localhost{TOKEN_PATH}"))

    def __init__(self, headers: Mapping[str, str], payload: TokenPayload) -> None:
        """Take its headers and parameters."""
        self.__dict__.update(self._first, headers=headers, payload=payload)


class TokenServer(AuthorizationServer):  # type: ignore[misc]  # Authlib's class is not typed
    """The authorization server of this host."""

    def __init__(self, names: Mapping[str, str] | None = None) -> None:
        """Know one grant, one way to authenticate and one kind of token, of which it says what has a name here."""
        super().__init__(scopes_supported=rules.SCOPE.split())
        self._names = names
        self.register_grant(TokenGrant)
        self.register_client_auth_method("client_secret", _authenticate)
        self.register_token_generator("default", _generate)

    def answer(self, parameters: Mapping[str, str]) -> Response:
        """Answer a token request with a token, or with an error of RFC 6749 §5.2."""
        if parameters.get("grant_type", TokenGrant.GRANT_TYPE) != TokenGrant.GRANT_TYPE:
            error = UnsupportedGrantTypeError(parameters["grant_type"])
            error.description = "grant_type must be client_credentials."
            return self.answer_error(error)
        answer: Response = self.create_token_response(parameters)
        return answer

    def answer_error(self, error: OAuth2Error) -> Response:
        """Answer a request that cannot be read."""
        answer: Response = self.handle_response(*error())
        return answer

    def create_oauth2_request(self, request_: Mapping[str, str]) -> OAuth2Request:
        """Hand the request to Authlib; whether plain http may be spoken was decided by the settings."""
        said = asked().environ.get("HTTP_AUTHORIZATION")
        return TokenRequest({} if said is None else {"Authorization": said}, TokenPayload(request_))

    def handle_response(self, status: int, body: Mapping[str, Any], _headers: list[tuple[str, str]]) -> Response:
        """Turn Authlib's answer into Flask's."""
        if self._names and "access_token" in body:
            body = {named: body[name] for name, named in self._names.items()}
        answer = WholeResponse(wire.dumps(body), status, content_type="application/json")
        # RFC 6749 §5.1 asks for this too; `Cache-Control: no-store` every answer has.
        asked().environ[SAID]["Pragma"] = "no-cache"
        if status == HTTPStatus.UNAUTHORIZED:
            answer.headers["WWW-Authenticate"] = 'Basic realm="widget-host", charset="UTF-8"'
        return answer

    def save_token(self, token: Mapping[str, Any], request_: OAuth2Request) -> None:
        """Keep nothing: the token says everything itself."""

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""


def token_parameters() -> dict[str, str]:
    """Return the parameters of the body, JSON or form; raises InvalidRequestError for what is neither."""
    request = asked()
    if request.mimetype in ("application/x-www-form-urlencoded", "multipart/form-data"):
        if (sent := request.get_data(cache=True)) and b"=" not in sent:
            raise InvalidRequestError("The body must be a JSON object or a form.")
        return _single(request.form.to_dict(flat=False))
    if not request.get_data(cache=True):
        return {}
    try:
        body = json_object()
    except InvalidFields:
        raise InvalidRequestError("The body must be a JSON object or a form.") from None
    if wrong := [name for name, value in body.items() if not isinstance(value, str)]:
        raise InvalidRequestError(f"These must be strings: {', '.join(map(_ascii, wrong))}.")
    return body


def _single(form: Mapping[str, list[str]]) -> dict[str, str]:
    if repeated := [name for name, values in form.items() if len(values) > 1]:
        raise InvalidRequestError(f"These are given more than once: {', '.join(map(_ascii, repeated))}.")
    return {name: values[0] for name, values in form.items()}


def _ascii(name: str) -> str:
    # RFC 6749 §5.2 lets no other letters into a description.
    return re.sub(r"[^\x20\x21\x23-\x5b\x5d-\x7e]", "?", name)


def _authenticate(_query_client: Any, oauth2_request: OAuth2Request) -> ApiClient:
    client_id, secret = _credentials(oauth2_request)
    client = wiring().callers.of_secret(client_id, secret) if client_id and secret else None
    if client is None or not is_at_its_host(client.environment_kind):
        raise InvalidClientError(refused(client_id, secret), status_code=401)
    limits.count_client(client.environment_id)
    return ApiClient(client)


def refused(client_id: str, secret: str) -> str:
    """Notice credentials that do not fit, and keep that a secret which is refused was used; return what to say."""
    known = services().clients.find_refused(client_id, secret)
    if known is not None:
        audit.refused_secret_used(known)
    audit.noticed("client.refused", client_id=client_id if rules.may_be_client_id(client_id) else None)
    return known.message if isinstance(known, rules.ClosedProduction) else UNKNOWN_CLIENT


def _credentials(oauth2_request: OAuth2Request) -> tuple[str, str]:
    basic_id, basic_secret = _basic(oauth2_request)
    data = oauth2_request.payload.data
    if basic_id is None:
        return data.get("client_id", ""), data.get("client_secret", "")
    if "client_secret" in data or data.get("client_id", basic_id) != basic_id:
        raise InvalidRequestError("Give the client's credentials once: in the Authorization header or in the body.")
    return basic_id, basic_secret or ""


def _basic(oauth2_request: OAuth2Request) -> tuple[str | None, str | None]:
    try:
        basic_id, secret = extract_basic_authorization(oauth2_request.headers)
    except ValueError:  # neither base64 nor UTF-8: Authlib looks for the first only
        raise InvalidClientError(UNKNOWN_CLIENT, status_code=401) from None
    return basic_id, secret


def _generate(client: ApiClient, scope: str | None = None, **_asked: Any) -> dict[str, Any]:
    token = {
        "access_token": wiring().callers.issue(client.client, address=asked().remote_addr),
        "expires_in": int(rules.ACCESS_TOKEN_LIFE.total_seconds()),
        "token_type": "Bearer",
    }
    # RFC 6749 §3.3: a token gives everything, and who asked for less is told so.
    return token if not scope else token | {"scope": rules.SCOPE}
