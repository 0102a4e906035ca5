"""`widget-host demo`: the host with sandbox data, and a partner bank that embeds its widgets, on one machine."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from types import FrameType

import click
import requests

from widget_host.cli import host
from widget_host.cli.organizations import create_with_sandbox
from widget_host.config import PREFIX, Settings
from widget_host.wiring import Wiring

START_SECONDS = 60
STOP_SECONDS = 10
LOOPBACK = "127.0.0.1"


@click.command()
@click.option("--port", default=8000, show_default=True, help="The host's port.")
@click.option("--demo-port", default=8001, show_default=True, help="The demo bank's port.")
def demo(port: int, demo_port: int) -> None:
    """Serve the host and a demo bank that embeds it, ready to try; Ctrl-C stops both."""
    _check_ports(port, demo_port)
    os.environ.update({f"{PREFIX}DEVELOPMENT": "1", f"{PREFIX}BASE_URL": f"http://localhost:{port}"})
    os.environ.setdefault(f"{PREFIX}LOG_LEVEL", "WARNING")
    known = _credentials(host.ready(), demo_port)
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, _interrupt)
    with ExitStack() as running:
        commands = {"host": _serve(port), "bank": [sys.executable, "-m", "widget_host.demo"]}
        started = {
            name: _start(running, name, command, _bank(known, port, demo_port)) for name, command in commands.items()
        }
        try:
            _wait_until_up(started, f"http://localhost:{port}/readyz", f"http://{LOOPBACK}:{demo_port}/activity")
            _tell(known, port, demo_port)
            _wait_for_an_end(started)
        except KeyboardInterrupt:
            click.echo("\nStopping.")


def _check_ports(port: int, demo_port: int) -> None:
    for name, number in (("PORT", port), ("DEMO_PORT", demo_port)):
        host.check_port(LOOPBACK, number, advice=f"Choose another: make run {name}=9000")


def _credentials(wiring: Wiring, demo_port: int) -> dict[str, str]:
    """Return the demo bank's credentials: those of the last run while they still work, else new ones."""
    file = wiring.settings.instance / f"demo-{demo_port}.json"
    if file.exists():
        known: dict[str, str] = json.loads(file.read_text("utf-8"))
        with wiring.reading() as services:
            if services.clients.find(known["clientId"], known["clientSecret"]) is not None:
                return known
    known = _new_credentials(wiring, demo_port)
    file.touch(mode=0o600)
    file.write_text(json.dumps(known), "utf-8")
    return known


def _new_credentials(wiring: Wiring, demo_port: int) -> dict[str, str]:
    bank = f"http://{LOOPBACK}:{demo_port}"
    with wiring.writing() as services:
        made = create_with_sandbox(services, "Northwind Bank", "USD")
        sandbox = services.organizations.get_environment_of_client(made["clientId"], "sandbox")
        services.organizations.allow_origins(sandbox, [bank])
        _, webhook_secret = services.endpoints.create(sandbox.id, f"{bank}/webhooks/widget-host")
    client_secret = made["environments"]["sandbox"]["clientSecret"]
    return {"clientId": made["clientId"], "clientSecret": client_secret, "webhookSecret": webhook_secret}


def _serve(port: int) -> list[str]:
    return [sys.executable, "-m", "widget_host", "serve", "--host", LOOPBACK, "--port", str(port)]


def _bank(known: Mapping[str, str], port: int, demo_port: int) -> dict[str, str]:
    instance = Settings.from_environment().instance
    return {
        "BANK_HOST_URL": f"http://localhost:{port}",
        "BANK_CLIENT_ID": known["clientId"],
        "BANK_CLIENT_SECRET": known["clientSecret"],
        "BANK_WEBHOOK_SECRET": known["webhookSecret"],
        "BANK_DATABASE": str(instance / f"demo-{demo_port}.db"),
        "BANK_PORT": str(demo_port),
    }


def _start(running: ExitStack, name: str, command: list[str], bank: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    file = Settings.from_environment().instance / f"demo-{name}.log"
    log = running.enter_context(file.open("ab"))
    # A session of its own: Ctrl-C reaches this process alone, which then stops the others in order.
    process = subprocess.Popen(  # noqa: S603 - our own commands
        command, env={**os.environ, **bank}, stdout=log, stderr=log, start_new_session=True
    )
    running.callback(_stop, process)
    return process


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait_until_up(started: Mapping[str, "subprocess.Popen[bytes]"], *addresses: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    for address in addresses:
        while not _answers(address):
            _check_alive(started)
            if time.monotonic() > deadline:
                raise click.ClickException(f"{address} did not answer within {START_SECONDS} s.")
            time.sleep(0.1)


def _answers(address: str) -> bool:
    try:
        return requests.get(address, timeout=5).ok
    except requests.RequestException:
        return False


def _wait_for_an_end(started: Mapping[str, "subprocess.Popen[bytes]"]) -> None:
    while True:
        _check_alive(started)
        time.sleep(0.5)


def _check_alive(started: Mapping[str, "subprocess.Popen[bytes]"]) -> None:
    for name, process in started.items():
        if process.poll() is not None:
            log = Settings.from_environment().instance / f"demo-{name}.log"
            raise click.ClickException(f"The {name} ended with exit code {process.returncode}; {log} says why.")


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _tell(known: Mapping[str, str], port: int, demo_port: int) -> None:
    click.echo(
        f"""
  Widget Host   http://localhost:{port}
  Demo bank     http://{LOOPBACK}:{demo_port}   open this one first

  The sandbox's credentials, for the snippets of the README:

    export HOST=http://localhost:{port}
    export CLIENT_ID={known["clientId"]}
    export CLIENT_SECRET={known["clientSecret"]}

  A first call:

    curl -s http://localhost:{port}/auth/token -d client_id={known["clientId"]} \\
      -d client_secret={known["clientSecret"]}

  Ctrl-C stops both."""
    )
