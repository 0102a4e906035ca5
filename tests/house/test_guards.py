from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Blueprint, Flask

from widget_host.app import create_app
from widget_host.config import Settings
from widget_host.web import guards
from widget_host.web.api.sandbox import sandbox_only
from widget_host.web.health import collector
from widget_host.web.widgets.session import widget_session

# Flask's own view of static files: public by nature.
OPEN = {"static"}
# A surface's own guard is entered here beside those that all may use.
GUARDS = {*guards.GUARDS, collector, sandbox_only, widget_session}


def unguarded(app: Flask) -> list[str]:
    """Return the endpoints that no guard stands before, or more than one."""
    return [
        endpoint for endpoint in sorted(app.view_functions) if endpoint not in OPEN and len(_guards(app, endpoint)) != 1
    ]


def _guards(app: Flask, endpoint: str) -> list[guards.Guard]:
    blueprint = endpoint.rpartition(".")[0]
    return [function for function in app.before_request_funcs.get(blueprint, []) if function in GUARDS]


class TestViews:
    def test_have_exactly_one_guard_each(self, app: Flask) -> None:
        assert unguarded(app) == []

    def test_without_a_guard_are_found(self) -> None:
        app, bare, nested = Flask(__name__), Blueprint("bare", __name__), Blueprint("nested", __name__)
        bare.add_url_rule("/bare", "view", lambda: "")
        nested.add_url_rule("/nested", "view", lambda: "")
        app.add_url_rule("/alone", "alone", lambda: "")
        guards.protect(bare, guards.anyone).register_blueprint(nested)
        app.register_blueprint(bare)
        assert unguarded(app) == ["alone", "bare.nested.view"]

    @pytest.fixture
    def app(self, tmp_path: Path) -> Iterator[Flask]:
        variables = {"WIDGET_HOST_DEVELOPMENT": "1", "WIDGET_HOST_INSTANCE": str(tmp_path), "WIDGET_HOST_WORKER": "0"}
        app = create_app(Settings.from_environment(variables))
        yield app
        app.wiring.database.engine.dispose()
