"""Our own pages, styles and scripts without what only their authors need: a kilobyte of a widget's first view."""

import re

INDENTATION = re.compile(r"\n\s+")
STYLE_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
STYLE_SPACE = re.compile(r"\s*([{};,])\s*|(:)\s+")
SCRIPT_COMMENT = re.compile(r"^\s*//.*\n", re.MULTILINE)


def page(html: str) -> str:
    """Drop indentation and empty lines; nothing in a widget keeps its spaces as they are."""
    return INDENTATION.sub("\n", html)


def style(css: str) -> str:
    """Drop comments, lines, and spaces around what separates anyway."""
    return STYLE_SPACE.sub(r"\1\2", re.sub(r"\s+", " ", STYLE_COMMENT.sub("", css))).strip()


def script(js: str) -> str:
    """Drop lines that are comments, and indentation; lines stay lines, so nothing else changes."""
    return INDENTATION.sub("\n", SCRIPT_COMMENT.sub("", js)).lstrip()
