import pytest

from widget_host.domain.organizations.rules import origin, return_url
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


class TestReturnUrl:
    @pytest.mark.parametrize(
        "text",
        ["https://bank.example", "https://bank.example:8443/points?a=b", "com.bank.app:/points", "app.bank:done"],
    )
    def test_is_kept_as_it_was_given(self, text: str) -> None:
        assert return_url(text, http_allowed=False) == text

    def test_may_be_plain_http_where_that_is_allowed(self) -> None:
        assert return_url("http://127.0.0.1:8001/", http_allowed=True) == "http://127.0.0.1:8001/"

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("", "scheme"),
            ("/points", "scheme"),
            ("//bank.example", "scheme"),
            ("http://bank.example", "scheme"),
            ("javascript:alert(1)", "scheme"),
            ("data:text/html,x", "scheme"),
            ("bank:done", "scheme"),
            ("https://bank.example/#part", "fragment"),
            ("https://bank.example/#", "fragment"),
            ("https://user@bank.example", "host"),
            ("https:///points", "host"),
            ("https://[::1", "host"),
            ("https://bank.example/a b", "malformed"),
            ("https://bank.example/\n", "malformed"),
            ("https://bank.example/" + "x" * 500, "malformed"),
        ],
    )
    def test_refuses_what_may_not_stand_there(self, text: str, code: str) -> None:
        with pytest.raises(FieldError) as raised:
            return_url(text, http_allowed=False)

        assert (raised.value.field, raised.value.code) == ("returnUrl", code)
