"""The host as a developer's machine sees it: over its API alone, with the client's own credentials."""

from collections.abc import Mapping
from typing import Any, Self

import requests

from widget_host.kit.value import Value

TIMEOUT_SECONDS = 20
UNAUTHORIZED, NOT_FOUND, TOO_MANY, FIRST_FAULT = 401, 404, 429, 500


class HostAway(Exception):
    """The host gave no answer that can be used: it may later."""


class HostRefused(Exception):
    """The host does not let this client follow: asking again would not help."""


class Followed(Value, frozen=True):
    """An event, and whether it was sent again."""

    id: str
    type: str
    resent: bool
    body: bytes


class News(Value, frozen=True):
    """What came, and where to go on."""

    events: tuple[Followed, ...]
    cursor: str

    @classmethod
    def read(cls, said: Any) -> Self:
        """Read an answer; KeyError or TypeError for what is none."""
        events = (Followed(each["id"], each["type"], each["resent"], each["body"].encode()) for each in said["events"])
        return cls(tuple(events), said["cursor"])


class RemoteHost:
    """Asks a host what happened; its token is fetched again when it has ended."""

    def __init__(self, url: str, client_id: str, client_secret: str) -> None:
        """Use the proxy and the certificates that this machine's environment names; nothing is asked yet."""
        self.url = url.rstrip("/")
        self._credentials = {"client_id": client_id, "client_secret": client_secret}
        self._session = requests.Session()
        self._token: str | None = None

    def follow(self, **asked: str) -> News:
        """Return what came after a `cursor`, or `since` a moment; raises HostAway and HostRefused."""
        answer = self._get(asked)
        if answer.status_code == UNAUTHORIZED:
            self._token = None
            answer = self._get(asked)
        try:
            return News.read(self._json(answer))
        except (KeyError, TypeError, AttributeError) as error:
            raise HostAway(f"{self.url} answered something else than events.") from error

    def _get(self, asked: Mapping[str, str]) -> requests.Response:
        if self._token is None:
            self._token = self._fetch_token()
        return self._ask("GET", "/events/feed", self._token, params=asked)

    def _fetch_token(self) -> str:
        answer = self._ask("POST", "/auth/token", data={"grant_type": "client_credentials", **self._credentials})
        if answer.status_code == UNAUTHORIZED:
            raise HostRefused(f"{self.url} does not know this client id with this secret.")
        try:
            return str(self._json(answer)["access_token"])
        except (KeyError, TypeError) as error:
            raise HostAway(f"{self.url} answered something else than a token.") from error

    def _ask(self, method: str, path: str, token: str | None = None, **options: Any) -> requests.Response:
        def authorize(request: requests.PreparedRequest) -> requests.PreparedRequest:
            if token is not None:
                request.headers["Authorization"] = f"Bearer {token}"
            return request

        # As `auth`, and where there is nothing to add too: else requests takes a password from this machine's .netrc.
        options |= {"auth": authorize, "timeout": TIMEOUT_SECONDS, "allow_redirects": False}
        try:
            return self._session.request(method, f"{self.url}{path}", **options)
        except (requests.RequestException, ValueError) as error:
            raise HostAway(f"{self.url} does not answer ({type(error).__name__}).") from error

    def _json(self, answer: requests.Response) -> Any:
        status = answer.status_code
        if status == TOO_MANY or status >= FIRST_FAULT:
            raise HostAway(f"{self.url} answered {status}.")
        if status == NOT_FOUND:
            raise HostRefused(f"{self.url} has no events to follow. Is this the host's own address?")
        if not answer.ok or answer.is_redirect:
            raise HostRefused(f"{self.url} answered {status}. {_reason(answer)}".strip())
        try:
            return answer.json()
        except ValueError as error:
            raise HostAway(f"{self.url} answered something else than JSON.") from error


def _reason(answer: requests.Response) -> str:
    if answer.is_redirect:
        return f"It leads to {answer.headers['Location']}."
    try:
        said = answer.json()
        return str(said.get("detail") or said.get("error_description") or "")
    except (ValueError, AttributeError):
        return ""
