"""`widget-host serve`: the HTTP server."""

import os

import click
from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings

from widget_host.cli import host
from widget_host.telemetry import metrics

# A name, not an import: each server process builds its own application.
TARGET = "widget_host.app:create_served_app"
THREADS = 4
STOP_SECONDS = 20
HEADER_SECONDS = 10
# Requests that one process has accepted and not answered; more of them wait in the queue of the socket.
WAITING = 256


@click.command()
@click.option("--host", "address", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, help="The port to listen on.")
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    help="Server processes; by default one per processor, one on SQLite (which has one writer).",
)
def serve(address: str, port: int, workers: int | None) -> None:
    """Serve the API and the widgets."""
    host.check_port(address, port, advice="Choose another with --port.")
    wiring = host.ready()
    count = workers or (1 if wiring.database.is_sqlite else os.cpu_count() or 1)
    wiring.database.engine.dispose()
    metrics.sweep(wiring.settings.metrics_folder)
    Granian(
        TARGET,
        address=address,
        port=port,
        interface=Interfaces.WSGI,
        workers=count,
        blocking_threads=THREADS,
        factory=True,
        log_access=False,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_SECONDS * 1000),
        backpressure=WAITING,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
    ).serve()
