"""Where the host may send something: the form of an address, and which machines it can mean. Pure.

Whoever chooses an address may choose it badly or on purpose: nothing of it is trusted, and what is not understood the
same way by every library is refused.
"""

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

import idna

from widget_host.kit.value import Value

LONGEST_URL = 2000
LONGEST_HOST = 253
PORTS = {"https": 443, "http": 80}
# What a URL is written with (RFC 3986); a backslash, a space or a line's end is read in several ways.
LETTERS = re.compile(r"[!#$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]+", re.ASCII)
HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*", re.ASCII)
# What resolvers read as a number though it is no dotted quad: 127.1, 0x7f000001, 017700000001.
NUMERIC = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)", re.ASCII)

NOT_PUBLIC = tuple(
    ip_network(block)
    for block in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # behind carriers' NAT, and where some clouds keep their metadata
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # a cloud's own services, though its address is public
        "169.254.0.0/16",  # link-local, and the clouds' metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # automatic multicast tunnels
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
        "2001::/23",  # protocol assignments: Teredo, ORCHID and others
        "2001:db8::/32",  # documentation
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)
# Everything else of IPv6 is loopback, link-local, site-local, unique local, multicast, discard or nobody's yet.
PUBLIC_IPV6 = ip_network("2000::/3")
MAPPED = ip_network("::ffff:0:0/96")
NAT64 = ip_network("64:ff9b::/96")
SIX_TO_FOUR = ip_network("2002::/16")
BITS_AFTER_6TO4 = 80
LOW_32 = (1 << 32) - 1


class AddressRefused(ValueError):
    """This address is not one the host sends to; the message says why, for who wrote it."""

    def __init__(self, why: str) -> None:
        """Keep the reason in a few words."""
        super().__init__(f"address refused: {why}")
        self.why = why


class Target(Value, frozen=True):
    """An address taken apart, its host in ASCII; `url` is what every library has to understand the same way."""

    scheme: str
    host: str
    port: int
    rest: str

    @property
    def authority(self) -> str:
        """The host as it stands in a URL and in the header `Host`, with its port where that is not the usual one."""
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return shown if self.port == PORTS[self.scheme] else f"{shown}:{self.port}"

    @property
    def url(self) -> str:
        """The whole address."""
        return f"{self.scheme}://{self.authority}{self.rest}"


class AddressRules(Value, frozen=True):
    """How strict to be; in development plain http, private machines and every port are allowed."""

    development: bool
    ports: frozenset[int] = frozenset({443, 8443})

    def check(self, url: str) -> Target:
        """Take an address apart, or raise AddressRefused; its name is not looked up yet."""
        parts, port = _split(url)
        if parts.scheme not in (("https", "http") if self.development else ("https",)):
            raise AddressRefused("not https")
        if parts.username is not None or parts.password is not None:
            raise AddressRefused("credentials in the address")
        host = _host(parts.hostname or "", in_brackets="[" in parts.netloc)
        port = PORTS[parts.scheme] if port is None else port
        if not self.development and port not in self.ports:
            raise AddressRefused(f"port {port} is not allowed")
        if is_literal(host):
            self.check_addresses([host])
        query = f"?{parts.query}" if parts.query else ""
        return Target(parts.scheme, host, port, f"{parts.path or '/'}{query}")

    def check_addresses(self, addresses: Iterable[str]) -> None:
        """Raise AddressRefused unless there is an address, and every one is that of a public machine."""
        found = list(addresses)
        if not found or not (self.development or all(is_public(address) for address in found)):
            raise AddressRefused("not public")


def is_public(address: str) -> bool:
    """Whether an IP address is one that anybody on the internet could reach, however it is wrapped."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv4Address):
        return not any(parsed in block for block in NOT_PUBLIC)
    inner = _wrapped(parsed)
    if inner is not None:
        return is_public(str(inner))
    return parsed.scope_id is None and parsed in PUBLIC_IPV6 and not any(parsed in block for block in NOT_PUBLIC)


def is_literal(host: str) -> bool:
    """Whether this is an IP address, not a name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _wrapped(address: IPv6Address) -> IPv4Address | None:
    if address in MAPPED or address in NAT64:
        return IPv4Address(int(address) & LOW_32)
    if address in SIX_TO_FOUR:
        return IPv4Address(int(address) >> BITS_AFTER_6TO4 & LOW_32)
    return None


def _split(url: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(_in_ascii(url))
        if len(parts.geturl()) <= LONGEST_URL and LETTERS.fullmatch(parts.geturl()) and parts.port != 0:
            return parts, parts.port
    except ValueError:
        pass
    raise AddressRefused("not a URL")


def _in_ascii(url: str) -> str:
    """Write a name of other letters in ASCII (IDNA 2008 after UTS 46); letters elsewhere stay, and are refused."""
    if url.isascii() or not url.isprintable() or "\\" in url:
        # Where a URL is taken apart depends on its odd letters: they are looked at before anything is changed.
        if not LETTERS.fullmatch(url):
            raise ValueError
        return url
    before, slashes, after = url.partition("//")
    host = re.match(r"[^/?#:@\[\]]*", after)
    written = host[0] if host else ""
    return f"{before}{slashes}{idna.encode(written, uts46=True).decode()}{after[len(written) :]}"


def _host(host: str, *, in_brackets: bool) -> str:
    if is_literal(host):
        if "%" in host:
            raise AddressRefused("an address of one link only")
        return host
    if in_brackets:
        raise AddressRefused("not an address in brackets")
    name = host.removesuffix(".")
    if not name or len(name) > LONGEST_HOST or not HOST.fullmatch(name) or NUMERIC.fullmatch(name):
        raise AddressRefused("not a host name")
    return name
