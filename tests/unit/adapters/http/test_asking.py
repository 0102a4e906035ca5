import socket
from typing import Any

import pytest

from tests.fakes.receiver import Receiver, answer, drip, hang_up
from tests.unit.adapters.conftest import Resolve, ask


class TestWasSent:
    @pytest.mark.parametrize("reply", [answer(200), answer(500), hang_up, drip(b"x", pause=0.05)])
    def test_is_true_once_the_request_left(self, receiver: Receiver, reply: Any, hasty: None) -> None:
        receiver.replies = [reply]

        assert ask(receiver.url).was_sent is True

    def test_is_false_where_nobody_listens(self) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))

            assert ask(f"http://127.0.0.1:{taken.getsockname()[1]}/").was_sent is False

    def test_is_false_where_nobody_shakes_hands(self, resolve: Resolve, hasty: None) -> None:
        resolve("127.0.0.1")
        with socket.create_server(("127.0.0.1", 0)) as silent:
            assert ask(f"https://hook.example:{silent.getsockname()[1]}/").was_sent is False
