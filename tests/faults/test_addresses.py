"""Addresses that mean this machine, written in every way somebody thought of: nothing here hears anything."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from widget_host.adapters.http.answers import Answer
from widget_host.adapters.http.asking import OutgoingHttp
from widget_host.adapters.http.posting import PostingHttp
from widget_host.kit.addresses import AddressRules

LOOPBACKS = [
    "127.0.0.1",
    "127.0.0.2",
    "127.1",
    "127.0.1",
    "127.000.000.001",
    "0127.0.0.1",
    "0177.0.0.1",
    "0177.0.0.01",
    "0x7f.0.0.1",
    "0x7f.1",
    "0x7F000001",
    "0x7f000001",
    "2130706433",
    "017700000001",
    "0x07f.0.0x0.01",
    "127.0.0.1.",
    "127.0.0.1..",
    "0",
    "0.0.0.0",  # noqa: S104 - nothing listens there, it is to be refused
    "0x0",
    "00",
    "0.",
    "127.0.0.0x1",
    "4294967295",
    "1.0.0.0x7f",
    "127.0.0.256",
    "127.0.0.1.0",
    "3232235521",
    "0xA9FEA9FE",
    "2852039166",
    "169.254.169.254",
    "169.254.43518",
    "0251.0376.0251.0376",
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[0000:0000:0000:0000:0000:0000:0000:0001]",
    "[::0001]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:7f00:0001]",
    "[::FFFF:127.0.0.1]",
    "[0:0:0:0:0:ffff:127.0.0.1]",
    "[::127.0.0.1]",
    "[::7f00:1]",
    "[::ffff:0:127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2002:7f00:0001::1]",
    "[fe80::1]",
    "[fe80::1%25lo]",
    "[::1%25lo]",
    "[::1%lo]",
    "[::1%251]",
    "[fec0::1]",
    "[fc00::1]",
    "[ff02::1]",
    "[2001:0:7f00:1::]",
    "[100::1]",
    "[::1].example",
    "[127.0.0.1]",
    "[v1.127]",
    "[localhost]",
    "[::1",
    "::1",
    "::1]",
    "127.0.0.1:{port}@",
    "localhost",
    "localhost.",
    "LOCALHOST",
    "Localhost.",
    "lOcAlHoSt",
    "①②⑦.⓪.⓪.①",
    "１２７.０.０.１",
    "127。0。0。1",
    "127．0．0．1",
    "127｡0｡0｡1",
    "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
    "ｌｏｃａｌｈｏｓｔ",
    "loc\xadalhost",
    "local\u200bhost",
    "[::①]",
    "%31%32%37.0.0.1",
    "%6c%6fcalhost",
    "127.0.0.1%00.hook.example",
    "hook.example%00",
    "127%2e0%2e0%2e1",
    "localhost%23.hook.example",
]
WHOLE = [
    "https://user@127.0.0.1:{port}/",
    "https://user:password@127.0.0.1:{port}/",
    "https://@127.0.0.1:{port}/",
    "https://:@127.0.0.1:{port}/",
    "https://hook.example@127.0.0.1:{port}/",
    "https://hook.example:443@127.0.0.1:{port}/",
    "https://hook.example%40127.0.0.1:{port}/",
    "https://127.0.0.1:{port}\\@hook.example/",
    "https://hook.example\\@127.0.0.1:{port}/",
    "https:\\\\127.0.0.1:{port}/",
    "https:/\\127.0.0.1:{port}/",
    "https:127.0.0.1:{port}/",
    "https:///127.0.0.1:{port}/",
    "https:////127.0.0.1:{port}/",
    "//127.0.0.1:{port}/",
    "127.0.0.1:{port}",
    "http://127.0.0.1:{port}/",
    "HTTP://127.0.0.1:{port}/",
    "ftp://127.0.0.1:{port}/",
    "file://127.0.0.1:{port}/etc/passwd",
    "gopher://127.0.0.1:{port}/_x",
    "dict://127.0.0.1:{port}/",
    "ws://127.0.0.1:{port}/",
    "wss://127.0.0.1:{port}/",
    "unix:///run/docker.sock",
    "https+unix://127.0.0.1:{port}/",
    "javascript://127.0.0.1:{port}/",
    "data:text/plain,127.0.0.1:{port}",
    " https://127.0.0.1:{port}/",
    "https://127.0.0.1:{port}/ ",
    "https:// 127.0.0.1:{port}/",
    "https://127.0.0.1 :{port}/",
    "https://127.0.0.1:{port} /",
    "https://127.0.0.1:{port}\t/",
    "https://127.0.0.1:{port}\r\nX-Injected: yes\r\n\r\n",
    "https://hook.example/\r\nHost: 127.0.0.1:{port}",
    "ht\ntps://127.0.0.1:{port}/",
    "https://127.0.0.1\n:{port}/",
    "https://127.0.0.1:{port}\x00/",
    "https://\x00127.0.0.1:{port}/",
    "https://127.0.0.1:0{port}/",
    "https://127.0.0.1:+{port}/",
    "https://127.0.0.1:{port}:443/",
    "https://127.0.0.1:{port}#@hook.example/",
    "https://127.0.0.1:{port}?@hook.example/",
    "https://hook.example#@127.0.0.1:{port}/\r\n",
    "https://127.0.0.1;hook.example:{port}/",
    "https://127.0.0.1,hook.example:{port}/",
    "https://127.0.0.1&hook.example:{port}/",
    "https://{{127.0.0.1}}:{port}/",
    "https://*:{port}/",
    "https://..:{port}/",
    "https://.:{port}/",
    "https://:{port}/",
    "https://-:{port}/",
    "https://[]:{port}/",
    "https://[:{port}/",
    "https://]:{port}/",
    "https://[::1:{port}/",
    "https://::1:{port}/",
    "https://::1]:{port}/",
]
FORMS = [f"https://{host}:{{port}}/" for host in LOOPBACKS] + WHOLE

Post = Callable[[str, AddressRules], Answer]


def ask(url: str, rules: AddressRules) -> Answer:
    return OutgoingHttp(rules).post(url, {}, b"{}")


def post(url: str, rules: AddressRules) -> Answer:
    async def once() -> Answer:
        async with PostingHttp(rules) as client:
            return await client.post(url, {}, b"{}")

    return asyncio.run(once())


class Sentinel:
    """Listens on every address of loopback there is, and counts who comes."""

    def __init__(self) -> None:
        self.heard = 0
        self._sockets = [socket.create_server(("", 0), family=socket.AF_INET6, dualstack_ipv6=True)]
        self.port = self._sockets[0].getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        try:
            while True:
                came, _ = self._sockets[0].accept()
                self.heard += 1
                came.close()
        except OSError:
            return

    def close(self) -> None:
        self._sockets[0].shutdown(socket.SHUT_RDWR)
        self._sockets[0].close()


class TestGuard:
    def test_knows_enough_forms(self) -> None:
        assert len(set(FORMS)) >= 120

    @pytest.mark.parametrize("send", [ask, post])
    def test_sends_nothing_to_this_machine(self, sentinel: Sentinel, looked_up: list[str], send: Post) -> None:
        rules = AddressRules(development=False, ports=frozenset({443, sentinel.port}))
        answers = {form: send(form.replace("{port}", str(sentinel.port)), rules) for form in FORMS}

        assert {form: said for form, said in answers.items() if not str(said.error).startswith("address refused")} == {}
        assert sentinel.heard == 0
        # What a resolver might read as a number is not even shown to one.
        assert set(looked_up) <= {"localhost"}

    @pytest.mark.parametrize("send", [ask, post])
    def test_is_not_fooled_by_a_name_that_changes_its_mind(
        self, sentinel: Sentinel, monkeypatch: pytest.MonkeyPatch, send: Post
    ) -> None:
        """Public when it is judged, this machine when it is asked again."""
        asked: list[str] = []
        connected: list[Any] = []

        def look_up(host: str, port: int, *_: Any, **__: Any) -> Any:
            asked.append(host)
            address = "93.184.215.14" if asked.count("rebinding.example") <= 1 else "127.0.0.1"
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address if "." not in host[:3] else host, port))]

        def connect(_: socket.socket, address: Any) -> None:
            connected.append(address[0])
            raise ConnectionRefusedError

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        monkeypatch.setattr(socket.socket, "connect", connect)
        rules = AddressRules(development=False, ports=frozenset({sentinel.port}))

        assert send(f"https://rebinding.example:{sentinel.port}/", rules) == Answer(error="connection failed")
        assert set(connected) == {"93.184.215.14"}
        assert asked.count("rebinding.example") == 1

    @pytest.fixture
    def looked_up(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """Everything that the system's resolver was asked for."""
        asked: list[str] = []
        real = socket.getaddrinfo

        def look_up(host: Any, *args: Any, **options: Any) -> Any:
            asked.append(str(host))
            return real(host, *args, **options)

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        return asked

    @pytest.fixture
    def sentinel(self) -> Iterator[Sentinel]:
        listening = Sentinel()
        yield listening
        listening.close()
