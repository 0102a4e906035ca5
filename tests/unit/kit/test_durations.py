from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widget_host.kit.durations import read_duration


class TestReadDuration:
    @pytest.mark.parametrize(
        ("text", "duration"),
        [
            ("PT1H", timedelta(hours=1)),
            ("PT90S", timedelta(seconds=90)),
            ("P1D", timedelta(days=1)),
            ("P1DT30M", timedelta(days=1, minutes=30)),
            ("P2DT3H4M5S", timedelta(days=2, hours=3, minutes=4, seconds=5)),
            ("PT0S", timedelta(0)),
        ],
    )
    def test_reads_days_hours_minutes_and_seconds(self, text: str, duration: timedelta) -> None:
        assert read_duration(text) == duration

    @pytest.mark.parametrize(
        "text",
        ["", "P", "PT", "P1DT", "1H", "P1M", "P1Y", "P1W", "PT1.5S", "-PT1H", "PT1S1H", "pt1h", "PT1H ", "PT\u0661H"],
    )
    def test_refuses_what_has_no_fixed_length_or_is_none(self, text: str) -> None:
        with pytest.raises(ValueError, match="not an ISO 8601 duration"):
            read_duration(text)

    @pytest.mark.parametrize("value", [None, 5, ["PT1H"], b"PT1H"])
    def test_refuses_what_is_no_text(self, value: Any) -> None:
        with pytest.raises(ValueError, match="not an ISO 8601 duration"):
            read_duration(value)

    @given(st.integers(0, 99_999), st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
    def test_reads_what_was_written(self, days: int, hours: int, minutes: int, seconds: int) -> None:
        written = f"P{days}DT{hours}H{minutes}M{seconds}S"
        assert read_duration(written) == timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
