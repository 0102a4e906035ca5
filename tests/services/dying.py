"""An installation that takes orders until it dies at a named point of one: `python -m tests.services.dying`.

What is warm is forked for each order, so that eighty deaths cost no eighty starts. The traps lie around the product,
in its drivers and doors: it knows nothing of them.
"""

import gc
import http.client
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, NoReturn, Self

from tests.services.drivers import COMMIT, overhear
from tests.services.environment import ROOT, environment_of
from widget_host.app import create_app
from widget_host.config import Settings
from widget_host.web.scope import HostApp
from widget_host.wiring import Wiring

CLAIM = "INTO idempotency_keys"
AT_ONCE = 2
START_SECONDS = 60


@dataclass(frozen=True)
class Call:
    """An order as a caller sends it, and where whoever takes it dies."""

    body: Mapping[str, Any]
    token: str
    is_asked: bool
    point: str = ""


def die(*_: object, **__: object) -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("nobody outlives it")


def before_the_claim(wiring: Wiring, _app: HostApp, _call: Call) -> None:
    _at(wiring, CLAIM, before=1)


def after_the_claim(wiring: Wiring, _app: HostApp, _call: Call) -> None:
    _at(wiring, CLAIM, after=1)


def after_the_reserve_is_committed(wiring: Wiring, _app: HostApp, _call: Call) -> None:
    _at(wiring, COMMIT, after=1)


def before_the_settling_is_committed(wiring: Wiring, _app: HostApp, call: Call) -> None:
    _at(wiring, COMMIT, before=1 + call.is_asked)


def after_the_settling_is_committed(wiring: Wiring, _app: HostApp, call: Call) -> None:
    _at(wiring, COMMIT, after=1 + call.is_asked)


def _at(wiring: Wiring, word: str, *, before: int = 0, after: int = 0) -> None:
    """Die around the statement that has this word, the first or the second time since the claim."""
    heard: Counter[str] = Counter()

    def hear(moment: str, dies_at: int, statement: str) -> None:
        heard["claims"] += CLAIM in statement
        if word in statement and heard["claims"]:
            heard[moment] += 1
            if heard[moment] == dies_at:
                die()

    overhear(wiring.database.engine, partial(hear, "before", before), partial(hear, "after", after))


def while_the_program_is_asked(wiring: Wiring, _app: HostApp, _call: Call) -> None:
    def before() -> None:
        # The request is sent by then, and nothing of the answer read.
        http.client.HTTPConnection.getresponse = die  # type: ignore[method-assign]  # this process is the last of it

    wiring.connectors["rest"] = Around(wiring.connectors["rest"], before, lambda: None)


def after_the_program_answered(wiring: Wiring, _app: HostApp, _call: Call) -> None:
    wiring.connectors["rest"] = Around(wiring.connectors["rest"], lambda: None, die)


class Around:
    """A connector that does something before and after each credit."""

    def __init__(self, connector: Any, before: Callable[[], None], after: Callable[[], None]) -> None:
        self._connector, self._before, self._after = connector, before, after

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connector, name)

    def credit(self, *asked: Any) -> Any:
        self._before()
        said = self._connector.credit(*asked)
        self._after()
        return said


def before_the_answer_is_written(_wiring: Wiring, app: HostApp, _call: Call) -> None:
    answer = app.wsgi_app

    def answered(*request: Any) -> NoReturn:
        b"".join(answer(*request))
        die()

    app.wsgi_app = answered  # type: ignore[method-assign, assignment]  # WSGI's way


TRAPS = (
    before_the_claim,
    after_the_claim,
    after_the_reserve_is_committed,
    while_the_program_is_asked,
    after_the_program_answered,
    before_the_settling_is_committed,
    after_the_settling_is_committed,
    before_the_answer_is_written,
)
POINTS = {trap.__name__.replace("_", " "): trap for trap in TRAPS}


class Dying:
    """The process that forks those who die, seen from the test."""

    def __init__(self, settings: Settings) -> None:
        command = [sys.executable, "-m", "tests.services.dying"]
        self._process = subprocess.Popen(
            command, env=environment_of(settings), cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def take(self, calls: Sequence[Call]) -> list[int]:
        """Have each call taken by a process of its own, and return how each ended; 201 for one that was answered."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([asdict(call) for call in calls]) + "\n")
        self._process.stdin.flush()
        said: list[int] = json.loads(self._process.stdout.readline())
        return said


def send(app: HostApp, call: Call) -> int:
    headers = {"Authorization": f"Bearer {call.token}"}
    return app.test_client().post("/transactions", json=call.body, headers=headers).status_code


def take(wiring: Wiring, app: HostApp, call: Call) -> int:
    """Fork whoever takes it and return its process."""
    if child := os.fork():
        return child
    gc.disable()
    try:
        POINTS[call.point](wiring, app, call)
        send(app, call)
    finally:
        # Nobody may go on into what the first process does next.
        os._exit(1)


def take_all(wiring: Wiring, app: HostApp, calls: Sequence[Call]) -> list[int]:
    ended: dict[int, int] = {}
    children: list[int] = []
    for call in calls:
        if len(children) - len(ended) == AT_ONCE:
            _reap(ended)
        children.append(take(wiring, app, call))
    while len(ended) < len(children):
        _reap(ended)
    return [ended[child] for child in children]


def _reap(ended: dict[int, int]) -> None:
    child, status = os.wait()
    ended[child] = os.waitstatus_to_exitcode(status)


def main() -> None:
    settings = Settings.from_environment()
    wiring = Wiring(settings)
    app = create_app(settings, wiring)
    for line in sys.stdin:
        calls = [Call(**said) for said in json.loads(line)]
        # Without a point it is only to be warm.
        warm = [send(app, call) for call in calls if not call.point]
        # No connection may be shared by those who are forked, and what is there already is not theirs to tidy.
        wiring.end()
        gc.freeze()
        print(json.dumps(warm or take_all(wiring, app, calls)), flush=True)  # noqa: T201 - what the test reads


if __name__ == "__main__":
    main()
