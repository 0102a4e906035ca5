import pytest
from hypothesis import given
from hypothesis import strategies as st

from widget_host.kit.addresses import AddressRefused, AddressRules, Target, is_public

STRICT = AddressRules(development=False)
LAX = AddressRules(development=True)


class TestCheck:
    @pytest.mark.parametrize(
        ("url", "target"),
        [
            ("https://hook.example", Target("https", "hook.example", 443, "/")),
            ("HTTPS://Hook.Example.:443/a%20b?c=d&e#f", Target("https", "hook.example", 443, "/a%20b?c=d&e")),
            ("https://hook.example:8443?a", Target("https", "hook.example", 8443, "/?a")),
            ("https://bücher.example/", Target("https", "xn--bcher-kva.example", 443, "/")),
            ("https://点看.example:8443/a", Target("https", "xn--3pxu8k.example", 8443, "/a")),
            ("https://8.8.8.8/", Target("https", "8.8.8.8", 443, "/")),
            ("https://[2606:4700:4700::1111]/", Target("https", "2606:4700:4700::1111", 443, "/")),
        ],
    )
    def test_takes_an_address_apart(self, url: str, target: Target) -> None:
        assert STRICT.check(url) == target

    def test_writes_it_as_it_is_asked(self) -> None:
        assert STRICT.check("https://Hook.Example:443/a?b#c").url == "https://hook.example/a?b"
        assert STRICT.check("https://[2606:4700::1]:8443").url == "https://[2606:4700::1]:8443/"

    @pytest.mark.parametrize("port", ["22", "80", "444", "6379", "65535"])
    def test_refuses_other_ports_but_those_allowed(self, port: str) -> None:
        with pytest.raises(AddressRefused, match=f"port {port} is not allowed"):
            STRICT.check(f"https://hook.example:{port}/")
        allowing = AddressRules(development=False, ports=frozenset({int(port)}))
        assert allowing.check(f"https://hook.example:{port}/").port == int(port)
        assert LAX.check(f"http://localhost:{port}/").port == int(port)

    def test_is_stricter_outside_development(self) -> None:
        assert LAX.check("http://127.0.0.1:9/hook").url == "http://127.0.0.1:9/hook"
        with pytest.raises(AddressRefused, match="not https"):
            STRICT.check("http://hook.example/")
        with pytest.raises(AddressRefused, match="not public"):
            STRICT.check("https://127.0.0.1/hook")

    @given(st.text(max_size=60))
    def test_refuses_or_understands_any_text(self, text: str) -> None:
        for url in (text, f"https://{text}", f"https://hook.example/{text}"):
            try:
                target = STRICT.check(url)
            except AddressRefused:
                continue
            assert target.url.isascii()
            assert STRICT.check(target.url) == target


class TestIsPublic:
    @pytest.mark.parametrize(
        "address",
        [
            "8.8.8.8",
            "93.184.215.14",
            "2606:4700:4700::1111",
            "::ffff:93.184.215.14",
            "64:ff9b::808:808",
            "2002:808:808::1",
        ],
    )
    def test_is_what_anybody_can_reach(self, address: str) -> None:
        assert is_public(address)

    @pytest.mark.parametrize(
        "address",
        [
            *("0.0.0.1", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254"),
            *("168.63.129.16", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.192"),
            *("192.0.2.1", "192.31.196.1", "192.52.193.1", "192.88.99.1", "192.168.1.1", "192.175.48.1"),
            *("198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250"),
            *("240.0.0.1", "255.255.255.255", "::", "::1", "::127.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1"),
            *("::ffff:169.254.169.254", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe"),
            *("64:ff9b:1::a00:1", "100::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1"),
            *("2002:7f00:1::", "2002:a9fe:a9fe::1", "2002:a00:1::1", "2002:e000:1::", "3fff::1", "5f00::1"),
            *("fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "2606:4700::1%eth0", "fec0::1", "ff02::1"),
            *("localhost", "", "1.2.3", "0x7f.0.0.1", "8.8.8.8/32"),
        ],
    )
    def test_is_nothing_else(self, address: str) -> None:
        assert not is_public(address)
