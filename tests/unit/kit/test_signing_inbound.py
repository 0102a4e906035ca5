import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from widget_host.kit.signing import is_webhook_signed, signed_moment

VECTORS = json.loads((Path(__file__).parents[2] / "contracts" / "webhook_signatures.json").read_text("utf-8"))


def is_accepted(vector: dict[str, str]) -> bool:
    timestamp, signature, body = vector["timestamp"], vector["x-signature"], vector["body"].encode()
    has_moment = signed_moment(timestamp) is not None
    return has_moment and is_webhook_signed(vector["secret"], timestamp=timestamp, signature=signature, body=body)


class TestVectors:
    @pytest.mark.parametrize("vector", VECTORS["valid"], ids=lambda vector: vector["id"])
    def test_that_are_valid_are_accepted(self, vector: dict[str, str]) -> None:
        assert is_accepted(vector)

    @pytest.mark.parametrize("vector", VECTORS["invalid"], ids=lambda vector: vector["why"])
    def test_that_are_not_are_refused(self, vector: dict[str, str]) -> None:
        assert not is_accepted(vector)


class TestSignedMoment:
    @pytest.mark.parametrize("timestamp", ["1700000000", "1700000000123"])
    def test_reads_seconds_and_milliseconds(self, timestamp: str) -> None:
        assert signed_moment(timestamp) == datetime.fromtimestamp(1_700_000_000, UTC)

    @pytest.mark.parametrize("timestamp", ["", "1700000000 ", "1700000000\n", "170000000", "17000000001", "1.7e9"])
    def test_knows_no_other_form(self, timestamp: str) -> None:
        assert signed_moment(timestamp) is None
