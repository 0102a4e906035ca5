"""What an environment may be told to allow."""

import re
from datetime import timedelta
from urllib.parse import SplitResult, urlsplit

from widget_host.kit.colors import is_color
from widget_host.kit.errors import FieldError, InvalidFields
from widget_host.kit.value import Value

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
LIGHT, DARK, AUTO = "light", "dark", "auto"
MODES = (LIGHT, DARK, AUTO)
WIDEST_RADIUS = 24
LONGEST_ADDRESS = 500
# RFC 8252 §7.1: an app's own scheme is a domain name of its maker, reversed; `javascript` and its like have no dot.
APP_SCHEME = re.compile(r"[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+")
HOST_PATTERN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?|\[[0-9a-f:.]+\]")


class Theme(Value, frozen=True):
    """What an issuer says of its widgets' look; None leaves it as it comes.

    The accent is `#rrggbb`, the radius that of cards in pixels, the mode one of MODES, the logo a picture's address.
    """

    accent: str | None = None
    radius: int | None = None
    mode: str | None = None
    logo: str | None = None


def theme(accent: str | None, radius: int | None, mode: str | None, logo: str | None) -> Theme:
    """Read a theme; raises InvalidFields naming what is wrong with it."""
    read = Theme(accent.lower() if accent else None, radius, mode or None, logo or None)
    errors = []
    if read.accent is not None and not is_color(read.accent):
        errors.append(FieldError("accent", "color", f"{accent}: a colour is written as #rrggbb"))
    if radius is not None and not 0 <= radius <= WIDEST_RADIUS:
        errors.append(FieldError("radius", "out_of_range", f"{radius}: a radius is from 0 to {WIDEST_RADIUS} pixels"))
    if read.mode is not None and read.mode not in MODES:
        errors.append(FieldError("mode", "unknown", f"{mode}: a mode is one of {', '.join(MODES)}"))
    if errors:
        raise InvalidFields(errors)
    return read


def is_open(kind: str, *, kyb_approved: bool) -> bool:
    """Whether an environment serves anybody: production only while its organization's KYB is approved."""
    return kind != PRODUCTION or kyb_approved


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


def return_url(text: str, *, http_allowed: bool) -> str:
    """Return the address where a widget may lead back to, as it was given; raises FieldError when it may not."""
    if len(text) > LONGEST_ADDRESS or not text.isprintable() or " " in text:
        raise FieldError(
            "returnUrl", "malformed", f"{text}: an address has up to {LONGEST_ADDRESS} characters, no space"
        )
    parts = _address(text)
    if parts.scheme not in (("https", "http") if http_allowed else ("https",)) and not APP_SCHEME.fullmatch(
        parts.scheme
    ):
        raise FieldError("returnUrl", "scheme", f"{text}: begin with https://, or with an app's own com.example.app:/")
    if parts.fragment or "#" in text:
        raise FieldError("returnUrl", "fragment", f"{text}: leave the part from # on out")
    if parts.scheme in ("https", "http"):
        _check_host(text, parts)
    return text


def _address(text: str) -> SplitResult:
    try:
        return urlsplit(text)
    except ValueError:
        raise FieldError("returnUrl", "host", f"{text}: this is not an address") from None


def _check_host(text: str, parts: SplitResult) -> None:
    try:
        origin(f"{parts.scheme}://{parts.netloc}", http_allowed=True)
    except FieldError as error:
        raise FieldError("returnUrl", "host", f"{text}: this is not an address") from error
