import pytest

from widget_host.domain.pictures.rules import LARGEST_BYTES, PNG_BEGINNING, kind_of, name_of
from widget_host.kit.errors import InvalidFields

DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h1"/></svg>'


class TestKindOf:
    @pytest.mark.parametrize(
        ("content", "kind"),
        [
            (PNG_BEGINNING + b"\0\0\0\rIHDR", "png"),
            (b"RIFF\x24\0\0\0WEBPVP8 ", "webp"),
            (b"RIFF\x24\0\0\0WEBPVP8L", "webp"),
            (DRAWING, "svg"),
            (b"\xef\xbb\xbf" + DRAWING + b"\n", "svg"),
            (b'<?xml version="1.0"?>\n<!-- A --><!DOCTYPE svg PUBLIC "a" "b">\n' + DRAWING, "svg"),
            (DRAWING + b" " * (LARGEST_BYTES - len(DRAWING)), "svg"),
        ],
    )
    def test_is_told_by_the_content(self, content: bytes, kind: str) -> None:
        assert kind_of(content) == kind

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"GIF89a",
            b"\xff\xd8\xff\xe0",
            b"RIFF\x24\0\0\0WAVEfmt ",
            b"<html><svg></svg></html>",
            b"<svgx></svgx>",
            b"<svg>",
            "<svg></svg>".encode("utf-16"),
            b"<!-- --> " * 5000,
            b'<!DOCTYPE svg [<!ENTITY a "b">]>' + DRAWING,
        ],
    )
    def test_is_none_of_what_no_browser_would_show(self, content: bytes) -> None:
        with pytest.raises(InvalidFields) as refused:
            kind_of(content)
        assert [error.code for error in refused.value.errors] == ["malformed"]

    def test_is_none_of_what_is_too_large(self) -> None:
        with pytest.raises(InvalidFields) as refused:
            kind_of(PNG_BEGINNING + bytes(LARGEST_BYTES))
        assert "at most 64 KiB" in refused.value.errors[0].message


class TestNameOf:
    def test_is_of_these_bytes_alone(self) -> None:
        assert name_of(b"a", "png") == name_of(b"a", "png") != name_of(b"b", "png")
        assert len(name_of(b"a", "webp")) == 69
