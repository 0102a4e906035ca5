"""The application: the only module that knows every part."""

import ctypes
import signal
import sys
from functools import partial
from typing import Any

import jinja2
from flask.json.provider import JSONProvider
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import BaseConverter

from widget_host.config import Settings
from widget_host.kit import wire
from widget_host.kit.logs import configure
from widget_host.kit.resources import resource
from widget_host.telemetry import metrics
from widget_host.web import assets, compression, docs, errors, headers, health, language, limits, logs, pictures
from widget_host.web.api import (
    auth,
    business,
    events,
    multibrand,
    programs,
    sandbox,
    transactions,
    webhook_deliveries,
    webhook_endpoints,
    webhook_secrets,
    widget_tokens,
)
from widget_host.web.hooks import program_connection, transaction
from widget_host.web.parsing import RESERVED_REFERENCE
from widget_host.web.rsgi import THREADS, Server
from widget_host.web.scope import HostApp
from widget_host.web.widgets.gallery import pages as gallery
from widget_host.web.widgets.multibrand import steps as multibrand_widget
from widget_host.web.widgets.purchase import outcomes as purchase
from widget_host.wiring import Wiring
from widget_host.worker import start_in_background

LARGEST_BODY = 256 * 1024
# Longer than any statement of a request should take, shorter than a caller waits.
STATEMENT_SECONDS = 15
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of Linux's prctl(2)


class ExactJson(JSONProvider):
    """JSON with decimals as exact numbers."""

    def dumps(self, obj: Any, **_kwargs: Any) -> str:
        """Write compact JSON."""
        return wire.dumps(obj)

    def loads(self, s: str | bytes, **_kwargs: Any) -> Any:
        """Read JSON with decimals kept."""
        return wire.loads(s)

    def response(self, *args: Any, **kwargs: Any) -> Any:
        """Answer with the JSON of what is given, ended by a line's end for who reads in a terminal."""
        body = f"{wire.dumps(self._prepare_response_obj(args, kwargs))}\n"
        return self._app.response_class(body, mimetype="application/json")


class IdConverter(BaseConverter):
    """An id or reference in a path: up to 120 printable characters."""

    regex = r"[^/\x00-\x1f\x7f]{1,120}"


class ReferenceConverter(BaseConverter):
    """A transaction's id or reference number at a path's end: references may hold slashes, and none is `preview`."""

    part_isolating = False
    regex = rf"(?!{RESERVED_REFERENCE}\Z)[^\x00-\x1f\x7f]{{1,120}}"


def create_app(settings: Settings | None = None, wiring: Wiring | None = None) -> HostApp:
    """Build the application from the environment's settings, or from those given; may start the webhook worker."""
    settings = settings or Settings.from_environment()
    configure(settings.log_level)
    wiring = wiring or Wiring(settings)
    app = HostApp("widget_host", static_folder=str(resource("static")), template_folder=str(resource("templates")))
    app.wiring = wiring
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.json = ExactJson(app)
    app.jinja_env.undefined = jinja2.StrictUndefined
    app.url_map.converters |= {"id": IdConverter, "reference": ReferenceConverter}
    if settings.proxies:
        hops = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]  # WSGI's way
    wiring.database.limit_statements(STATEMENT_SECONDS)
    _register(app)
    if settings.development:
        app.register_blueprint(gallery.bp)
    limits.register(app, settings, wiring.clock)
    if settings.worker:
        app.extensions["worker"] = start_in_background(wiring)
    return app


def create_served_app() -> Server:
    """Build the application inside a server process, which ends when the process that started it is killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
    settings = Settings.from_environment()
    metrics.share(settings.metrics_folder)
    app = create_app(settings)
    on_loop = () if limits.limiter(app).waits else app.on_loop()
    return Server(app, threads=THREADS, largest_body=LARGEST_BODY, on_loop=on_loop, end=partial(end, app))


def end(app: HostApp) -> None:
    """Hand back and keep what is left, when the last request is answered."""
    if "worker" in app.extensions:
        app.extensions["worker"].end()
    app.wiring.end()


def _register(app: HostApp) -> None:
    headers.register(app, is_https=app.wiring.settings.base_url.startswith("https://"))
    for part in (logs, errors, compression, assets, language, docs, pictures):
        part.register(app)
    webhooks = (webhook_endpoints, webhook_secrets, webhook_deliveries)
    api = (auth, business, programs, transactions, multibrand, events, *webhooks, sandbox, widget_tokens)
    widgets = (purchase, multibrand_widget)
    for module in (health, *api, docs, program_connection, transaction, *widgets):
        app.register_blueprint(module.bp)
    for widget in widgets:
        app.register_blueprint(widget.entrance)
    app.register_blueprint(health.figures)
    app.register_blueprint(pictures.bp)
