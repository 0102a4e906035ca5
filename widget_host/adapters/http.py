"""Outgoing HTTP: deadlines, pinned public addresses, no redirects, no proxies, nothing kept between calls."""

import contextlib
import io
import ipaddress
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self, cast
from urllib.parse import SplitResult, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection

CONNECT_SECONDS = 5
ATTEMPT_SECONDS = 15
ANSWER_READ = 64 * 1024
CHUNK = 8 * 1024
PORTS = {"https": 443, "http": 80}
CONNECT_TIMED_OUT, NO_ANSWER = "connect timed out", "no answer in time"


class AddressRefused(ValueError):
    """This address is not one the host sends to."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: a status with the start of the body, or the kind of error that kept an answer away.

    `was_sent` says that the other side may have the request: any part of its body was handed to the network.
    """

    status: int | None = None
    error: str | None = None
    text: str = ""
    was_sent: bool = False


class OutgoingHttp:
    """Asks addresses that others chose; in development private addresses and plain http are allowed."""

    def __init__(self, *, development: bool) -> None:
        """Decide once how strict to be."""
        self._development = development

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send one request and return what came of it; never raises for what the other side does."""
        # A stream that remembers how far it was read, and so whether anything of it was sent.
        stream = io.BytesIO(body)
        answer = self._ask(_Asked("POST", url, headers, stream))
        return replace(answer, was_sent=answer.status is not None or stream.tell() > 0)

    def get(self, url: str, headers: Mapping[str, str]) -> Answer:
        """Ask without a body; otherwise as `post`."""
        return self._ask(_Asked("GET", url, headers))

    def _ask(self, asked: "_Asked") -> Answer:
        with _Deadline(ATTEMPT_SECONDS) as deadline:
            try:
                parts = self._checked(asked.url)
                return _send(asked, parts, self._address(parts), deadline)
            except AddressRefused as refused:
                return Answer(error=str(refused))
            except (requests.RequestException, OSError, UnicodeError) as error:
                return Answer(error=NO_ANSWER if deadline.is_over else _kind(error))

    def _checked(self, url: str) -> SplitResult:
        parts = _split(url)
        if parts.scheme not in (("https", "http") if self._development else ("https",)):
            raise AddressRefused("address refused: not https")
        if not parts.hostname or parts.username is not None or parts.password is not None:
            raise AddressRefused("address refused: no host, or credentials in the address")
        return parts

    def _address(self, parts: SplitResult) -> str:
        found = socket.getaddrinfo(
            parts.hostname, parts.port or PORTS[parts.scheme], type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
        )
        addresses = [str(entry[4][0]) for entry in found]
        if not self._development and not all(_is_public(address) for address in addresses):
            raise AddressRefused("address refused: not public")
        return addresses[0]


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        if parts.port != 0:
            return parts
    except ValueError:
        pass
    raise AddressRefused("address refused: not a URL")


def _is_public(address: str) -> bool:
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        # Every way of writing an IPv4 address inside an IPv6 one could hide a private machine.
        return parsed in ipaddress.ip_network("2000::/3") and parsed.sixtofour is None and parsed.is_global
    return parsed.is_global and not parsed.is_multicast


class _Deadline:
    """Cuts a connection when its time is over: a socket's own time-out begins anew with every byte."""

    def __init__(self, seconds: int) -> None:
        self._end = time.monotonic() + seconds
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._lock:
            if self._socket is not None:
                self._socket.close()

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self._end

    def watch(self, opened: socket.socket) -> None:
        with self._lock:
            # A handle of our own: TLS takes the first one over.
            self._socket = opened.dup()
        if self.is_over:
            self._cut()

    def _cut(self) -> None:
        with self._lock, contextlib.suppress(OSError):
            if self._socket is not None:
                self._socket.shutdown(socket.SHUT_RDWR)


class _Watched(HTTPConnection):
    """Has its deadline watch it from the first byte, TLS included."""

    deadline: _Deadline

    def _new_conn(self) -> socket.socket:
        opened = super()._new_conn()
        self.deadline.watch(opened)
        return opened


class _PinnedAdapter(HTTPAdapter):
    """Connects to the address that was checked, while TLS still asks for the name."""

    def __init__(self, host: str, address: str, deadline: _Deadline) -> None:
        self._host = host
        self._address = address
        self._deadline = deadline
        super().__init__()

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = type("Watched", (_Watched, pool.ConnectionCls), {"deadline": self._deadline})
        return pool

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
        target, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        target["host"] = self._address
        if target["scheme"] == "https":
            # urllib3 knows these names, requests' own type does not list them.
            cast("dict[str, Any]", pool).update({"server_hostname": self._host, "assert_hostname": self._host})
        return target, pool


class _Session(requests.Session):
    """Looks at no redirect: even one that is not followed would be read to its end, however long it is."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


@dataclass(frozen=True, slots=True)
class _Asked:
    method: str
    url: str
    headers: Mapping[str, str]
    body: io.BytesIO | None = None


def _send(asked: _Asked, parts: SplitResult, address: str, deadline: _Deadline) -> Answer:
    with _Session() as session:
        session.trust_env = False
        session.mount(f"{parts.scheme}://", _PinnedAdapter(str(parts.hostname), address, deadline))
        with session.request(
            asked.method,
            parts.geturl(),
            data=asked.body,
            headers={"Host": parts.netloc, **asked.headers},
            timeout=(CONNECT_SECONDS, ATTEMPT_SECONDS),
            allow_redirects=False,
            stream=True,
        ) as response:
            return Answer(status=response.status_code, text=_read(response, deadline))


def _read(response: requests.Response, deadline: _Deadline) -> str:
    kept = b""
    for chunk in response.iter_content(CHUNK):
        kept += chunk
        if len(kept) >= ANSWER_READ:
            break
    if deadline.is_over:
        raise requests.ReadTimeout
    # PostgreSQL keeps no NUL in a text.
    return kept.decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")


def _kind(error: Exception) -> str:
    if isinstance(error, requests.ConnectTimeout):
        return CONNECT_TIMED_OUT
    if isinstance(error, requests.Timeout):
        return NO_ANSWER
    if isinstance(error, socket.gaierror | UnicodeError):
        return "host name not found"
    if isinstance(error, requests.exceptions.SSLError):
        return "TLS failed"
    return "connection failed"
