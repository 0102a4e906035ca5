import json
from collections.abc import Iterator

import pytest
import structlog

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

    @pytest.fixture(autouse=True)
    def as_it_was(self) -> Iterator[None]:
        yield
        structlog.reset_defaults()
