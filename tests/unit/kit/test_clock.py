from datetime import UTC, datetime, timedelta, timezone

import pytest

from widget_host.kit.clock import SystemClock, isoformat

DUBAI = timezone(timedelta(hours=4))


class TestSystemClock:
    def test_tells_the_present_with_its_zone(self) -> None:
        before = datetime.now(UTC)

        now = SystemClock().now()

        assert before <= now <= datetime.now(UTC)
        assert now.utcoffset() == timedelta(0)


class TestIsoformat:
    @pytest.mark.parametrize(
        ("moment", "text"),
        [
            (datetime(2026, 1, 31, 10, 0, tzinfo=UTC), "2026-01-31T10:00:00.000Z"),
            (datetime(2026, 1, 31, 10, 0, 0, 1_999, tzinfo=UTC), "2026-01-31T10:00:00.001Z"),
            (datetime(2026, 2, 1, 2, 30, tzinfo=DUBAI), "2026-01-31T22:30:00.000Z"),
        ],
    )
    def test_writes_utc_with_milliseconds(self, moment: datetime, text: str) -> None:
        assert isoformat(moment) == text
