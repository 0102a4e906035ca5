"""A receiver that answers at once, in a process of its own, and says how fast it was asked."""

import sys
import time

from aiohttp import web


class Counter:
    """How many requests came, and when the first and the last one did."""

    def __init__(self) -> None:
        """Start at nothing."""
        self.count = 0
        self.first = self.last = 0.0

    async def take(self, request: web.Request) -> web.Response:
        """Take a webhook."""
        await request.read()
        self.last = time.monotonic()
        self.first = self.first or self.last
        self.count += 1
        return web.Response()

    async def figures(self, _request: web.Request) -> web.Response:
        """Say what came, and begin anew where that is asked for."""
        said = {"count": self.count, "seconds": self.last - self.first}
        if "reset" in _request.query:
            self.count, self.first, self.last = 0, 0.0, 0.0
        return web.json_response(said)


def main() -> None:
    """Serve on the port named."""
    counter = Counter()
    app = web.Application()
    app.add_routes([web.post("/hook", counter.take), web.get("/figures", counter.figures)])
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)


if __name__ == "__main__":
    main()
