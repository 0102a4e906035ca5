"""Access tokens of other people's token endpoints (RFC 6749 §4.4): fetched once at a time, kept until they end."""

import asyncio
import time
from typing import Any

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_token_request

from widget_host.adapters.http.answers import TIMED_OUT, Answer
from widget_host.adapters.http.posting import PostingHttp
from widget_host.domain.endpoints.rules import IN_BODY, Authentication
from widget_host.kit import wire

FORM = "application/x-www-form-urlencoded"
EARLY_SECONDS = 60
# What is kept where nothing is said of how long a token lives, and at most.
USUAL_SECONDS, LONGEST_SECONDS = 300, 86_400
LONGEST_TOKEN = 16 * 1024
MOST_KEPT = 1000
OK = 200


class NoToken(Exception):
    """The token endpoint gave no token; the message says why."""

    def __init__(self, why: str, *, timed_out: bool = False) -> None:
        """Say whether it was too slow."""
        super().__init__(f"no token: {why}")
        self.timed_out = timed_out


class Tokens:
    """Keeps a token for each endpoint, as it is configured now."""

    def __init__(self, http: PostingHttp) -> None:
        """Fetch over this client."""
        self._http = http
        self._kept: dict[tuple[str, Authentication], tuple[str, float]] = {}  # float: seconds
        self._fetching: dict[tuple[str, Authentication], asyncio.Lock] = {}

    async def get(self, endpoint_id: str, said: Authentication) -> str:
        """Return a token that still lives, or raise NoToken."""
        key = (endpoint_id, said)
        async with self._fetching.setdefault(key, asyncio.Lock()):
            token, until = self._kept.get(key, ("", 0))
            if time.monotonic() >= until:
                token, seconds = await self._fetch(said)
                self._make_room()
                self._kept[key] = (token, time.monotonic() + seconds)
            return token

    def drop(self, endpoint_id: str, said: Authentication, token: str) -> None:
        """Forget a token that was not accepted, unless a newer one is here already."""
        if self._kept.get((endpoint_id, said), ("", 0))[0] == token:
            del self._kept[endpoint_id, said]

    async def _fetch(self, said: Authentication) -> tuple[str, float]:  # float: seconds
        method = "client_secret_post" if said.credentials_in == IN_BODY else "client_secret_basic"
        form = prepare_token_request("client_credentials", scope=said.scope)
        headers = {"Content-Type": FORM, "Accept": "application/json"}
        client = ClientAuth(said.client_id, said.credential, method)
        url, headers, form = client.prepare("POST", said.token_url, headers, form)
        return _token(await self._http.post(url, headers, form.encode()))

    def _make_room(self) -> None:
        if len(self._kept) < MOST_KEPT:
            return
        self._kept.clear()
        self._fetching = {key: lock for key, lock in self._fetching.items() if lock.locked()}


def _token(answer: Answer) -> tuple[str, float]:  # float: seconds
    if answer.status != OK:
        raise NoToken(answer.error or f"status {answer.status}", timed_out=answer.error in TIMED_OUT)
    said = _object(answer.text)
    token, kind = said.get("access_token"), said.get("token_type", "Bearer")
    is_token = isinstance(token, str) and 0 < len(token) <= LONGEST_TOKEN and token.isascii() and token.isprintable()
    if not is_token or str(kind).lower() != "bearer":
        raise NoToken("the answer holds no bearer token")
    return str(token), _life(said.get("expires_in"))


def _life(said: Any) -> float:  # float: seconds
    try:
        seconds = min(int(said), LONGEST_SECONDS) if said is not None else USUAL_SECONDS
    except (TypeError, ValueError, OverflowError):
        seconds = USUAL_SECONDS
    return max(seconds - EARLY_SECONDS, 0)


def _object(text: str) -> dict[str, Any]:
    try:
        said = wire.loads_unambiguous(text.encode())
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
