import pytest

from widget_host.domain.access.rules import may_be_credentials


class TestMayBeCredentials:
    @pytest.mark.parametrize(
        ("client_id", "secret", "may_be"),
        [
            ("cli_1", "whs_sandbox_a-b_c", True),
            ("", "", True),
            ("cli 1", "~!", True),
            ("cli_\x00", "secret", False),
            ("cli_1", "secret\n", False),
            ("cli_é", "secret", False),
            ("cli_1", "\ud800", False),
            ("cli_1", "\x7f", False),
        ],
    )
    def test_are_printable_ascii(self, client_id: str, secret: str, may_be: bool) -> None:
        assert may_be_credentials(client_id, secret) is may_be
