"""What the token endpoint takes and answers, as the reference shows it; Authlib does the reading."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel

from widget_host.domain.access.rules import ACCESS_TOKEN_LIFE, SCOPE
from widget_host.web.answers import Answer
from widget_host.web.operations import FORM, JSON, Body, Reply

TAG = "Authentication"
# What RFC 6749 (§3.3) calls a scope, of the words that are known here.
SCOPES = "^(({0})( ({0}))*)?$".format("|".join(SCOPE.split()))
LIFE_SECONDS = int(ACCESS_TOKEN_LIFE.total_seconds())
TOKEN = "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiJjbGlfMDEifQ.c2lnbmF0dXJl"  # noqa: S105 - made up for the examples
CLIENT_ID = "cli_01m7xp0c4gf3ht2v8wq6k9s5rd"
CLIENT_SECRET = "whs_sandbox_4tq0mJvX2cW1bT8yZr5sKd7uNfGhLpEa"  # noqa: S105 - made up for the examples


class _Parameters(BaseModel):
    """RFC 6749 §3.2 has unknown parameters ignored; all are text."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"additionalProperties": {"type": "string"}})


class TokenRequest(_Parameters):
    """Client credentials (RFC 6749 §4.4); leave them out where the Authorization header carries them."""

    client_id: str = Field("", description="Your client id, the same in both environments.", examples=[CLIENT_ID])
    client_secret: str = Field(
        "", description="A secret; it decides the environment you are in.", examples=[CLIENT_SECRET]
    )
    grant_type: Literal["client_credentials"] = Field(
        "client_credentials", description="May be left out.", examples=["client_credentials"]
    )
    scope: str = Field(
        "",
        description=f"May be left out. A token always gives all of it: `{SCOPE}`.",
        json_schema_extra={"pattern": SCOPES},
    )


class LegacyTokenRequest(_Parameters):
    """The older spelling; the answer is then spelled the same way."""

    clientId: str = Field(description="Your client id.", examples=[CLIENT_ID])  # noqa: N815 - the wire's own spelling
    clientSecret: str = Field(description="A secret.", examples=[CLIENT_SECRET])  # noqa: N815 - the wire's own spelling


class TokenParameters(RootModel[TokenRequest | LegacyTokenRequest]):
    """What the token endpoint takes, in either spelling."""


class Token(Answer):
    """An access token (RFC 6749 §5.1)."""

    model_config = ConfigDict(alias_generator=None)

    access_token: str = Field(
        description="Send it as `Authorization: Bearer …`. A JWT (ES256), opaque to you.", examples=[TOKEN]
    )
    expires_in: int = Field(description="How many seconds it lives.", examples=[LIFE_SECONDS])
    token_type: Literal["Bearer"] = Field(description="Always Bearer.", examples=["Bearer"])
    scope: str | None = Field(None, description="What it gives, where the request named a `scope`.")


class LegacyToken(Answer):
    """An access token, spelled as the request was."""

    access_token: str = Field(description="Send it as `Authorization: Bearer …`.", examples=[TOKEN])
    expires_in: int = Field(description="How many seconds it lives.", examples=[LIFE_SECONDS])


class PublicKey(Answer):
    """A key that verifies access tokens (RFC 7517)."""

    kty: Literal["EC"] = Field(description="The kind of key.", examples=["EC"])
    crv: Literal["P-256"] = Field(description="Its curve.", examples=["P-256"])
    x: str = Field(description="A coordinate.", examples=["f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"])
    y: str = Field(description="The other one.", examples=["x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"])
    kid: str = Field(description="The name that a token's header gives it.", examples=["2026-01"])
    alg: Literal["ES256"] = Field(description="What it signs with.", examples=["ES256"])
    use: Literal["sig"] = Field(description="What it is for.", examples=["sig"])


class PublicKeys(Answer):
    """Every key that verifies access tokens now; during a rotation more than one."""

    keys: list[PublicKey] = Field(description="The keys.")


class ServerMetadata(Answer):
    """Where and how tokens are given (RFC 8414)."""

    model_config = ConfigDict(alias_generator=None)

    issuer: str = Field(description="The `iss` and `aud` of every token.", examples=["https://points.example.com"])
    token_endpoint: str = Field(
        description="Where tokens are given.", examples=["https://points.example.com/auth/token"]
    )
    jwks_uri: str = Field(
        description="Where the keys are.", examples=["https://points.example.com/.well-known/jwks.json"]
    )
    grant_types_supported: list[str] = Field(description="The grants.", examples=[["client_credentials"]])
    token_endpoint_auth_methods_supported: list[str] = Field(
        description="How a client may authenticate.", examples=[["client_secret_basic", "client_secret_post"]]
    )
    response_types_supported: list[str] = Field(description="None: there is no authorization endpoint.", examples=[[]])
    scopes_supported: list[str] = Field(description="The scopes.", examples=[SCOPE.split()])


_LEGACY_REQUEST: dict[str, Any] = {"clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET}
TOKEN_BODY = Body(
    model=TokenParameters,
    media_types=(JSON, FORM),
    examples={
        "standard": {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "grant_type": "client_credentials"},
        "legacy": _LEGACY_REQUEST,
    },
)
TOKEN_REPLY = Reply(
    model=Token | LegacyToken,
    description="A token of ten minutes, spelled as the request was.",
    headers=("Cache-Control",),
    examples={
        "standard": {"access_token": TOKEN, "expires_in": LIFE_SECONDS, "token_type": "Bearer"},
        "legacy": {"accessToken": TOKEN, "expiresIn": LIFE_SECONDS},
    },
)
