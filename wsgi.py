"""For WSGI servers other than `widget-host serve`: `gunicorn wsgi:app`."""

import threading

from widget_host.app import create_app, end

app = create_app()
# `atexit` would be too late: executors take nothing more by then, and the worker could hand back nothing.
threading._register_atexit(end, app)  # type: ignore[attr-defined]  # noqa: SLF001 - what executors end themselves with
