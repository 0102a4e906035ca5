import asyncio
import socket
import time
import zlib
from typing import Any

import pytest

from tests.fakes.receiver import Receiver, answer, drip, flood, hang_up
from tests.unit.adapters.conftest import Send
from widget_host.adapters.http.answers import Answer
from widget_host.adapters.http.posting import PostingHttp
from widget_host.kit.addresses import AddressRules

OK = b"HTTP/1.1 200 OK\r\n"


class TestPost:
    def test_sends_body_and_headers_as_they_are(self, send: Send, receiver: Receiver) -> None:
        receiver.replies = [answer(201, b"made")]

        assert send(receiver.url, headers={"Content-Type": "application/json", "x-signature": "s"}) == Answer(
            201, None, "made"
        )
        (received,) = receiver.received
        assert (received.path, received.body) == ("/hook", b"{}")
        assert (received.headers["content-type"], received.headers["x-signature"]) == ("application/json", "s")

    def test_follows_no_redirect(self, send: Send, receiver: Receiver) -> None:
        for status in (301, 302, 303, 307, 308):
            receiver.replies = [answer(status, b"", Location=receiver.url)]
            assert send(receiver.url).status == status

        assert len(receiver.received) == 5

    @pytest.mark.parametrize("location", ["http://[bad", "//", "%00", "http://169.254.169.254/latest"])
    def test_does_not_stumble_over_where_a_redirect_points(self, send: Send, receiver: Receiver, location: str) -> None:
        receiver.replies = [answer(302, b"gone", Location=location)]

        assert send(receiver.url) == Answer(302, None, "gone")

    def test_keeps_no_cookies(self, receiver: Receiver) -> None:
        receiver.replies = [answer(200, b"", **{"Set-Cookie": "a=b; Path=/"})]
        for each in asyncio.run(self.posted_twice(receiver.url)):
            assert each.status == 200

        assert "cookie" not in receiver.received[1].headers

    async def posted_twice(self, url: str) -> list[Answer]:
        async with PostingHttp(AddressRules(development=True)) as client:
            return [await client.post(url, {}, b"{}") for _ in range(2)]

    def test_asks_no_proxy(self, send: Send, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")

        assert send(receiver.url).status == 200

    def test_reads_no_more_than_the_start_of_an_answer(self, send: Send, receiver: Receiver) -> None:
        receiver.replies = [flood(OK + b"\r\n", b"x" * 65_536, 400), answer(200, b"next")]

        first = send(receiver.url)
        assert (first.status, len(first.text)) == (200, 64 * 1024)

    @pytest.mark.parametrize("encoding", ["gzip", "deflate", "x-gzip"])
    def test_makes_no_bomb_large(self, send: Send, receiver: Receiver, encoding: str) -> None:
        bomb = zlib.compressobj(9, wbits=31 if encoding.endswith("gzip") else 15)
        small = bomb.compress(b"x" * 50_000_000) + bomb.flush()
        receiver.replies = [answer(200, small, **{"Content-Encoding": encoding})]

        assert send(receiver.url).text == "x" * 64 * 1024

    def test_shows_what_only_claims_to_be_compressed_as_it_came(self, send: Send, receiver: Receiver) -> None:
        receiver.replies = [answer(200, b"nope", **{"Content-Encoding": "gzip"})]

        assert send(receiver.url).text == "nope"

    def test_reads_no_more_of_a_redirect_either(self, send: Send, receiver: Receiver, hasty: None) -> None:
        head = b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\n\r\n"
        receiver.replies = [drip(b"x" * 1000, pause=0.01, before=head, times=2000)]

        assert len(send(receiver.url).text) < 80 * 1024

    def test_gives_an_answer_that_any_database_keeps(self, send: Send, receiver: Receiver) -> None:
        receiver.replies = [answer(500, b"a\x00b\xff\xed\xa0\x80c")]

        text = send(receiver.url).text
        assert "\x00" not in text
        assert text.encode("utf-8")
        assert (text[0], text[-1]) == ("a", "c")

    def test_says_that_nobody_listens(self, send: Send) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]

            assert send(f"http://127.0.0.1:{port}/") == Answer(error="connection failed")

    @pytest.mark.parametrize(
        "reply",
        [
            hang_up,
            flood(b"", b"not http at all\r\n\r\n", 1),
            flood(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", b"short", 1),
            flood(OK, b"X-Many: header\r\n", 200),
            flood(OK, b"x" * 70_000, 1),
        ],
    )
    def test_says_that_the_connection_failed(self, send: Send, receiver: Receiver, reply: Any) -> None:
        receiver.replies = [reply]

        assert send(receiver.url) == Answer(error="connection failed")

    def test_gives_up_on_chunks_that_are_none(self, send: Send, receiver: Receiver, hasty: None) -> None:
        receiver.replies = [flood(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"zz\r\n", 1)]

        # aiohttp may notice nothing where they come apart from the headers: then it is over when its time is.
        assert send(receiver.url).error in ("connection failed", "no answer in time")

    @pytest.mark.parametrize(
        "reply",
        [
            drip(b"x", pause=0.05, before=b"HTTP/1.1 200 "),
            drip(b"X", pause=0.05, before=OK),
            drip(b"X-A: b\r\n", pause=0.05, before=OK, times=90),
            drip(b"HTTP/1.1 100 Continue\r\n\r\n", pause=0.05),
            drip(b"x", pause=0.05, before=OK + b"\r\n"),
            drip(b"x", pause=0.05, before=OK + b"Content-Length: 100000\r\n\r\n"),
            drip(b"1\r\nx\r\n", pause=0.05, before=OK + b"Transfer-Encoding: chunked\r\n\r\n"),
            drip(b"", pause=3, times=1),
            drip(b"", pause=3, before=OK + b"Content-Length: 1\r\n\r\n", times=1),
            drip(b"x", pause=0.05, before=b"HTTP/1.1 302 Found\r\nLocation: /a\r\n\r\n"),
        ],
        ids=["line", "header", "headers", "interim", "endless", "body", "chunks", "silence", "hollow", "redirect"],
    )
    def test_is_over_when_its_time_is_however_slowly_the_other_side_speaks(
        self, send: Send, receiver: Receiver, reply: Any, hasty: None
    ) -> None:
        receiver.replies = [reply]
        started = time.monotonic()

        assert send(receiver.url) == Answer(error="no answer in time")
        assert time.monotonic() - started < 2

    def test_leaves_an_answer_alone_that_came_in_time(self, send: Send, receiver: Receiver, hasty: None) -> None:
        receiver.replies = [answer(200, b"one"), answer(200, b"two")]

        assert send(receiver.url).text == "one"
        time.sleep(0.6)
        assert send(receiver.url).text == "two"

    @pytest.mark.parametrize(
        "url",
        [
            "http://127.0.0.1:99999/",
            "http://127.0.0.1:port/",
            "http://[::1/",
            "http://",
            "http:///hook",
            "ftp://127.0.0.1/",
            "file:///etc/passwd",
            "127.0.0.1",
            "",
            "http://user:password@127.0.0.1/",
            "http://@127.0.0.1/",
        ],
    )
    def test_refuses_what_is_no_address(self, send: Send, url: str, nowhere: list[Any]) -> None:
        refused = send(url)

        assert refused.status is None
        assert str(refused.error).startswith("address refused")
        assert nowhere == []

    @pytest.mark.parametrize("host", ["nobody.example", "xn--nobody-0ya.example"])
    def test_says_that_a_name_is_nobodys(self, send: Send, host: str, unresolvable: None) -> None:
        assert send(f"http://{host}/") == Answer(error="host name not found")

    @pytest.mark.parametrize("host", ["a" * 64 + ".example", "a..example", "\u2024.example", "-a.example"])
    def test_refuses_what_is_no_name(self, send: Send, host: str, unresolvable: None) -> None:
        assert str(send(f"http://{host}/").error).startswith("address refused")

    @pytest.fixture
    def unresolvable(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Refuse each name as the system's resolver does, after encoding it as Python does."""

        def refuse(host: str, *_: Any, **__: Any) -> Any:
            host.encode("idna")
            raise socket.gaierror(socket.EAI_NONAME, "unknown")

        monkeypatch.setattr(socket, "getaddrinfo", refuse)
