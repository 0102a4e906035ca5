"""What `webhooks listen` does while it runs: takes what a host tells, posts it, and says what became of it."""

import time
from collections.abc import Callable, Sequence
from itertools import chain, repeat

import click

from widget_host.cli.aside import Aside
from widget_host.cli.following import Followed, HostAway, News, RemoteHost
from widget_host.cli.forwarding import Answered, LocalReceiver
from widget_host.cli.host import answer as say
from widget_host.domain.endpoints.rules import EVENT_TYPES
from widget_host.kit.clock import SystemClock, isoformat

POLL_SECONDS = 1
# Before the second, third and fourth try; short, as somebody watches.
WAITS = (1, 2, 4)
HOST_WAITS = (1, 2, 5)
LONGEST_HOST_WAIT = 10
TYPE_WIDTH = max(map(len, EVENT_TYPES))


class Report:
    """What is said of each event: a line for people, or a JSON object a line; what else happens goes to stderr."""

    def __init__(self, *, as_json: bool) -> None:
        """Begin to count."""
        self._as_json = as_json
        self.delivered = self.missed = 0

    def trouble(self, event: Followed, answered: Answered) -> None:
        """Say once that an event is tried again."""
        if not self._as_json:
            self._line(event, f"{_said(answered)}, trying again")

    def end(self, event: Followed, answered: Answered, attempts: int) -> None:
        """Say what became of an event."""
        if answered.is_taken:
            self.delivered += 1
        else:
            self.missed += 1
        if self._as_json:
            say(_object(event, answered, attempts))
            return
        tries = f", attempt {attempts}" if attempts > 1 else ""
        missed = "" if answered.is_taken else ", not delivered"
        resent = ", resent" if event.resent else ""
        self._line(event, f"{_said(answered)}{tries}{missed}{resent}")

    def note(self, text: str) -> None:
        """Say something that is not of an event."""
        click.echo(text, err=True)

    def sum_up(self) -> str:
        """Say how many there were."""
        events = "event" if self.delivered == 1 else "events"
        return f"{self.delivered} {events} delivered, {self.missed} not."

    def _line(self, event: Followed, text: str) -> None:
        moment = SystemClock().now().astimezone()
        click.echo(f"{moment:%H:%M:%S}  {event.type:{TYPE_WIDTH}}  {event.id}  {text}")


class Listener:
    """Takes what a host tells, and posts it to the receiver, one after another, as long as the command runs."""

    def __init__(
        self,
        host: RemoteHost,
        receiver: LocalReceiver,
        report: Report,
        *,
        kinds: Sequence[str] = (),
        pause: Callable[[int], None] = time.sleep,
    ) -> None:
        """Forward events of these kinds, all of them where none is named."""
        self._aside = Aside()
        self._host = host
        self._receiver = receiver
        self._report = report
        self._kinds = kinds
        self._pause = pause

    def ask(self, **asked: str) -> News:
        """Ask the host what came; raises HostAway and HostRefused."""
        return self._aside.do(lambda: self._host.follow(**asked))

    def run(self, news: News) -> None:
        """Forward what came first, then what comes; ends by being interrupted, or with HostRefused."""
        while True:
            for event in news.events:
                if not self._kinds or event.type in self._kinds:
                    self._forward(event)
            if not news.events:
                self._pause(POLL_SECONDS)
            news = self._wait_for_host(news.cursor)

    def _forward(self, event: Followed) -> None:
        waits = iter(WAITS)
        attempts, answered = 1, self._post(event)
        while not answered.is_final and (wait := next(waits, None)) is not None:
            if attempts == 1:
                self._report.trouble(event, answered)
            self._pause(wait)
            attempts, answered = attempts + 1, self._post(event)
        self._report.end(event, answered, attempts)

    def _post(self, event: Followed) -> Answered:
        return self._aside.do(lambda: self._receiver.post(event))

    def _wait_for_host(self, cursor: str) -> News:
        is_away = False
        for wait in chain(HOST_WAITS, repeat(LONGEST_HOST_WAIT)):
            try:
                news = self.ask(cursor=cursor)
            except HostAway as away:
                if not is_away:
                    self._report.note(f"{away} Waiting for it.")
                is_away = True
                self._pause(wait)
                continue
            if is_away:
                self._report.note(f"{self._host.url} answers again.")
            return news
        raise AssertionError("what repeats has no end")


def _said(answered: Answered) -> str:
    return f"{answered.status or answered.error}  {answered.duration_ms} ms"


def _object(event: Followed, answered: Answered, attempts: int) -> dict[str, object]:
    return {
        "time": isoformat(SystemClock().now()),
        "eventId": event.id,
        "eventType": event.type,
        "resent": event.resent,
        "delivered": answered.is_taken,
        "status": answered.status,
        "error": answered.error,
        "durationMs": answered.duration_ms,
        "attempts": attempts,
    }
