"""Flask's own parts, without the steps that this host never needs: each answers as Flask's does."""

import io
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from flask import Flask, Request, Response
from flask.globals import _cv_app, _cv_request
from flask.sessions import NullSession, SessionInterface
from flask.signals import appcontext_tearing_down, request_tearing_down
from flask.typing import ResponseReturnValue
from werkzeug.routing import Map, MapAdapter, Rule
from werkzeug.sansio.utils import get_host
from werkzeug.utils import cached_property

# What Flask turns into addresses as they have to be sent.
ADDRESSES = frozenset({"location", "content-location"})
WITHOUT_BODY = frozenset({204, 304})
LEAST_STATUS = 200
NO_SESSION = NullSession()
# As long as a name and its port may be: what is longer is none, and not remembered.
LONGEST_HOST = 255 + len(":65535")


class NoSessions(SessionInterface):
    """No session of Flask's: a widget's has its own bearer, the API has tokens."""

    def open_session(self, _app: Flask, _request: Request) -> NullSession:
        """Return the one that refuses to be written to."""
        return NO_SESSION


class WholeRequest(Request):
    """A request whose body, where the server has it whole, needs nobody to stop at its end."""

    @cached_property
    def stream(self) -> Any:
        """The body; `web.limits` has refused one that is too large."""
        body = self.environ["wsgi.input"]
        is_whole = type(body) is io.BytesIO and str(len(body.getbuffer())) == self.environ.get("CONTENT_LENGTH")
        return body if is_whole else super().stream


class WholeResponse(Response):
    """A response that is sent as it is, where all of it is there.

    `others` are headers beside its own: to have each added there costs as much as to make the response.
    """

    others: Sequence[tuple[str, str]] = ()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer in WSGI's way."""
        headers = [*self.headers.to_wsgi_list(), *self.others]
        if not self._is_whole(environ["REQUEST_METHOD"], {name.lower() for name, _ in headers}):
            self.headers.extend(self.others)
            return super().__call__(environ, start_response)
        start_response(self.status, headers)
        return self.response  # type: ignore[return-value]  # a list, as _is_whole has seen

    def _is_whole(self, method: str, names: set[str]) -> bool:
        return (
            type(self.response) is list
            and "content-length" in names
            and names.isdisjoint(ADDRESSES)
            and self.status_code >= LEAST_STATUS
            and self.status_code not in WITHOUT_BODY
            and method != "HEAD"
            and not self._on_close
        )


class Paths(Map):
    """The rules of all addresses; the way to those without parameters is looked for once."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Know no way yet."""
        super().__init__(*args, **kwargs)
        self.known: dict[tuple[str, str], Rule] = {}


class Way(MapAdapter):
    """The way from one request to its rule."""

    map: Paths

    def match(self, *asked: Any, **named: Any) -> Any:
        """Return the rule and the parameters, or what else is asked for."""
        if asked or named != {"return_rule": True}:
            return super().match(*asked, **named)
        step = self.default_method, self.path_info
        if step in self.map.known:
            return self.map.known[step], {}
        rule, values = super().match(return_rule=True)
        # As many as there are rules: what somebody made up is in no rule.
        if not values and rule.rule == self.path_info:
            self.map.known[step] = rule
        return rule, values


def way(paths: Map, present: Request) -> Way:
    """Return the way of a request; its host is what its header says, as Flask reads it."""
    header = present.environ.get("HTTP_HOST")
    find = _known_host if len(header or "") <= LONGEST_HOST else get_host
    server_name = find(present.scheme, header, present.server).lower()
    query = present.query_string.decode(errors="replace")
    return Way(paths, server_name, present.root_path, "", present.scheme, present.path, present.method, query)


def asked() -> Request:
    """Return the request, without the proxy that Flask puts before it: there each look is three calls."""
    return _cv_request.get().request


def answering() -> Flask:
    """Return the application that answers, in the same way."""
    return _cv_app.get().app


class Beside(NamedTuple):
    """Who looks at a request before its view, and who sees the answer after it, in their order."""

    before: Sequence[Callable[[], Any]]
    after: Sequence[Callable[[Response], Response]]


class PlainFlask(Flask):
    """A Flask without sessions, subdomains, asynchronous views and functions for one request alone."""

    request_class = WholeRequest
    response_class = WholeResponse
    url_map_class = Paths
    session_interface = NoSessions()

    def __init__(self, *args: Any, **named: Any) -> None:
        """Know nobody yet."""
        super().__init__(*args, **named)
        self._known: dict[str | None, Beside] = {}

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Return the way of a request to its rule."""
        if request is None and self.config["SERVER_NAME"] is None:
            return None
        if request is None or self.config["TRUSTED_HOSTS"] is not None:
            return super().create_url_adapter(request)
        return way(self.url_map, request)

    def make_response(self, rv: Any) -> Response:
        """Return what a view says as a response, which it nearly always is."""
        return rv if type(rv) is WholeResponse else super().make_response(rv)

    def do_teardown_request(self, *raised: Any) -> None:
        """Tell that a request ends, where anybody wants to know: Flask would look for them in each blueprint."""
        if self.teardown_request_funcs or request_tearing_down.receivers:
            super().do_teardown_request(*raised)

    def do_teardown_appcontext(self, *raised: Any) -> None:
        """Tell that what a request stood in ends, where anybody wants to know."""
        if self.teardown_appcontext_funcs or appcontext_tearing_down.receivers:
            super().do_teardown_appcontext(*raised)

    def ensure_sync(self, func: Any) -> Any:
        """Return the function: Flask would look at each of them at each request."""
        return func

    def preprocess_request(self) -> ResponseReturnValue | None:
        """Have everybody look at the request who does so before its view; the first answer is the answer."""
        for look in self._beside().before:
            answer = look()
            if answer is not None:
                return answer  # type: ignore[no-any-return]  # what Flask takes too
        return None

    def process_response(self, response: Response) -> Response:
        """Have everybody see the answer who sees each of its blueprint."""
        for see in self._beside().after:
            response = see(response)
        return response

    def _beside(self) -> Beside:
        """Return who is beside the request's view: Flask looks for them in four places at each request."""
        present = asked()
        endpoint = present.endpoint
        if endpoint not in self._known:
            names = (None, *reversed(present.blueprints))
            before = [look for name in names for look in self.before_request_funcs.get(name, ())]
            after = [see for name in reversed(names) for see in reversed(self.after_request_funcs.get(name, ()))]
            self._known[endpoint] = Beside(before, after)
        return self._known[endpoint]


# There are few; what somebody makes up pushes out what somebody made up.
_known_host = lru_cache(maxsize=256)(get_host)
