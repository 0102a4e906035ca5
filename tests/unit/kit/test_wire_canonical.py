import pytest

from widget_host.kit import wire


class TestCanonical:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("25", "25.00"),
            ("25", "2.5e1"),
            ("0", "-0.0"),
            ("100", "1e2"),
            ('{"a":1,"b":[1.0]}', '{"b":[1],"a":1}'),
            ('"\\u00e9"', '"é"'),
        ],
    )
    def test_is_the_same_for_what_means_the_same(self, one: str, other: str) -> None:
        assert wire.canonical(wire.loads(one)) == wire.canonical(wire.loads(other))

    @pytest.mark.parametrize(
        ("one", "other"),
        [("25", '"25"'), ("1", "true"), ("0", "false"), ("null", '""'), ("[1,2]", "[2,1]"), ("1", "-1"), ("1", "10")],
    )
    def test_differs_for_what_does_not(self, one: str, other: str) -> None:
        assert wire.canonical(wire.loads(one)) != wire.canonical(wire.loads(other))

    def test_stays_short_whatever_the_exponent(self) -> None:
        assert len(wire.canonical(wire.loads("1e999999"))) < 30
