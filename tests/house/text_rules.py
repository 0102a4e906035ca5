"""The rules that files of every kind keep."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from tests.house.rule import Rule, Source, under

NAMELESS = {"utils", "util", "helpers", "helper", "common", "misc"}
# Written so that this file does not name what it forbids.
ELSEWHERE = re.compile(
    r"py[p]i\.|python[h]osted|npm[j]s|unp[k]g|jsdel[i]vr|deb\.deb[i]an\.org|--(?:extra-)?index-u[r]l|/wo[r]k/|/opt/wh[e]els",
    re.IGNORECASE,
)
LATER = re.compile(r"\b(?:TO[D]O|FIX[M]E|XX[X]|HA[C]K)\b")
ENTRY = re.compile(r'^\s*"(?:[A-Z]+\d+|[a-z-]+)",')


def has_a_telling_name(source: Source) -> Iterator[str]:
    """Look at each part of the path."""
    for part in source.name.parts:
        if PurePosixPath(part).stem in NAMELESS:
            yield f"`{part}` says nothing of what is in it"


def names_no_place_of_ours(source: Source) -> Iterator[str]:
    """Find package registries, and folders of the machine it was written on."""
    for number, line in enumerate(source.lines, 1):
        for match in ELSEWHERE.finditer(line):
            yield f"line {number}: names {match.group()}"


def leaves_nothing_for_later(source: Source) -> Iterator[str]:
    """Find marks of unfinished work."""
    for number, line in enumerate(source.lines, 1):
        if LATER.search(line):
            yield f"line {number}: {line.strip()}"


def explains_its_exceptions(source: Source) -> Iterator[str]:
    """Find rules that are switched off in silence."""
    within = False
    for number, line in enumerate(source.lines, 1):
        if within and ENTRY.match(line) and "#" not in line:
            yield f"line {number}: {line.strip()} needs its reason beside it"
        within = (within or line.rstrip().endswith(("ignore = [", '/**" = ['))) and line.strip() != "]"


ALL = under("", suffix="", but=("static/js/htmx.min.js",))

TEXT_RULES = (
    Rule("a file's name says what is in it", ALL, has_a_telling_name, Source("widget_host/kit/utils.py", "")),
    Rule(
        "nothing names a package registry or a folder of one machine",
        ALL,
        names_no_place_of_ours,
        Source("constraints/run.txt", "--extra-" + "index-" + "url https://example.com/simple\n"),
    ),
    Rule(
        "nothing is left for later",
        ALL,
        leaves_nothing_for_later,
        Source("widget_host/app.py", "# TO" + "DO: the rest\n"),
    ),
    Rule(
        "every check that is switched off has its reason beside it",
        under("pyproject.toml", suffix=""),
        explains_its_exceptions,
        Source("pyproject.toml", 'ignore = [\n    "D105",\n]\n'),
    ),
)
