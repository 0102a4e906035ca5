from pathlib import Path

import pytest

from widget_host.demo.__main__ import main
from widget_host.demo.config import Config, Misconfigured, read_config

COMPLETE = {
    "BANK_CLIENT_ID": "client",
    "BANK_CLIENT_SECRET": "client-secret",
    "BANK_WEBHOOK_SECRET": "webhook-secret",
    "BANK_DATABASE": "bank.sqlite3",
}


class TestReadConfig:
    def test_needs_no_more_than_the_secrets_and_a_file(self) -> None:
        assert read_config(COMPLETE) == Config(
            "http://localhost:8000", "client", "client-secret", "webhook-secret", Path("bank.sqlite3"), 8001
        )

    def test_keeps_secrets_out_of_its_own_text(self) -> None:
        assert "secret'" not in repr(read_config(COMPLETE))

    def test_frames_the_origin_of_the_host_whatever_its_path(self) -> None:
        config = read_config({**COMPLETE, "BANK_HOST_URL": "https://points.example:8443/host/"})

        assert config.host_url == "https://points.example:8443/host"
        assert config.host_origin == "https://points.example:8443"

    @pytest.mark.parametrize("name", COMPLETE)
    def test_names_the_variable_that_is_missing(self, name: str) -> None:
        with pytest.raises(Misconfigured, match=rf"^Set {name} in"):
            read_config({**COMPLETE, name: ""})

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("BANK_PORT", "80o1"),
            ("BANK_PORT", "0"),
            ("BANK_PORT", "65536"),
            ("BANK_HOST_URL", "localhost:8000"),
        ],
    )
    def test_names_the_variable_that_is_wrong(self, name: str, value: str) -> None:
        with pytest.raises(Misconfigured, match=name):
            read_config({**COMPLETE, name: value})


class TestMain:
    def test_ends_with_status_2_and_says_what_to_set(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for name in COMPLETE:
            monkeypatch.delenv(name, raising=False)

        assert main() == 2
        said = capsys.readouterr().err
        assert [name for name in COMPLETE if name not in said] == []
