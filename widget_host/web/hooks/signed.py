"""What every webhook that comes in has: the address, the time it was signed at, fields to come."""

from pydantic import ConfigDict

from widget_host.web.answers import id_pattern
from widget_host.web.operations import Parameter
from widget_host.web.parsing import RequestBody

PREFIX = "/hooks/<id:tenant_key>"
HOW_TO_SIGN = (
    " Sign the raw body: `x-signature` is the HMAC-SHA256, in lower-case hexadecimal, of `x-timestamp`, a colon and the"
    " body, made with a live inbound secret of the environment. Sent again, the same event changes nothing and is"
    " answered the same."
)
TENANT_KEY = Parameter(
    "tenantKey",
    "The environment's public key; `widget-host hooks add-secret` prints the whole addresses.",
    {"type": "string", "pattern": id_pattern("tnt"), "examples": ["tnt_01m7xp0c4gf3ht2v8wq6k9s5rd"]},
    place="path",
    is_required=True,
)
TIMESTAMP = Parameter(
    "x-timestamp",
    "When it was signed, in Unix seconds (ten digits) or milliseconds (thirteen); at most five minutes ago.",
    {"type": "string", "pattern": "^[0-9]{10}([0-9]{3})?$", "examples": ["1769853600"]},
    place="header",
    is_required=True,
)
PARAMETERS = (TENANT_KEY, TIMESTAMP)


class SignedBody(RequestBody):
    """The base of what is signed; fields that others need are let through, as events grow."""

    model_config = ConfigDict(extra="ignore", json_schema_extra=lambda schema: schema.pop("additionalProperties", None))
