import time
from datetime import timedelta

from widget_host.kit.ids import earliest_id, new_id


class TestEarliestId:
    def test_stands_after_older_ids_and_before_later_ones(self) -> None:
        older = new_id("evt")
        time.sleep(0.002)
        now = earliest_id("evt", timedelta(0))
        assert older < now < new_id("evt")
        assert earliest_id("evt", timedelta(seconds=2)) < older
