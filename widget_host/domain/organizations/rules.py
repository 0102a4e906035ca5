"""What an environment may be told to allow."""

import re
from datetime import timedelta
from urllib.parse import SplitResult, urlsplit

from widget_host.kit.errors import FieldError

LONGEST_NAME = 200
SANDBOX, PRODUCTION = "sandbox", "production"
# A hundred years: dates stay dates, and epoch seconds keep ten digits.
FURTHEST_AHEAD = timedelta(days=36_525)
PROFILE = (
    "name",
    "programId",
    "programName",
    "legalEntity",
    "logo",
    "industry",
    "country",
    "address",
    "city",
    "zipCode",
    "localCurrency",
    "technicalContact",
    "technicalContactEmail",
    "billingContact",
    "billingContactEmail",
    "countryCode",
    "phone",
)
HOST_PATTERN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?|\[[0-9a-f:.]+\]")


def origin(text: str, *, http_allowed: bool) -> str:
    """Return the origin as browsers write it (`https://bank.example`, no path); raises FieldError when it is none."""
    parts = _split(text)
    schemes = ("https", "http") if http_allowed else ("https",)
    if parts.scheme not in schemes:
        raise FieldError("allowedOrigin", "scheme", f"{text}: an allowed origin begins with https://")
    if parts.path not in ("", "/") or parts.query or parts.fragment or parts.username is not None:
        raise FieldError("allowedOrigin", "not_an_origin", f"{text}: give scheme, host and port only")
    if not HOST_PATTERN.fullmatch(_host(text, parts.netloc)):
        raise FieldError("allowedOrigin", "host", f"{text}: this is not a host name")
    return f"{parts.scheme}://{_without_default_port(parts.scheme, parts.netloc)}"


def _split(text: str) -> SplitResult:
    try:
        return urlsplit(text.strip().lower())
    except ValueError:
        raise FieldError("allowedOrigin", "host", f"{text}: this is not a host name") from None


def _host(text: str, netloc: str) -> str:
    try:
        port = urlsplit(f"//{netloc}").port
    except ValueError:
        raise FieldError("allowedOrigin", "port", f"{text}: the port is not a number below 65536") from None
    return netloc if port is None else netloc.rpartition(":")[0]


def _without_default_port(scheme: str, netloc: str) -> str:
    return netloc.removesuffix({"https": ":443", "http": ":80"}[scheme])
