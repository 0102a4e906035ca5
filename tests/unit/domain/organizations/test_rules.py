import pytest

from widget_host.domain.organizations.rules import origin
from widget_host.kit.errors import FieldError


class TestOrigin:
    @pytest.mark.parametrize(
        ("text", "written"),
        [
            ("https://bank.example", "https://bank.example"),
            (" HTTPS://Bank.Example/ ", "https://bank.example"),
            ("https://bank.example:8443", "https://bank.example:8443"),
            ("https://bank.example:443", "https://bank.example"),
            ("http://bank.example:80", "http://bank.example"),
            ("http://bank.example:443", "http://bank.example:443"),
            ("http://localhost:8001", "http://localhost:8001"),
            ("https://[::1]:8443", "https://[::1]:8443"),
            ("https://xn--bnk-sna.example", "https://xn--bnk-sna.example"),
        ],
    )
    def test_is_written_as_browsers_write_it(self, text: str, written: str) -> None:
        assert origin(text, http_allowed=True) == written

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("", "scheme"),
            ("bank.example", "scheme"),
            ("*", "scheme"),
            ("null", "scheme"),
            ("http://bank.example", "scheme"),
            ("javascript://bank.example", "scheme"),
            ("https://bank.example/path", "not_an_origin"),
            ("https://bank.example?a=b", "not_an_origin"),
            ("https://bank.example#a", "not_an_origin"),
            ("https://user@bank.example", "not_an_origin"),
            ("https://", "host"),
            ("https://*.bank.example", "host"),
            ("https://bank.example; script-src *", "host"),
            ("https://bank.example 'self'", "host"),
            ("https://bank..example", "host"),
            ("https://-bank.example", "host"),
            ("https://bänk.example", "host"),
            ("https://bank.example:", "host"),
            ("https://bank.example:99999", "port"),
            ("https://bank.example:port", "port"),
            ("https://[::1", "host"),
            ("https://[bad]", "host"),
        ],
    )
    def test_refuses_what_is_none(self, text: str, code: str) -> None:
        with pytest.raises(FieldError) as raised:
            origin(text, http_allowed=False)

        assert (raised.value.field, raised.value.code) == ("allowedOrigin", code)
