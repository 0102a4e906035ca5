"""The client that waits for its answer: programs are asked with it. Pinned, in time, nothing kept between calls."""

import contextlib
import io
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Self, cast

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError

from widget_host.adapters.http import answers
from widget_host.adapters.http.answers import Answer, body_text
from widget_host.adapters.http.names import Names
from widget_host.kit import fibers
from widget_host.kit.addresses import AddressRefused, AddressRules, Target
from widget_host.kit.value import Value


class OutgoingHttp:
    """Asks addresses that others chose, as far as the rules allow."""

    def __init__(self, rules: AddressRules) -> None:
        """Decide once how strict to be."""
        self._rules = rules
        self._names = Names(rules)

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
        fibers.only_in_thread()
        with _Deadline(answers.ATTEMPT_SECONDS) as deadline:
            try:
                target = self._rules.check(asked.url)
                address = self._names.find(target, deadline.left)[0]
                return _send(asked, target, address, deadline)
            except AddressRefused as refused:
                return Answer(error=str(refused))
            except (requests.RequestException, HTTPError, OSError, UnicodeError) as error:
                return Answer(error=answers.NO_ANSWER if deadline.is_over else _kind(error))


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
    def left(self) -> float:  # float: seconds
        return self._end - time.monotonic()

    @property
    def is_over(self) -> bool:
        return self.left <= 0

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


class _Asked(Value, frozen=True):
    method: str
    url: str
    headers: Mapping[str, str]
    body: io.BytesIO | None = None


def _send(asked: _Asked, target: Target, address: str, deadline: _Deadline) -> Answer:
    with _Session() as session:
        session.trust_env = False
        session.mount(f"{target.scheme}://", _PinnedAdapter(target.host, address, deadline))
        with session.request(
            asked.method,
            target.url,
            data=asked.body,
            headers={**answers.HEADERS, "Host": target.authority, **asked.headers},
            timeout=(answers.CONNECT_SECONDS, answers.ATTEMPT_SECONDS),
            allow_redirects=False,
            stream=True,
        ) as response:
            return Answer(status=response.status_code, text=_read(response, deadline), headers=response.headers)


def _read(response: requests.Response, deadline: _Deadline) -> str:
    raw = b""
    # As it came: what is compressed is not made large on the way.
    for chunk in response.raw.stream(answers.CHUNK, decode_content=False):
        raw += chunk
        if len(raw) >= answers.ANSWER_READ:
            break
    if deadline.is_over:
        raise requests.ReadTimeout
    return body_text(raw, response.headers.get("Content-Encoding", ""))


def _kind(error: Exception) -> str:
    if isinstance(error, requests.ConnectTimeout):
        return answers.CONNECT_TIMED_OUT
    if isinstance(error, requests.Timeout | TimeoutError):
        return answers.NO_ANSWER
    if isinstance(error, socket.gaierror | UnicodeError):
        return answers.NAME_NOT_FOUND
    if isinstance(error, requests.exceptions.SSLError):
        return answers.TLS_FAILED
    return answers.CONNECTION_FAILED
