"""A developer's own receiver: posted to as the host would post, signed, with how it answered."""

import time

import requests

from widget_host.cli.following import Followed
from widget_host.kit.clock import SystemClock
from widget_host.kit.signing import webhook_headers
from widget_host.kit.value import Value

# As long as the host waits for a receiver.
TIMEOUT_SECONDS = 15
GONE = 410


class Answered(Value, frozen=True):
    """What came of a try: a status, or why there is none."""

    duration_ms: int
    status: int | None = None
    error: str | None = None

    @property
    def is_taken(self) -> bool:
        """Whether the receiver took the event: any 2xx, nothing else."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004 - the range of HTTP's own word

    @property
    def is_final(self) -> bool:
        """Whether the host would not try again."""
        return self.is_taken or self.status == GONE


class LocalReceiver:
    """Posts events to one address.

    The guard against private addresses is not asked: who runs the command has named the address, on their own machine,
    and no other tenant can lead it anywhere.
    """

    def __init__(self, url: str, secret: str) -> None:
        """Sign with this secret; no proxy comes between."""
        self.url = url
        self._secret = secret
        self._session = requests.Session()
        self._session.trust_env = False

    def post(self, event: Followed) -> Answered:
        """Send it once, signed now."""
        stamp = int(SystemClock().now().timestamp())
        signed = webhook_headers(self._secret, event_id=event.id, timestamp=stamp, body=event.body)
        headers = {"Content-Type": "application/json", **signed}
        started = time.monotonic_ns()
        try:
            answer = self._session.post(
                self.url, data=event.body, headers=headers, timeout=TIMEOUT_SECONDS, allow_redirects=False
            )
        except requests.Timeout:
            return Answered(_since(started), error=f"no answer within {TIMEOUT_SECONDS} s")
        except requests.ConnectionError as error:
            return Answered(_since(started), error=_why(error))
        except (requests.RequestException, ValueError) as error:
            return Answered(_since(started), error=f"no answer ({type(error).__name__})")
        return Answered(_since(started), status=answer.status_code)


def _why(error: requests.ConnectionError) -> str:
    said = str(error)
    known = {"Connection refused": "nothing listens there", "Name or service not known": "there is no such name"}
    return next((words for mark, words in known.items() if mark in said), "the connection was cut")


def _since(started: int) -> int:
    return (time.monotonic_ns() - started) // 1_000_000
