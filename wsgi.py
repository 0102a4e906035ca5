"""For WSGI servers other than `widget-host serve`: `gunicorn wsgi:app`."""

import atexit

from widget_host.app import create_app

app = create_app()
# What is kept behind the requests is kept before the process ends.
atexit.register(app.wiring.end)
