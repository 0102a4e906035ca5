"""Tokens: `POST /auth/token`, and the documents that tell how to check what it gives."""

from authlib.oauth2.rfc6749 import InvalidRequestError
from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue

from widget_host.domain.access.rules import SCOPE
from widget_host.kit import wire
from widget_host.web import guards
from widget_host.web.api.oauth import TOKEN_PATH, TokenServer, token_parameters
from widget_host.web.scope import wiring

bp = guards.protect(Blueprint("auth", __name__), guards.anyone)
server = TokenServer()

CLIENT_NAMES = {"clientId": "client_id", "clientSecret": "client_secret"}
TOKEN_NAMES = {"access_token": "accessToken", "expires_in": "expiresIn"}


@bp.post(TOKEN_PATH)
def token() -> ResponseReturnValue:
    """Give a client its token of ten minutes; who asks in camelCase is answered in camelCase."""
    try:
        parameters = token_parameters()
    except InvalidRequestError as error:
        return server.answer_error(error)
    if not parameters.keys() & CLIENT_NAMES.keys():
        return server.answer(parameters)
    named = {CLIENT_NAMES.get(name, name): value for name, value in parameters.items()}
    if len(named) < len(parameters):
        return server.answer_error(InvalidRequestError("Give each parameter once, in one spelling."))
    return _camel_case(server.answer(named))


def _camel_case(answer: Response) -> Response:
    said = wire.loads(answer.get_data())
    if "access_token" in said:
        answer.set_data(wire.dumps({camel: said[snake] for snake, camel in TOKEN_NAMES.items()}))
    return answer


@bp.get("/.well-known/jwks.json")
def jwks() -> ResponseReturnValue:
    """Publish the keys that verify access tokens (RFC 7517)."""
    return jsonify(wiring().access_signer.public_keys())


@bp.get("/.well-known/oauth-authorization-server")
def metadata() -> ResponseReturnValue:
    """Publish where and how tokens are given (RFC 8414)."""
    base = wiring().settings.base_url
    return jsonify(
        issuer=base,
        token_endpoint=f"{base}{TOKEN_PATH}",
        jwks_uri=f"{base}/.well-known/jwks.json",
        grant_types_supported=["client_credentials"],
        token_endpoint_auth_methods_supported=["client_secret_basic", "client_secret_post"],
        response_types_supported=[],
        scopes_supported=SCOPE.split(),
    )
