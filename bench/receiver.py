"""A receiver in a process of its own: at once, slowly or never it answers, and says how fast it was asked."""

import asyncio
import json
import sys
import time

from aiohttp import web

SLOW_SECONDS = 2
FOR_EVER_SECONDS = 3600


class Counter:
    """How many requests came, when the first and the last one did, and how late those were that say their time."""

    def __init__(self) -> None:
        """Start at nothing."""
        self._begin()

    def _begin(self) -> None:
        self.count = 0
        self.first = self.last = 0.0
        self.late: list[float] = []

    async def take(self, request: web.Request) -> web.Response:
        """Take a webhook."""
        await request.read()
        self.last = time.monotonic()
        self.first = self.first or self.last
        self.count += 1
        return web.Response()

    async def take_timed(self, request: web.Request) -> web.Response:
        """Take one whose body says when it happened."""
        said = json.loads(await request.read())
        self.late.append((time.time_ns() - said["at"]) / 1e6)
        return web.Response()

    async def take_slowly(self, request: web.Request) -> web.Response:
        """Take one after a while."""
        await request.read()
        await asyncio.sleep(SLOW_SECONDS)
        return web.Response()

    async def never(self, _request: web.Request) -> web.Response:
        """Listen, and do not answer."""
        await asyncio.sleep(FOR_EVER_SECONDS)
        return web.Response()

    async def figures(self, request: web.Request) -> web.Response:
        """Say what came, and begin anew where that is asked for."""
        said = {"count": self.count, "seconds": self.last - self.first, "late": self.late}
        if "reset" in request.query:
            self._begin()
        return web.json_response(said)


def main() -> None:
    """Serve on the port named."""
    counter = Counter()
    app = web.Application()
    takes = {"/hook": counter.take, "/timed": counter.take_timed, "/slow": counter.take_slowly, "/dead": counter.never}
    app.add_routes([web.post(path, take) for path, take in takes.items()])
    app.add_routes([web.get("/figures", counter.figures)])
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None, shutdown_timeout=1)


if __name__ == "__main__":
    main()
