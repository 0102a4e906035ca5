"""Tokens: `POST /auth/token`, and the documents that tell how to check what it gives."""

from authlib.oauth2.rfc6749 import InvalidRequestError
from flask import Blueprint
from flask.typing import ResponseReturnValue

from widget_host.domain.access.rules import SCOPE
from widget_host.web import guards
from widget_host.web.answers import answer
from widget_host.web.api.oauth import TOKEN_PATH, TokenServer, token_parameters
from widget_host.web.api.shapes_auth import TAG, TOKEN_BODY, TOKEN_REPLY, PublicKeys, ServerMetadata
from widget_host.web.operations import Reply, operation
from widget_host.web.scope import on_loop, wiring

bp = guards.protect(Blueprint("auth", __name__), guards.anyone)

CLIENT_NAMES = {"clientId": "client_id", "clientSecret": "client_secret"}
server = TokenServer()
server_in_camel_case = TokenServer({"access_token": "accessToken", "expires_in": "expiresIn"})


@bp.post(TOKEN_PATH)
@operation(
    "AuthController_token",
    tag=TAG,
    summary="Get an access token",
    description="Exchange your client credentials for a token of ten minutes. Send them in the body, as JSON or as a"
    " form, or by HTTP Basic. The secret decides whether the token is for the sandbox or for production; when a"
    " secret is revoked, the tokens it fetched end with it.",
    request=TOKEN_BODY,
    answers=TOKEN_REPLY,
    oauth_errors=("invalid_request", "invalid_client", "unsupported_grant_type", "invalid_scope"),
    security=({"clientBasic": ()}, {}),
)
@on_loop
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
    return server_in_camel_case.answer(named)


@bp.get("/.well-known/jwks.json")
@operation(
    "AuthController_keys",
    tag=TAG,
    summary="Read the keys that verify tokens",
    description="The public keys of access tokens (RFC 7517), for whoever wants to check one without asking.",
    answers=Reply(model=PublicKeys, description="Every key in use."),
)
def jwks() -> ResponseReturnValue:
    """Publish the keys that verify access tokens (RFC 7517)."""
    return answer(PublicKeys.model_validate(wiring().access_signer.public_keys()))


@bp.get("/.well-known/oauth-authorization-server")
@operation(
    "AuthController_metadata",
    tag=TAG,
    summary="Read how tokens are given",
    description="The authorization server's metadata (RFC 8414): OAuth 2 libraries configure themselves from it.",
    answers=Reply(model=ServerMetadata, description="Where and how."),
)
def metadata() -> ResponseReturnValue:
    """Publish where and how tokens are given (RFC 8414)."""
    base = wiring().settings.base_url
    return answer(
        ServerMetadata(
            issuer=base,
            token_endpoint=f"{base}{TOKEN_PATH}",
            jwks_uri=f"{base}/.well-known/jwks.json",
            grant_types_supported=["client_credentials"],
            token_endpoint_auth_methods_supported=["client_secret_basic", "client_secret_post"],
            response_types_supported=[],
            scopes_supported=SCOPE.split(),
        )
    )
