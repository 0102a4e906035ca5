"""`widget-host worker`: webhook delivery in a process of its own."""

import signal

import click

from widget_host.cli import host
from widget_host.telemetry import metrics
from widget_host.worker import Worker


@click.command()
def worker() -> None:
    """Deliver webhooks until stopped; any number of workers may run, on any number of machines."""
    wiring = host.ready()
    metrics.share(wiring.settings.metrics_folder)
    loop = Worker(wiring)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: loop.stop())
    click.echo("Delivering webhooks. Ctrl-C stops after the attempts under way.", err=True)
    loop.run()
