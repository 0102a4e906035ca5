import html
import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import Environment, Template

from tests.house.rule import ROOT
from tests.house.test_words import KEYWORDS
from widget_host.app import create_app
from widget_host.config import Settings
from widget_host.web.widgets.gallery.pages import SHELVES
from widget_host.web.widgets.gallery.state import State, Untouched, touched
from widget_host.web.widgets.refusals import SENTENCES, BalanceExceeded
from widget_host.web.widgets.screens import no_programs

FRAME = re.compile(r'<iframe src="([^"]+)"')
TAG = re.compile(r"<[^>]*>")
LABEL = re.compile(r'aria-label="([^"]*)"')
PLACE = re.compile(r"%\(\w+\)s|%%")
# Carries elements of a page to other places of it, and is nothing to look at.
ENVELOPE = "<hx-partial"


class TestStates:
    def test_have_a_name_each(self) -> None:
        for shelf in SHELVES.values():
            names = [state.name for state in shelf.states]
            assert len(names) == len(set(names))

    @pytest.mark.parametrize(("locale", "direction"), [("ar", "rtl"), ("en-IN", "ltr")])
    def test_are_pages_in_each_language(self, client: FlaskClient, locale: str, direction: str) -> None:
        for address, state in stills():
            page = client.get(address, query_string={"locale": locale})
            assert page.status_code == 200, address
            assert state.locale or f'<html lang="{locale}" dir="{direction}"' in page.text, address
            assert 'id="step"' in page.text

    def test_show_every_template_of_the_widgets(self, app: Flask, client: FlaskClient) -> None:
        shown = spied(app.jinja_env)
        for address, _ in stills():
            client.get(address)
        for path in (ROOT / "templates" / "widgets").rglob("*.html"):
            name = path.relative_to(ROOT / "templates").as_posix()
            assert name in shown or ENVELOPE in path.read_text("utf-8"), f"no state of the gallery shows {name}"

    def test_show_every_refusal(self) -> None:
        shown = {code for _, state in stills() for code in state.codes}
        assert {*SENTENCES, BalanceExceeded.code} - shown == set()

    def test_say_every_sentence_of_the_widgets(self, client: FlaskClient, said: set[str]) -> None:
        assert len(said) > 50
        pages = "\n".join(words_of(client.get(address).text) for address, _ in stills())
        unsaid = [sentence for sentence in sorted(said) if not pattern(sentence).search(pages)]
        assert unsaid == [], "each needs a state of the gallery that says it"

    @pytest.fixture
    def said(self) -> set[str]:
        mappings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["babel"]["mappings"]
        methods = [(mapping["pattern"].partition("/")[2], mapping["method"]) for mapping in mappings]
        found = set()
        for folder in ("templates", "widget_host"):
            for *_, message, _, _ in extract_from_dir(ROOT / folder, methods, keywords=KEYWORDS):
                found |= set(message) if isinstance(message, tuple) else {message}
        return found


class TestStill:
    def test_is_framed_by_the_gallery_alone_and_does_nothing(self, client: FlaskClient) -> None:
        page = client.get("/gallery/purchase/amount-missing")
        policy = page.headers["Content-Security-Policy"]
        assert policy.endswith("frame-ancestors 'self'; sandbox allow-same-origin allow-scripts, script-src 'none'")
        assert "autofocus" not in page.text
        plain = client.get("/gallery/purchase/amount-plain").headers["Content-Security-Policy"]
        assert plain.endswith("sandbox allow-same-origin")

    def test_wears_an_accent_and_a_mode(self, client: FlaskClient) -> None:
        page = client.get("/gallery/purchase/amount", query_string={"accent": "#0a5c36", "mode": "dark"})
        assert "--accent:#0a5c36" in page.text
        assert 'data-mode="dark"' in page.text

    def test_carries_a_session_only_where_no_scripts_run(self, client: FlaskClient) -> None:
        assert 'name="_s"' in client.get("/gallery/purchase/amount-plain").text
        assert 'name="_s"' not in client.get("/gallery/purchase/amount").text

    @pytest.mark.parametrize("path", ["/gallery/purchase/nothing", "/gallery/nothing/amount"])
    def test_is_not_there_under_another_name(self, client: FlaskClient, path: str) -> None:
        assert client.get(path).status_code == 404

    def test_fails_where_scripts_would_find_nothing_to_change(self) -> None:
        state = State("lost", "Lost", lambda _locale: no_programs(), touches=(("data-lost", ""),))
        with pytest.raises(Untouched, match="data-lost"):
            touched("<p>", state)


