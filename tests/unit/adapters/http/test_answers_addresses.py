import socket
import ssl
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.fakes.receiver import Receiver
from tests.unit.adapters.conftest import Resolve, Send
from widget_host.adapters.http.answers import Answer

PUBLIC = "93.184.215.14"
NOT_PUBLIC = [
    "127.0.0.1",
    "127.9.9.9",
    "0.0.0.0",  # noqa: S104 - nothing listens, it is to be refused
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.100.100.200",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd12:3456::1",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a00:1",
    "100::1",
]


class TestPostOutsideDevelopment:
    @pytest.mark.parametrize("address", NOT_PUBLIC)
    def test_refuses_an_address_that_is_not_public(
        self, send: Send, address: str, resolve: Resolve, nowhere: list[Any]
    ) -> None:
        resolve(address)

        assert send("https://hook.example/", development=False) == Answer(error="address refused: not public")
        assert nowhere == []

    @pytest.mark.parametrize("addresses", [[PUBLIC, "127.0.0.1"], ["127.0.0.1", PUBLIC], [PUBLIC, "::1"]])
    def test_refuses_a_name_of_which_any_address_is_not_public(
        self, send: Send, addresses: list[str], resolve: Resolve, nowhere: list[Any]
    ) -> None:
        resolve(*addresses)

        assert send("https://hook.example/", development=False) == Answer(error="address refused: not public")
        assert nowhere == []

    @pytest.mark.parametrize("url", ["http://hook.example/", "http://93.184.215.14/", "HTTP://hook.example/"])
    def test_refuses_plain_http(self, send: Send, url: str, resolve: Resolve, nowhere: list[Any]) -> None:
        resolve(PUBLIC)

        assert send(url, development=False) == Answer(error="address refused: not https")
        assert nowhere == []

    @pytest.mark.parametrize(
        "url", ["https://user@hook.example/", "https://user:pass@hook.example/", "https://@hook.example/"]
    )
    def test_refuses_credentials_in_the_address(
        self, send: Send, url: str, resolve: Resolve, nowhere: list[Any]
    ) -> None:
        resolve(PUBLIC)

        assert send(url, development=False) == Answer(error="address refused: credentials in the address")
        assert nowhere == []

    @pytest.mark.parametrize("address", [PUBLIC, "2606:4700:4700::1111"])
    def test_connects_to_the_very_address_that_was_checked(
        self, send: Send, address: str, resolve: Resolve, nowhere: list[Any]
    ) -> None:
        resolve(address)

        assert send("https://hook.example:8443/", development=False) == Answer(error="connection failed")
        assert nowhere == [(address, 8443)]


class TestPinnedConnection:
    def test_keeps_the_name_in_the_host_header(self, send: Send, receiver: Receiver, resolve: Resolve) -> None:
        resolve("127.0.0.1")

        assert send(f"http://hook.example:{receiver.server_port}/a?b=c").status == 200
        (received,) = receiver.received
        assert (received.headers["host"], received.path) == (f"hook.example:{receiver.server_port}", "/a?b=c")

    def test_looks_the_name_up_once(self, send: Send, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
        """A second look could find another machine."""
        asked: list[str] = []

        def look_up(host: str, port: int, *_: Any, **__: Any) -> Any:
            asked.append(host)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

        monkeypatch.setattr(socket, "getaddrinfo", look_up)

        assert send(f"http://hook.example:{receiver.server_port}/").status == 200
        assert asked[0] == "hook.example"
        assert "hook.example" not in asked[1:]


class TestTls:
    def test_asks_for_the_name_though_it_connects_to_the_address(
        self, send: Send, secure: Receiver, resolve: Resolve, monkeypatch: pytest.MonkeyPatch, certificate: Path
    ) -> None:
        resolve("127.0.0.1")
        monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(certificate))
        monkeypatch.setattr("certifi.where", lambda: str(certificate))

        assert send(f"https://hook.example:{secure.server_port}/").status == 200
        assert send(f"https://other.example:{secure.server_port}/") == Answer(error="TLS failed")
        assert send(f"https://127.0.0.1:{secure.server_port}/") == Answer(error="TLS failed")

    def test_trusts_no_certificate_of_a_stranger(self, send: Send, secure: Receiver, resolve: Resolve) -> None:
        resolve("127.0.0.1")

        assert send(f"https://hook.example:{secure.server_port}/") == Answer(error="TLS failed")
        assert secure.received == []

    def test_is_over_in_time_when_the_other_side_never_shakes_hands(
        self, send: Send, resolve: Resolve, hasty: None
    ) -> None:
        resolve("127.0.0.1")
        with socket.create_server(("127.0.0.1", 0)) as silent:
            started = time.monotonic()

            assert send(f"https://hook.example:{silent.getsockname()[1]}/") == Answer(error="no answer in time")
        assert time.monotonic() - started < 2

    @pytest.fixture
    def certificate(self, tmp_path: Path) -> Path:
        """A key, and a certificate for hook.example that it signed itself."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "hook.example")])
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("hook.example")]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        file = tmp_path / "hook.pem"
        kept = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file.write_bytes(kept + made.public_bytes(Encoding.PEM))
        return file

    @pytest.fixture
    def secure(self, receiver: Receiver, certificate: Path) -> Receiver:
        """The receiver behind TLS."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        receiver.socket = context.wrap_socket(receiver.socket, server_side=True)
        return receiver
