import stat
from pathlib import Path
from typing import Any

import pytest

from widget_host.config import Settings, WrongSetting

SECRET = "s" * 32
PRODUCTION = {"SECRET_KEY": SECRET, "BASE_URL": "https://points.example"}


def read(folder: Path, **variables: str) -> Settings:
    """Read settings as in production, unless something else is said."""
    told = {"INSTANCE": str(folder), "DEVELOPMENT": "0", **PRODUCTION, **variables}
    return Settings.from_environment({f"WIDGET_HOST_{name}": value for name, value in told.items()})


def develop(folder: Path, **variables: str) -> Settings:
    return read(folder, **{"DEVELOPMENT": "1", "SECRET_KEY": "", "BASE_URL": "", **variables})


class TestFromEnvironment:
    def test_needs_two_variables_in_production(self, tmp_path: Path) -> None:
        settings = read(tmp_path)

        assert (settings.secret_keys, settings.base_url) == ((SECRET,), "https://points.example")
        assert (settings.instance, settings.development, settings.worker) == (tmp_path, False, True)
        assert (settings.worker_concurrency, settings.log_level) == (64, "INFO")
        assert settings.database_file == tmp_path / "widget-host.db"

    def test_needs_none_in_development(self, tmp_path: Path) -> None:
        settings = develop(tmp_path)

        assert (settings.base_url, settings.development) == ("http://localhost:8000", True)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("DEVELOPMENT", "maybe"),
            ("DEVELOPMENT", "2"),
            ("DATABASE_URL", "nonsense"),
            ("DATABASE_URL", "sqlite://"),
            ("DATABASE_URL", "sqlite:///:memory:"),
            ("DATABASE_URL", "mysql://user@host/name"),
            ("DATABASE_URL", "nodatabase://x"),
            ("SECRET_KEY", ""),
            ("SECRET_KEY", ","),
            ("SECRET_KEY", "x" * 31),
            ("SECRET_KEY", f"{SECRET},short"),
            ("BASE_URL", ""),
            ("BASE_URL", "points.example"),
            ("BASE_URL", "http://points.example"),
            ("BASE_URL", "ftp://points.example"),
            ("BASE_URL", "https://"),
            ("BASE_URL", "https://points.example/path"),
            ("BASE_URL", "https://points.example?a=b"),
            ("BASE_URL", "https://points.example#top"),
            ("BASE_URL", "https://user:password@points.example"),
            ("BASE_URL", "https://points.example:99999"),
            ("BASE_URL", "https://points.example:port"),
            ("BASE_URL", "https://[::1"),
            ("WORKER", "many"),
            ("WORKER_CONCURRENCY", "0"),
            ("WORKER_CONCURRENCY", "1025"),
            ("OUTGOING_PORTS", "0"),
            ("OUTGOING_PORTS", "443,https"),
            ("WEBHOOK_RETENTION_DAYS", "6"),
            ("WORKER_CONCURRENCY", "-1"),
            ("WORKER_CONCURRENCY", "1.5"),
            ("WORKER_CONCURRENCY", "eight"),
            ("LOG_LEVEL", "LOUD"),
        ],
    )
    def test_stops_at_a_wrong_value_and_names_the_variable(self, tmp_path: Path, name: str, value: str) -> None:
        with pytest.raises(WrongSetting, match=f"^WIDGET_HOST_{name}: ."):
            read(tmp_path, **{name: value})

    @pytest.mark.parametrize(
        ("name", "value", "field", "meant"),
        [
            ("DEVELOPMENT", "Yes", "development", True),
            ("WORKER", "off", "worker", False),
            ("WORKER", " 0 ", "worker", False),
            ("WORKER_CONCURRENCY", "1024", "worker_concurrency", 1024),
            ("OUTGOING_PORTS", "443, 9443", "outgoing_ports", frozenset({443, 9443})),
            ("WEBHOOK_RETENTION_DAYS", "30", "webhook_retention_days", 30),
            ("LOG_LEVEL", "debug", "log_level", "DEBUG"),
            ("BASE_URL", "https://points.example:8443/", "base_url", "https://points.example:8443"),
            ("SECRET_KEY", f" {SECRET} , {'t' * 40},", "secret_keys", (SECRET, "t" * 40)),
            ("DATABASE_URL", "sqlite:////tmp/a.db", "database_url", "sqlite:////tmp/a.db"),
            ("DATABASE_URL", "postgresql://u:p%40ss@h/n", "database_url", "postgresql+psycopg://u:p%40ss@h/n"),
            ("DATABASE_URL", "postgresql+psycopg://h/n", "database_url", "postgresql+psycopg://h/n"),
        ],
    )
    def test_reads_what_is_meant(self, tmp_path: Path, name: str, value: str, field: str, meant: Any) -> None:
        assert getattr(read(tmp_path, **{name: value}), field) == meant

    def test_takes_an_empty_variable_for_one_that_is_not_there(self, tmp_path: Path) -> None:
        assert read(tmp_path, WORKER=" ", LOG_LEVEL="", DATABASE_URL="") == read(tmp_path)

    def test_needs_none_to_be_tried_on_this_machine_alone(self, tmp_path: Path) -> None:
        settings = develop(tmp_path, DEVELOPMENT="")

        assert (settings.base_url, settings.development) == ("http://localhost:8000", False)
        assert len(settings.secret_keys) == 1

    @pytest.mark.parametrize(
        ("name", "variables"),
        [
            ("BASE_URL", {"BASE_URL": "http://points.example", "SECRET_KEY": SECRET}),
            ("BASE_URL", {"BASE_URL": "http://192.168.1.10:8000", "SECRET_KEY": SECRET}),
            ("SECRET_KEY", {"BASE_URL": "https://points.example"}),
        ],
    )
    def test_makes_up_nothing_for_what_others_can_reach(
        self, tmp_path: Path, name: str, variables: dict[str, str]
    ) -> None:
        with pytest.raises(WrongSetting, match=f"^WIDGET_HOST_{name}: ."):
            develop(tmp_path, DEVELOPMENT="", **variables)

    def test_allows_plain_http_in_development(self, tmp_path: Path) -> None:
        assert develop(tmp_path, BASE_URL="http://localhost:9000").base_url == "http://localhost:9000"

    def test_reads_the_environment_of_the_process(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for name, value in {**PRODUCTION, "INSTANCE": str(tmp_path), "LOG_LEVEL": "ERROR"}.items():
            monkeypatch.setenv(f"WIDGET_HOST_{name}", value)

        assert Settings.from_environment().log_level == "ERROR"

    def test_cannot_be_changed_afterwards(self, tmp_path: Path) -> None:
        with pytest.raises(AttributeError):
            read(tmp_path).worker = False  # type: ignore[misc] # this is what is to be refused


class TestSecretKeys:
    def test_are_generated_once_in_development_and_kept_for_their_owner_alone(self, tmp_path: Path) -> None:
        folder = tmp_path / "new" / "instance"
        first, second = develop(folder), develop(folder)

        file = folder / "secret-key"
        assert first.secret_keys == second.secret_keys == (file.read_text("utf-8"),)
        assert len(first.secret_keys[0]) >= 32
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert [path.name for path in folder.iterdir()] == ["secret-key"]

    def test_are_another_in_another_folder(self, tmp_path: Path) -> None:
        assert develop(tmp_path / "a").secret_keys != develop(tmp_path / "b").secret_keys

    def test_are_not_generated_where_some_are_given(self, tmp_path: Path) -> None:
        assert develop(tmp_path, SECRET_KEY=SECRET).secret_keys == (SECRET,)
        assert list(tmp_path.iterdir()) == []

    def test_are_never_generated_in_production(self, tmp_path: Path) -> None:
        develop(tmp_path)

        with pytest.raises(WrongSetting, match="WIDGET_HOST_SECRET_KEY: it is missing"):
            read(tmp_path, SECRET_KEY="")

    def test_are_not_shown_by_what_is_wrong_with_them(self, tmp_path: Path) -> None:
        with pytest.raises(WrongSetting) as raised:
            read(tmp_path, SECRET_KEY=f"{SECRET},too-short-secret")
        assert "too-short-secret" not in str(raised.value)


class TestDatabaseFile:
    def test_is_none_for_a_server(self, tmp_path: Path) -> None:
        assert read(tmp_path, DATABASE_URL="postgresql://h/n").database_file is None

    def test_is_absolute(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)

        assert read(tmp_path, DATABASE_URL="sqlite:///here.db").database_file == tmp_path / "here.db"


OTLP = "OTEL_EXPORTER_OTLP_ENDPOINT"


def limited(**variables: str) -> Settings:
    return Settings.from_environment({"WIDGET_HOST_SECRET_KEY": "k" * 32, **variables})


class TestRateLimits:
    def test_are_generous_by_default(self) -> None:
        found = limited()
        assert found.rate_limit_storage == "memory://"
        assert (found.rate_limit_tokens, found.rate_limit_reads) == (120, 1200)
        assert (found.rate_limit_writes, found.rate_limit_widget) == (6000, 240)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("RATE_LIMIT_READS", "-1"),
            ("RATE_LIMIT_WIDGET", "many"),
            ("RATE_LIMIT_STORAGE", "redis"),
            ("RATE_LIMIT_STORAGE", "memcached://x"),
            ("PROXIES", "11"),
            ("METRICS_TOKEN", "short"),
        ],
    )
    def test_that_are_wrong_are_named(self, name: str, value: str) -> None:
        with pytest.raises(WrongSetting, match=f"WIDGET_HOST_{name}"):
            limited(**{f"WIDGET_HOST_{name}": value})


class TestTraces:
    @pytest.mark.parametrize(
        ("variables", "wanted"),
        [
            ({}, False),
            ({OTLP: ""}, False),
            ({OTLP: "http://localhost:4318"}, True),
            ({"OTEL_TRACES_EXPORTER": "console"}, True),
            ({OTLP: "http://localhost:4318", "OTEL_TRACES_EXPORTER": "none"}, False),
            ({OTLP: "http://localhost:4318", "OTEL_SDK_DISABLED": "true"}, False),
        ],
    )
    def test_are_sent_where_the_standard_variables_say_so(self, variables: dict[str, str], wanted: bool) -> None:
        assert limited(**variables).traces is wanted
