"""The reference: the OpenAPI document, and pages made from it that work without scripts."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from widget_host.kit import wire
from widget_host.web import embedding, guards, openapi, problems
from widget_host.web.guide import LANGUAGES, snippet
from widget_host.web.prose import breakable, json_code, prose
from widget_host.web.receivers import OTHERS, PYTHON, receiver
from widget_host.web.reference import SectionView, sections
from widget_host.web.scope import HostApp, host_app, wiring

bp = guards.protect(Blueprint("docs", __name__), guards.anyone)

KEPT = "public, max-age=300"


@dataclass(frozen=True)  # dataclass: what it holds is made once
class Reference:
    """What is made of the routes, once for the process."""

    app: HostApp
    base_url: str

    @cached_property
    def document(self) -> dict[str, Any]:
        """The OpenAPI document."""
        return openapi.document(self.app, self.base_url)

    @cached_property
    def text(self) -> str:
        """The document as it is sent."""
        return wire.dumps(self.document)

    @cached_property
    def sections(self) -> list[SectionView]:
        """The document as the page shows it."""
        return sections(self.document)


def register(app: HostApp) -> None:
    """Give the app its reference, and the templates what they write texts with."""
    app.extensions["reference"] = Reference(app, app.wiring.settings.base_url)
    app.jinja_env.filters.update(prose=prose, breakable=breakable, json_code=json_code)


def reference() -> Reference:
    """Return the reference of the app that answers."""
    return cast("Reference", host_app().extensions["reference"])


@bp.get("/openapi.json")
def openapi_json() -> ResponseReturnValue:
    """Publish the OpenAPI document; it may be kept a while, and asked for again by its tag."""
    answer = Response(reference().text, content_type="application/json")
    answer.headers["Cache-Control"] = KEPT
    answer.add_etag()
    return answer.make_conditional(request)


@bp.get("/docs")
def index() -> ResponseReturnValue:
    """Show every operation on one page: links lead to it by their fragments."""
    return render_template("docs/reference.html", document=reference().document, sections=reference().sections)


@bp.get("/docs/errors")
def errors() -> ResponseReturnValue:
    """Explain every code; the ids are the codes."""
    groups = (
        ("API", "Answers of the API, as `application/problem+json` (RFC 9457).", problems.API_PROBLEMS),
        ("Token endpoint", "Answers of `POST /auth/token` (RFC 6749 §5.2).", problems.OAUTH_PROBLEMS),
        ("HTTP", "What HTTP itself refuses, at any address of the API.", problems.HTTP_PROBLEMS),
        ("Webhooks in", "What the senders of webhooks to this host are answered.", problems.HOOK_PROBLEMS),
        ("Widgets", "What the widgets' pages answer.", problems.WIDGET_PROBLEMS),
    )
    return render_template("docs/errors.html", groups=groups, base_url=wiring().settings.base_url)


@bp.get("/docs/guide")
def guide() -> ResponseReturnValue:
    """Lead from nothing to the first points and on to production."""
    return render_template("docs/guide.html", base_url=wiring().settings.base_url, languages=LANGUAGES, snippet=snippet)


@bp.get("/docs/embed")
def embed() -> ResponseReturnValue:
    """Show how a page or an app embeds a widget, and what the two say to each other."""
    base_url = wiring().settings.base_url
    return render_template(
        "docs/embed.html",
        base_url=base_url,
        snippet=lambda file: embedding.snippet(file, base_url),
        from_widget=embedding.FROM_WIDGET,
        to_widget=embedding.TO_WIDGET,
    )


@bp.get("/docs/webhooks")
def webhooks() -> ResponseReturnValue:
    """Show how a backend receives webhooks, framework by framework."""
    return render_template(
        "docs/webhooks.html", base_url=wiring().settings.base_url, python=PYTHON, others=OTHERS, receiver=receiver
    )
