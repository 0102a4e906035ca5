from datetime import timedelta

import pytest

from widget_host.domain.rewards.rules import LONGEST_REASON, pause_after, reason


class TestReason:
    def test_names_the_part_and_why(self) -> None:
        said = reason("reward-1.2", "The account is closed.")
        assert said == "All or nothing: part reward-1.2 of the reward was refused. The account is closed."

    def test_is_as_long_as_its_column_at_most(self) -> None:
        assert len(reason("r", "x" * 600)) == LONGEST_REASON


class TestPauseAfter:
    @pytest.mark.parametrize(
        ("attempts", "pause"),
        [
            (1, timedelta(seconds=10)),
            (2, timedelta(seconds=20)),
            (12, timedelta(seconds=20_480)),
            (999, timedelta(hours=6)),
        ],
    )
    def test_grows_to_six_hours(self, attempts: int, pause: timedelta) -> None:
        assert pause_after(attempts) == pause
