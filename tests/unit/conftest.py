from collections.abc import Iterator
from threading import Thread

import pytest

from tests.factories.books import Books, make_books
from tests.fakes.receiver import Receiver
from widget_host.wiring import Wiring


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def books(wiring: Wiring) -> Books:
    return make_books(wiring)
