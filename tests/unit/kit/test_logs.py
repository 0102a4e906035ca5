import json
from collections.abc import Iterator

import pytest
import structlog
from markupsafe import Markup

from widget_host.kit import logs


class TestConfigure:
    def test_writes_one_json_object_a_line_on_the_error_stream(self, capsys: pytest.CaptureFixture[str]) -> None:
        logs.configure("INFO")
        structlog.get_logger().info("delivery.attempt", status=200)

        out, err = capsys.readouterr()
        said = json.loads(err)
        assert out == ""
        assert (said["event"], said["status"], said["level"]) == ("delivery.attempt", 200, "info")
        assert said["timestamp"].endswith("Z")

    def test_leaves_out_what_is_below_the_level(self, capsys: pytest.CaptureFixture[str]) -> None:
        logs.configure("WARNING")
        structlog.get_logger().info("quiet")
        structlog.get_logger().warning("loud")

        assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == ["loud"]

    def test_writes_what_went_wrong_with_where(self, capsys: pytest.CaptureFixture[str]) -> None:
        logs.configure("INFO")
        try:
            raise RuntimeError("the database is away")
        except RuntimeError:
            structlog.get_logger().exception("worker.fault")

        assert "RuntimeError: the database is away" in json.loads(capsys.readouterr().err)["exception"]

    def test_leaves_out_what_the_database_repeats_of_a_row(self, capsys: pytest.CaptureFixture[str]) -> None:
        logs.configure("INFO")
        said = "unsupported\nDETAIL:  Failing row contains (Amira).\nCONTEXT:  JSON data, line 1: ...Amira\nLINE 1: x"
        try:
            raise RuntimeError(said)
        except RuntimeError:
            structlog.get_logger().exception("request.fault")

        text = json.loads(capsys.readouterr().err)["exception"]
        assert "Amira" not in text
        assert text.endswith("unsupported\nDETAIL: left out\nCONTEXT: left out\nLINE 1: x")
        structlog.get_logger().error("request.fault", exception=said)
        assert "Amira" not in capsys.readouterr().err

    @pytest.fixture(autouse=True)
    def as_it_was(self) -> Iterator[None]:
        yield
        structlog.reset_defaults()


class TestLogger:
    def test_follows_what_is_configured_anew(self, capsys: pytest.CaptureFixture[str]) -> None:
        for level in ("INFO", "WARNING", "INFO"):
            logs.configure(level)
            logs.logger().info("heard", at=level)
        assert [json.loads(line)["at"] for line in capsys.readouterr().err.splitlines()] == ["INFO", "INFO"]

    def test_writes_where_nothing_was_configured(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(logs, "_made", None)
        structlog.reset_defaults()
        logs.logger().info("heard")
        assert "heard" in capsys.readouterr().out


class TestWritten:
    @pytest.mark.parametrize(
        ("value", "said"),
        [
            ("plain", "plain"),
            ("é 字 \x9b[2J \u2028", "é 字 \x9b[2J \u2028"),
            ("half \ud83d", "half \ud83d"),
            ("rubbed \x7f out", "rubbed \x7f out"),
            (Markup("<b>"), "<b>"),
            ({"a": [1, None, True]}, {"a": [1, None, True]}),
            (2**80, 2**80),
            (ValueError("no"), "ValueError('no')"),
            ({(1, 2): 3}, {"(1, 2)": 3}),
        ],
        ids=[
            "text",
            "other letters",
            "half a letter",
            "delete",
            "text of a kind",
            "nested",
            "large number",
            "object",
            "odd names",
        ],
    )
    def test_is_one_line_of_ascii_whatever_was_logged(self, value: object, said: object) -> None:
        text = logs.written({"event": "seen", "value": value})
        assert text.isascii()
        assert text.isprintable()
        assert "\n" not in text
        assert json.loads(text) == {"event": "seen", "value": said}


class TestWithhold:
    @pytest.mark.parametrize(
        "credential",
        [
            "whs_test_" + "A1-_" * 8,
            "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJjbGkifQ.c2ln",
            "TOKEN=abc token=abc-def",
            "receipt=abc",
            "Bearer abcdefgh",
            "BASIC YWJjZGVmZ2g=",
            "postgresql://name:word@host/base",
        ],
    )
    def test_finds_every_form_that_a_credential_has(self, credential: str) -> None:
        said = json.loads(logs.finish(None, "info", {"event": "fault", "text": f"it said {credential} and went"}))
        assert logs.WITHHELD in said["text"]
        assert credential not in said["text"]

    def test_knows_a_sign_of_each_form(self) -> None:
        forms = logs.SECRETS.pattern.split("|")
        assert len(forms) >= len(logs.SIGNS) - 1
        assert not [form for form in forms if not any(sign.strip() in form.lower() for sign in logs.SIGNS)]

    def test_leaves_other_lines_as_they_are(self) -> None:
        line = {"event": "request", "route": "/auth/token", "status": 200}
        said = json.loads(logs.finish(None, "info", line.copy()))
        assert {name: said[name] for name in line} == line
        assert said.keys() - line.keys() == {"level", "timestamp"}
