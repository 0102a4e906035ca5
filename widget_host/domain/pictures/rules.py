"""Which files are pictures, and what they are called. Pure."""

import hashlib
import re

from widget_host.kit.errors import FieldError, InvalidFields

LARGEST_BYTES = 64 * 1024
PNG, WEBP, SVG = "png", "webp", "svg"
MEDIA_TYPES = {PNG: "image/png", WEBP: "image/webp", SVG: "image/svg+xml"}
# Where a picture is kept, as the columns that name one have it: beside `logos/…`, which are our own files.
FOLDER = "pictures/"
PNG_BEGINNING = b"\x89PNG\r\n\x1a\n"
WEBP_BEGINNING = re.compile(rb"RIFF.{4}WEBPVP8[ LX]", re.DOTALL)
# Declaration, comments and document type may stand before the drawing.
SVG_DRAWING = re.compile(
    r"\ufeff?\s*(?:<\?[^>]*>\s*|<!--(?:(?!-->).)*-->\s*|<!DOCTYPE[^>\[]*>\s*)*+<svg[\s>].*</svg>\s*", re.DOTALL
)


def kind_of(content: bytes) -> str:
    """Return what kind of picture this is, by its content; raises InvalidFields for what is none."""
    if len(content) > LARGEST_BYTES:
        raise _refusal("too_large", f"A logo has at most {LARGEST_BYTES // 1024} KiB; this file has more.")
    if content.startswith(PNG_BEGINNING):
        return PNG
    if WEBP_BEGINNING.match(content):
        return WEBP
    if _is_svg(content):
        return SVG
    raise _refusal("malformed", "A logo is a PNG, WebP or SVG file; this file is none of them.")


def name_of(content: bytes, kind: str) -> str:
    """Return the name under which these bytes, and no others, are found."""
    return f"{hashlib.sha256(content).hexdigest()}.{kind}"


def _is_svg(content: bytes) -> bool:
    try:
        return SVG_DRAWING.fullmatch(content.decode("utf-8")) is not None
    except UnicodeDecodeError:
        return False


def _refusal(code: str, message: str) -> InvalidFields:
    return InvalidFields([FieldError("logo", code, message)])
