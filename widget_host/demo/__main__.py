"""``python -m widget_host.demo``: serve the bank on 127.0.0.1."""

import logging
import os
import sys
from contextlib import suppress

from werkzeug.serving import make_server

from widget_host.demo.bank import create_bank
from widget_host.demo.config import Misconfigured, read_config


def main() -> int:
    """Serve until interrupted, and return the exit status: 2 when a variable is missing or wrong."""
    try:
        config = read_config(os.environ)
    except Misconfigured as problem:
        sys.stderr.write(f"Northwind Bank cannot start. {problem}\n")
        return 2
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # the page asks for news every second
    server = make_server("127.0.0.1", config.port, create_bank(config), threaded=True)
    sys.stdout.write(f"Northwind Bank is open on http://127.0.0.1:{config.port}\n")
    sys.stdout.flush()
    with suppress(KeyboardInterrupt):
        server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
