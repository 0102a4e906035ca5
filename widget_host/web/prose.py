"""Texts for the pages of the reference: backticks become code, JSON gets its colours, on the server."""

import json
import re
from typing import Any

from markupsafe import Markup, escape

TICKS = re.compile(r"`([^`]+)`")
TOKEN = re.compile(
    r'(?P<name>"(?:[^"\\]|\\.)*")(?=\s*:)|(?P<text>"(?:[^"\\]|\\.)*")|(?P<number>-?\d[\d.eE+-]*)|(?P<word>true|false|null)'
)


def prose(text: str) -> Markup:
    """Return a sentence with what stands in backticks as code."""
    parts = TICKS.split(text)
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if index % 2 else escape(part) for index, part in enumerate(parts)
    )


def breakable(name: str) -> Markup:
    """Return a dotted name that may be broken after each dot."""
    return Markup("<wbr>").join(f"{part}." for part in name.split(".")[:-1]) + Markup("<wbr>{}").format(
        name.rpartition(".")[2]
    )


def json_code(value: Any) -> Markup:
    """Return a value as JSON, laid out, each kind of token in a class of its own."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    pieces: list[Markup] = []
    position = 0
    for match in TOKEN.finditer(text):
        pieces.append(escape(text[position : match.start()]))
        pieces.append(Markup('<span class="{}">{}</span>').format(f"json-{match.lastgroup}", match.group()))
        position = match.end()
    return Markup("").join([*pieces, escape(text[position:])])
