import base64
from datetime import UTC, datetime, timedelta

import pytest

from widget_host.kit.diagnosis import Signed, faults
from widget_host.kit.signing import webhook_headers

NOW = datetime(2026, 1, 31, 10, tzinfo=UTC)
STAMP = int(NOW.timestamp())
SECRET, BODY = "a secret", b'{"a":1,\n"b":"\xc3\xbc"}'


def signed(secret: str = SECRET, body: bytes = BODY, made_of: bytes = BODY) -> Signed:
    signature = webhook_headers(SECRET, event_id="evt", timestamp=STAMP, body=made_of)["x-signature"]
    return Signed(secret, str(STAMP), signature, body)


class TestFaults:
    def test_are_none_where_everything_fits(self) -> None:
        assert faults(signed(), NOW) == []

    @pytest.mark.parametrize(
        ("came", "said"),
        [
            (signed(secret=f"{SECRET}\n"), "secret: it has white space"),
            (signed(secret=f"whsec_{base64.b64encode(SECRET.encode()).decode()}"), "secret: this is its form"),
            (signed(secret="whsec_?"), "secret or body: "),
            (signed(secret="another"), "secret or body: "),
            (signed(body=BODY + b"\n"), "body: a line end was added"),
            (signed(made_of=BODY + b"\n"), "body: a line end behind it is missing"),
            (signed(body=BODY.replace(b"\n", b"\r\n")), "body: its line ends were changed from LF"),
            (signed(made_of=BODY.replace(b"\n", b"\r\n")), "body: its line ends were changed from CRLF"),
            (signed(made_of=b'{"a":1,"b":"\xc3\xbc"}'), "body: it was parsed"),
            (signed(made_of=b'{"a": 1, "b": "\\u00fc"}'), "body: it was parsed"),
            (signed(body=b"{"), "secret or body: "),
        ],
    )
    def test_names_what_is_wrong(self, came: Signed, said: str) -> None:
        (found,) = faults(came, NOW)
        assert found.startswith(said)

    @pytest.mark.parametrize(("seconds", "said"), [(301, "301 seconds old"), (-301, "301 seconds ahead")])
    def test_names_a_timestamp_that_is_far_away(self, seconds: int, said: str) -> None:
        (found,) = faults(signed(), NOW + timedelta(seconds=seconds))
        assert said in found

    def test_names_every_part_that_has_another_form(self) -> None:
        found = faults(Signed(SECRET, "17e8", "v1,abc", BODY), NOW)
        assert [each.partition(":")[0] for each in found] == ["timestamp", "signature"]
