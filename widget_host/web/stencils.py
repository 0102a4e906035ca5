"""Pages that are rendered once and filled in for each visitor: what is a visitor's own is never remembered.

A page is rendered with marks where one visitor's values stand, and cut there. The pieces between are remembered, plain
and compressed; compressed they join because each ends on a whole byte and looks back into no other, and because what
fills a hole is stored as it is: nobody's value is ever compressed together with anything.
"""

import re
import secrets
import struct
import zlib
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from flask import Response
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import escape

from widget_host.kit import wire
from widget_host.web import compression, dense
from widget_host.web.plumbing import WholeResponse

# Some fifty kilobytes each, plain and compressed together.
MOST = 256
LEVEL = 9
LARGEST_BLOCK = 65_535
# A block that is not the last and not compressed, its length, and the same with its bits turned.
BLOCK = struct.Struct("<BHH")
HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"  # gzip (RFC 1952): deflated, no name, no time, compressed at best
PAGE = f"{compression.PAGE}; charset=utf-8"
Make = Callable[["Marks"], str]


def in_html(value: str) -> bytes:
    """Write a value as a template does."""
    return dense.page(str(escape(value))).encode()


@lru_cache(maxsize=1024)
def in_json(value: str) -> bytes:
    """Write a value as it stands in the JSON of a page."""
    return str(htmlsafe_json_dumps(value, dumps=wire.dumps)).encode()


class Marks:
    """Stand where a visitor's values will; drawn at random, so that nothing anybody has written is taken for one."""

    def __init__(self) -> None:
        """Draw them."""
        self._drawn = f"x{secrets.token_hex(16)}x"

    def text(self, name: str) -> str:
        """Mark where a value stands in HTML."""
        return f"{self._drawn}{name}{self._drawn}"

    def json(self, name: str) -> str:
        """Mark where a value of any kind stands in JSON: it brings its own quotes."""
        return f"json{self.text(name)}"

    def cut(self, page: str) -> list[str]:
        """Return pieces and names by turns, a piece first and last."""
        unquoted = re.sub(rf'"json({self._drawn}[\w-]+?{self._drawn})"', r"\1", page)
        return re.split(rf"{self._drawn}([\w-]+?){self._drawn}", unquoted)


class Stencil:
    """A page with holes: its pieces, and the names of what stands between them."""

    def __init__(self, cut: Sequence[str]) -> None:
        """Take pieces and names by turns."""
        self._names = cut[1::2]
        self._plain = [piece.encode() for piece in cut]
        self._packed = [b"", *map(_deflated, cut[:-1:2]), _deflated(cut[-1], zlib.Z_FINISH)]

    def fill(self, values: Mapping[str, bytes]) -> bytes:
        """Return the page with these values in it."""
        parts = self._plain.copy()
        parts[1::2] = [values[name] for name in self._names]
        return b"".join(parts)

    def pack(self, values: Mapping[str, bytes]) -> bytes:
        """Return the same as gzip."""
        page = self.fill(values)
        first, *others = self._packed[1:]
        parts = [HEADER, first]
        for name, piece in zip(self._names, others, strict=True):
            parts += (_stored(values[name]), piece)
        return b"".join([*parts, struct.pack("<II", zlib.crc32(page), len(page))])


def _deflated(piece: str, end: int = zlib.Z_FULL_FLUSH) -> bytes:
    packer = zlib.compressobj(LEVEL, wbits=-zlib.MAX_WBITS)
    return packer.compress(piece.encode()) + packer.flush(end)


def _stored(value: bytes) -> bytes:
    """Return blocks of deflate (RFC 1951 §3.2.4) that hold a value as it is."""
    length = len(value)
    if length > LARGEST_BLOCK:
        return _stored(value[:LARGEST_BLOCK]) + _stored(value[LARGEST_BLOCK:])
    return BLOCK.pack(0, length, length ^ LARGEST_BLOCK) + value


class Stencils:
    """One process's memory of stencils, each as good as what it was made of."""

    def __init__(self) -> None:
        """Remember nothing yet."""
        self._known: dict[Hashable, tuple[Any, Stencil]] = {}

    def get(self, key: Hashable, made_of: Any, make: Make) -> Stencil:
        """Return the stencil under the key if it was made of something equal, else make it.

        All that a page shows is in its key, in what it is made of, or fills a hole.
        """
        known = self._known.get(key)
        if known is None or known[0] != made_of:
            if len(self._known) >= MOST:
                self._known.clear()
            marks = Marks()
            known = made_of, Stencil(marks.cut(make(marks)))
        # What was looked up last is kept: it is recognized as the same without being compared.
        self._known[key] = made_of, known[1]
        return known[1]


def answer(stencil: Stencil, values: Mapping[str, bytes], *, varies_by: str) -> Response:
    """Answer with the page, compressed where that is wanted; `varies_by` names the header it depends on besides."""
    is_packed = compression.is_wanted()
    made = WholeResponse(stencil.pack(values) if is_packed else stencil.fill(values), content_type=PAGE)
    vary = ("Vary", f"{varies_by}, Accept-Encoding")
    made.others = (vary, ("Content-Encoding", "gzip")) if is_packed else (vary,)
    return made
