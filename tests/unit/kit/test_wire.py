import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import simplejson
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from widget_host.kit import wire

EXACT = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15, places=8)

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | EXACT | st.text(st.characters(codec="utf-8")),
    lambda inside: st.lists(inside) | st.dictionaries(st.text(st.characters(codec="utf-8")), inside),
)


class TestDumps:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            ({"value": Decimal("25.50")}, '{"value":25.50}'),
            ({"value": 25, "name": "Zoë"}, '{"value":25,"name":"Zoë"}'),
            ([None, True, "a/b"], '[null,true,"a/b"]'),
            (Decimal("0.1000000000000000055"), "0.1000000000000000055"),
            ({"name": "NaN", "value": Decimal("-0.10")}, '{"name":"NaN","value":-0.10}'),
            (Markup("<b>"), '"<b>"'),
            (2**70, "1180591620717411303424"),
            ("half \ud800", '"half \ud800"'),
        ],
    )
    def test_writes_compact_json_with_exact_numbers(self, value: Any, text: str) -> None:
        assert wire.dumps(value) == text

    @pytest.mark.parametrize(
        "value",
        [
            Decimal("NaN"),
            {"a": [Decimal("-Infinity")]},
            Decimal("sNaN"),
            float("nan"),
            object(),
            {1, 2},
            date(2026, 1, 1),
        ],
    )
    def test_refuses_what_json_cannot_say(self, value: Any) -> None:
        with pytest.raises((ValueError, TypeError)):
            wire.dumps(value)

    @given(value=ANYTHING)
    def test_writes_what_simplejson_writes(self, value: Any) -> None:
        assert wire.dumps(value) == simplejson.dumps(
            value, use_decimal=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
        )


class TestLoads:
    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ('{"value": 25.50}', {"value": Decimal("25.50")}),
            ("25", 25),
            ("1e2", Decimal("1E+2")),
            (b'"Zo\xc3\xab"', "Zoë"),
        ],
    )
    def test_reads_numbers_exactly(self, text: str | bytes, value: Any) -> None:
        assert wire.loads(text) == value

    def test_never_makes_a_float(self) -> None:
        assert [type(number) for number in wire.loads("[1.0, 1, 1e400, -0.0]")] == [Decimal, int, Decimal, Decimal]

    @pytest.mark.parametrize("text", ["", "{", "NaN", "[Infinity]", "-Infinity", "{'a': 1}", b"\xff", '{"a": 01}'])
    def test_refuses_what_is_no_json(self, text: str | bytes) -> None:
        with pytest.raises(ValueError, match=r".+"):
            wire.loads(text)

    @given(amount=EXACT)
    def test_reads_back_every_digit_that_was_written(self, amount: Decimal) -> None:
        assert str(wire.loads(wire.dumps([amount]))[0]) in {str(amount), f"{amount:f}"}


class TestNumber:
    @pytest.mark.parametrize(("amount", "text"), [("25.00", "25"), ("25.50", "25.50"), ("0", "0"), ("1E+2", "100")])
    def test_shows_a_whole_amount_without_decimals(self, amount: str, text: str) -> None:
        assert wire.dumps(wire.number(Decimal(amount))) == text


class TestPlain:
    @pytest.mark.parametrize(
        ("amount", "text"),
        [
            ("0.00850000", "0.0085"),
            ("1.00", "1"),
            ("100", "100"),
            ("1E+2", "100"),
            ("1E-8", "0.00000001"),
            ("0.00", "0"),
        ],
    )
    def test_writes_neither_exponent_nor_needless_zeros(self, amount: str, text: str) -> None:
        assert wire.plain(Decimal(amount)) == text

    @given(amount=EXACT)
    def test_keeps_the_amount(self, amount: Decimal) -> None:
        assert Decimal(wire.plain(amount)) == amount
        assert json.loads(f"[{wire.plain(amount)}]") is not None


class TestLoadsUnambiguous:
    @pytest.mark.parametrize("text", [b'{"name": "Zo\xc3\xab"}', b'\xef\xbb\xbf{"name": "Zo\xc3\xab"}'])
    def test_reads_utf_8_with_a_byte_order_mark_or_without(self, text: bytes) -> None:
        assert wire.loads_unambiguous(text) == {"name": "Zoë"}

    @pytest.mark.parametrize(
        "text", ['{"name": "a"}'.encode("utf-16"), '{"name": "a"}'.encode("utf-16-le"), b'"\xed\xa0\x80"', b"\xff"]
    )
    def test_refuses_other_encodings(self, text: bytes) -> None:
        with pytest.raises(ValueError, match=r".+"):
            wire.loads_unambiguous(text)
