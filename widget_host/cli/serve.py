"""`widget-host serve`: the HTTP server."""

import os
import resource
import signal

import click
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings

from widget_host.cli import host
from widget_host.telemetry import metrics

# A name, not an import: each server process builds its own application.
TARGET = "widget_host.app:create_served_app"
# The longest a request takes, and what its process keeps and hands back after it.
STOP_SECONDS = 40
HEADER_SECONDS = 10
# Connections that one process holds; more of them wait in the queue of the socket.
CONNECTIONS = 1024
# And what a process opens besides: the database, programs, files.
OPEN_FILES = CONNECTIONS + 256


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
    _may_open(OPEN_FILES)
    os.register_at_fork(after_in_child=_may_be_stopped)
    wiring.database.engine.dispose()
    metrics.sweep(wiring.settings.metrics_folder)
    Granian(
        TARGET,
        address=address,
        port=port,
        interface=Interfaces.RSGI,
        # Where a connection may become HTTP/2, one that says nothing is waited for without end.
        http=HTTPModes.http1,
        websockets=False,
        workers=count,
        factory=True,
        log_access=False,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_SECONDS * 1000),
        backpressure=CONNECTIONS,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
    ).serve()


def _may_be_stopped() -> None:
    """Let a server process be ended while it starts.

    Until granian listens in it, it would go on with what its parent does when signalled, which ends nothing there.
    """
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _may_open(files: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < files:
        wanted = files if hard == resource.RLIM_INFINITY else min(files, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