class TestIndex:
    def test_frames_every_state(self, client: FlaskClient) -> None:
        index = client.get("/gallery")
        addresses = [html.unescape(found) for found in FRAME.findall(index.text)]
        assert [address.partition("?")[0] for address in addresses] == [address for address, _ in stills()]
        assert "frame-src 'self'" in index.headers["Content-Security-Policy"]
        assert "mode=light&locale=en&" in addresses[0]

    def test_frames_what_is_chosen(self, client: FlaskClient) -> None:
        chosen = {"mode": "all", "width": "480", "locale": "ar", "accent": "#123456"}
        addresses = [html.unescape(found) for found in FRAME.findall(client.get("/gallery", query_string=chosen).text)]
        assert "mode=light&locale=ar&accent=%23123456" in addresses[0]
        assert "mode=dark&locale=ar&accent=%23123456" in addresses[1]

    @pytest.mark.parametrize(
        ("name", "value", "sentence"),
        [
            ("width", "375", "width: 375 is none of 320, 480, all."),
            ("accent", "red", "accent: a colour is written as #rrggbb."),
        ],
    )
    def test_says_what_cannot_be_chosen(self, client: FlaskClient, name: str, value: str, sentence: str) -> None:
        answer = client.get("/gallery", query_string={name: value})
        assert answer.status_code == 400
        assert sentence in answer.text

    @pytest.mark.parametrize("path", ["/gallery", "/gallery/purchase/amount"])
    def test_is_not_there_in_production(self, tmp_path: Path, path: str) -> None:
        settings = {
            "WIDGET_HOST_DEVELOPMENT": "0",
            "WIDGET_HOST_BASE_URL": "https://points.example.com",
            "WIDGET_HOST_SECRET_KEY": "k" * 32,
        }
        for app in served(tmp_path, settings):
            assert app.test_client().get(path).status_code == 404


def stills() -> Iterator[tuple[str, State]]:
    for widget, shelf in SHELVES.items():
        for state in shelf.states:
            yield f"/gallery/{widget}/{state.name}", state


def spied(environment: Environment) -> set[str]:
    """Return the names of the templates that the environment gives from now on, as it gives them."""
    names: set[str] = set()
    get: Callable[..., Template] = environment.get_template

    def spy(name: str, *arguments: object, **others: object) -> Template:
        names.add(name)
        return get(name, *arguments, **others)

    environment.get_template = spy  # type: ignore[method-assign,assignment]  # this test's own environment
    return names


def words_of(page: str) -> str:
    """Return what a page says to eyes and ears, without its head."""
    body = page.partition("</head>")[2]
    return flat(html.unescape("\n".join([TAG.sub(" ", body), *LABEL.findall(body)])))


def flat(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def pattern(sentence: str) -> re.Pattern[str]:
    """Find the sentence with any figures in it."""
    return re.compile(".{1,200}?".join(re.escape(part) for part in PLACE.split(flat(sentence))))


def served(folder: Path, settings: dict[str, str]) -> Iterator[Flask]:
    variables = {"WIDGET_HOST_INSTANCE": str(folder), "WIDGET_HOST_WORKER": "0", "WIDGET_HOST_RATE_LIMIT_READS": "0"}
    app = create_app(Settings.from_environment(variables | settings))
    yield app
    app.wiring.database.engine.dispose()


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    """A host in development; no state of the gallery asks its database."""
    yield from served(tmp_path, {"WIDGET_HOST_DEVELOPMENT": "1"})


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
