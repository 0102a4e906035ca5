"""One attempt to deliver: signed, authenticated as the endpoint asks, and over in time."""

import asyncio
import base64
import time
from collections.abc import Mapping
from typing import Self

from widget_host.adapters.http.answers import NO_ANSWER, TIMED_OUT, Answer
from widget_host.adapters.http.posting import PostingHttp
from widget_host.adapters.tokens import NoToken, Tokens
from widget_host.domain.endpoints.rules import BASIC, OAUTH2, Authentication
from widget_host.domain.webhooks.rules import ATTEMPT_DEADLINE, Claimed, Outcome
from widget_host.kit.addresses import AddressRules
from widget_host.kit.clock import Clock
from widget_host.kit.signing import webhook_headers

UNAUTHORIZED = 401


class Delivering:
    """Sends claimed deliveries, any number at a time; to be used inside `async with`."""

    def __init__(self, addresses: AddressRules, clock: Clock) -> None:
        """Sign by the machine's clock."""
        self._http = PostingHttp(addresses)
        self._tokens = Tokens(self._http)
        self._clock = clock

    async def __aenter__(self) -> Self:
        """Open for the loop that runs."""
        await self._http.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Hang up."""
        await self._http.__aexit__()

    async def attempt(self, claimed: Claimed) -> Outcome:
        """Send it and return what came of it; never raises for what the other side does."""
        now, started = self._clock.now(), time.monotonic()
        if claimed.receiver.problem is not None:
            return Outcome(now, 0, error=claimed.receiver.problem)
        headers = {"Content-Type": "application/json", **_signed(claimed, int(now.timestamp()))}
        try:
            async with asyncio.timeout(ATTEMPT_DEADLINE.total_seconds()):
                answer = await self._send(claimed, headers)
        except TimeoutError:
            answer = Answer(error=NO_ANSWER)
        except NoToken as error:
            return Outcome(now, _since(started), error=str(error), timed_out=error.timed_out)
        return Outcome(
            now,
            _since(started),
            status=answer.status,
            error=answer.error,
            answer=answer.text,
            header_names=tuple(answer.headers),
            retry_after=answer.headers.get("Retry-After"),
            timed_out=answer.error in TIMED_OUT,
        )

    async def _send(self, claimed: Claimed, headers: Mapping[str, str]) -> Answer:
        receiver, said = claimed.receiver, claimed.receiver.authentication
        if said.mode != OAUTH2:
            return await self._http.post(receiver.url, {**headers, **_basic(said)}, claimed.body)
        answer = Answer()
        for _ in range(2):
            token = await self._tokens.get(receiver.endpoint_id, said)
            bearer = {"Authorization": f"Bearer {token}"}
            answer = await self._http.post(receiver.url, {**headers, **bearer}, claimed.body)
            if answer.status != UNAUTHORIZED:
                break
            # Taken back before it ended, perhaps: once more with a new one.
            self._tokens.drop(receiver.endpoint_id, said, token)
        return answer


def _signed(claimed: Claimed, timestamp: int) -> dict[str, str]:
    if not claimed.receiver.secrets:
        return {"webhook-id": claimed.event_id, "webhook-timestamp": str(timestamp)}
    first, *others = claimed.receiver.secrets
    return webhook_headers(first, event_id=claimed.event_id, timestamp=timestamp, body=claimed.body, others=others)


def _basic(said: Authentication) -> dict[str, str]:
    """Return the header of RFC 7617, in UTF-8, where the endpoint asks for it."""
    if said.mode != BASIC:
        return {}
    pair = f"{said.username}:{said.credential}".encode()
    return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}


def _since(started: float) -> int:  # float: seconds
    return int((time.monotonic() - started) * 1000)
