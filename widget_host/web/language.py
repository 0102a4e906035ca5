"""The language a widget speaks: words from gettext catalogues, direction from CLDR; one more is one more file."""

import gettext as catalogues
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from io import BytesIO
from typing import cast

from babel import Locale, UnknownLocaleError
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, has_request_context
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from widget_host.kit.resources import PACKAGE
from widget_host.kit.value import Value
from widget_host.web.scope import asked

CATALOGUES = PACKAGE / "locales"
# The language the templates are written in: it needs no catalogue.
SOURCE = "en"
# As long as a tag that names a language, a script, a region and variants needs to be (RFC 5646 §4.4.1).
LONGEST_TAG = 35
# A dozen of them; what somebody sends is remembered.
LONGEST_HEADER = 512
RIGHT_TO_LEFT = "right-to-left"
# What a request keeps.
SPOKEN = "language"
ISOLATE, END_ISOLATE = "\u2068", "\u2069"


class Language(Value, frozen=True):
    """A locale as Babel writes it (`ar_AE`), and the words of its language."""

    locale: str
    words: catalogues.NullTranslations

    @property
    def tag(self) -> str:
        """The locale as BCP 47 and HTML write it."""
        return self.locale.replace("_", "-")

    @property
    def direction(self) -> str:
        """Which way the language is written, as HTML says it."""
        return _direction(self.locale)

    def insert(self, text: str, names: dict[str, object]) -> str:
        """Put names and figures into a sentence; written the other way, none of them turns what stands around it."""
        if self.direction == "rtl":
            names = {key: f"{ISOLATE}{value}{END_ISOLATE}" for key, value in names.items()}
        return text % names if names else text


def register(app: Flask) -> None:
    """Let templates speak: `_("You have %(balance)s.", balance=…)` and `ngettext(one, many, count)`."""
    app.jinja_env.globals.update(_=_, ngettext=ngettext)


@cache
def languages() -> dict[str, catalogues.NullTranslations]:
    """Return the words of every language there is a catalogue of, by the language's code."""
    return {SOURCE: catalogues.NullTranslations()} | {
        path.stem: _compiled(path.stem) for path in CATALOGUES.glob("*.po")
    }


def _compiled(code: str) -> catalogues.NullTranslations:
    compiled = BytesIO()
    with (CATALOGUES / f"{code}.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=code))
    compiled.seek(0)
    return catalogues.GNUTranslations(compiled)


def choose(wanted: Iterable[str | None]) -> Language:
    """Return the first language wanted (as BCP 47 names them) that there are words for, else English."""
    for tag in wanted:
        if tag and len(tag) <= LONGEST_TAG and (found := _find(tag)) is not None:
            return found
    return Language(SOURCE, languages()[SOURCE])


@lru_cache(maxsize=1024)
def _direction(locale: str) -> str:
    return "rtl" if Locale.parse(locale).character_order == RIGHT_TO_LEFT else "ltr"


def accepted() -> Sequence[str]:
    """Return the languages that the browser asks for, the best first."""
    return _accepted(asked().environ.get("HTTP_ACCEPT_LANGUAGE", "")[:LONGEST_HEADER])


@lru_cache(maxsize=256)
def _accepted(header: str) -> Sequence[str]:
    return tuple(parse_accept_header(header, LanguageAccept).values())


@lru_cache(maxsize=1024)
def _find(tag: str) -> Language | None:
    try:
        locale = Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        return None
    words = languages().get(locale.language)
    return None if words is None else Language(str(locale), words)


def speak(language: Language) -> None:
    """Let the rest of the request speak this language."""
    asked().kept[SPOKEN] = language


def language() -> Language:
    """Return the language that the request speaks."""
    return cast("Language | None", has_request_context() and asked().kept.get(SPOKEN)) or choose([])


def locale() -> str:
    """Return the locale that the request's figures are written in, as Babel names it."""
    return language().locale


def _(text: str, **names: object) -> str:
    """Say a sentence in the request's language, with these names and figures in it."""
    spoken = language()
    return spoken.insert(spoken.words.gettext(text), names)


def ngettext(one: str, many: str, count: int, **names: object) -> str:
    """Say a sentence about a count, `%(count)s` in it, in the plural form that the language wants."""
    spoken = language()
    return spoken.insert(spoken.words.ngettext(one, many, count), {"count": count, **names})


def N_(text: str) -> str:  # noqa: N802 - the name that gettext's tools look for
    """Mark a sentence that is said later."""
    return text
