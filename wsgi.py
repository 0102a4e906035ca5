"""For WSGI servers other than `widget-host serve`: `gunicorn wsgi:app`."""

from widget_host.app import create_app

app = create_app()
