import pytest
from hypothesis import given
from hypothesis import strategies as st

from widget_host.kit.colors import BLACK, WHITE, best_on, contrast, is_color, mixed, readable

COLORS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


class TestContrast:
    @pytest.mark.parametrize(
        ("one", "other", "ratio"),
        [(BLACK, WHITE, 21), (WHITE, WHITE, 1), ("#767676", WHITE, 4.54), ("#ff0000", WHITE, 4)],
    )
    def test_is_that_of_the_standard(self, one: str, other: str, ratio: float) -> None:
        assert contrast(one, other) == pytest.approx(ratio, abs=0.005)

    @given(COLORS, COLORS)
    def test_is_the_same_both_ways(self, one: str, other: str) -> None:
        assert contrast(one, other) == contrast(other, one) >= 1


class TestReadable:
    def test_leaves_a_color_that_can_be_read(self) -> None:
        assert readable("#3a3ad4", lambda _: (WHITE,)) == "#3a3ad4"

    @given(COLORS, st.sampled_from([WHITE, "#12141a", "#f6f7f9"]))
    def test_always_finds_one(self, color: str, ground: str) -> None:
        assert contrast(readable(color, lambda _: (ground,)), ground) >= 4.5


class TestMixed:
    def test_goes_from_the_ground_to_the_color(self) -> None:
        assert [mixed(BLACK, WHITE, percent) for percent in (0, 50, 100)] == [WHITE, "#808080", BLACK]


class TestBestOn:
    def test_is_light_on_dark_and_dark_on_light(self) -> None:
        assert best_on("#123456", BLACK, WHITE) == WHITE
        assert best_on("#ffee88", BLACK, WHITE) == BLACK


@pytest.mark.parametrize(("text", "is_one"), [("#0a7245", True), ("#0A7245", False), ("#fff", False), ("red", False)])
def test_a_color_is_six_hexadecimal_digits(text: str, is_one: bool) -> None:
    assert is_color(text) is is_one
