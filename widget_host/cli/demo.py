"""`widget-host demo`: the host, a partner bank that embeds its widgets and a loyalty program, on one machine."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from types import FrameType
from typing import Any

import click
import requests

from widget_host.cli import host
from widget_host.cli.enrolment import LOOPBACK, enrol
from widget_host.config import PREFIX, Settings

START_SECONDS = 60
STOP_SECONDS = 10


@click.command()
@click.option("--port", default=8000, show_default=True, help="The host's port.")
@click.option("--demo-port", default=8001, show_default=True, help="The demo bank's port.")
@click.option("--program-port", default=8002, show_default=True, help="The demo program's port.")
def demo(**ports: int) -> None:
    """Serve the host, a demo bank that embeds it and a demo program that gives points; Ctrl-C stops them all."""
    _check_ports(ports)
    host_port, bank_port, program_port = ports["port"], ports["demo_port"], ports["program_port"]
    os.environ.update({f"{PREFIX}DEVELOPMENT": "1", f"{PREFIX}BASE_URL": f"http://localhost:{host_port}"})
    os.environ.setdefault(f"{PREFIX}LOG_LEVEL", "WARNING")
    known = enrol(host.ready(), bank_port, program_port)
    told = _bank(known, host_port, bank_port) | _program(known["production"], host_port, program_port)
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, _interrupt)
    with ExitStack() as running:
        commands = {
            "host": _serve(host_port),
            "bank": [sys.executable, "-m", "widget_host.demo"],
            "program": [sys.executable, "-m", "widget_host.demo.program"],
        }
        started = {name: _start(running, name, command, told) for name, command in commands.items()}
        try:
            others = (f"http://{LOOPBACK}:{bank_port}/activity", f"http://{LOOPBACK}:{program_port}/")
            _wait_until_up(started, f"http://localhost:{host_port}/readyz", *others)
            _tell(known, host_port, bank_port, program_port)
            _wait_for_an_end(started)
        except KeyboardInterrupt:
            click.echo("\nStopping.")


def _check_ports(ports: Mapping[str, int]) -> None:
    for name, number in ports.items():
        host.check_port(LOOPBACK, number, advice=f"Choose another: make run {name.upper()}=9000")


def _serve(port: int) -> list[str]:
    return [sys.executable, "-m", "widget_host", "serve", "--host", LOOPBACK, "--port", str(port)]


def _bank(known: Mapping[str, Any], port: int, demo_port: int) -> dict[str, str]:
    instance = Settings.from_environment().instance
    return {
        "BANK_HOST_URL": f"http://localhost:{port}",
        "BANK_CLIENT_ID": known["clientId"],
        "BANK_CLIENT_SECRET": known["clientSecret"],
        "BANK_WEBHOOK_SECRET": known["webhookSecret"],
        "BANK_DATABASE": str(instance / f"demo-{demo_port}.db"),
        "BANK_PORT": str(demo_port),
    }


def _program(production: Mapping[str, str], port: int, program_port: int) -> dict[str, str]:
    instance = Settings.from_environment().instance
    return {
        "PROGRAM_SECRET": production["programSecret"],
        "PROGRAM_HOOK_URL": f"http://localhost:{port}/hooks/{production['tenantKey']}/transaction",
        "PROGRAM_HOOK_SECRET": production["hookSecret"],
        "PROGRAM_DATABASE": str(instance / f"demo-{program_port}-program.db"),
        "PROGRAM_PORT": str(program_port),
    }


def _start(running: ExitStack, name: str, command: list[str], told: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    file = Settings.from_environment().instance / f"demo-{name}.log"
    log = running.enter_context(file.open("ab"))
    # A session of its own: Ctrl-C reaches this process alone, which then stops the others in order.
    process = subprocess.Popen(  # noqa: S603 - our own commands
        command, env={**os.environ, **told}, stdout=log, stderr=log, start_new_session=True
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


def _tell(known: Mapping[str, Any], port: int, demo_port: int, program_port: int) -> None:
    production = known["production"]
    click.echo(
        f"""
  Widget Host   http://localhost:{port}
  Demo bank     http://{LOOPBACK}:{demo_port}   open this one first
  Demo program  http://{LOOPBACK}:{program_port}   member numbers to try in production, and what it gave

  The sandbox's credentials, for the snippets of the README:

    export HOST=http://localhost:{port}
    export CLIENT_ID={known["clientId"]}
    export CLIENT_SECRET={known["clientSecret"]}

  A first call:

    curl -s http://localhost:{port}/auth/token -d client_id={known["clientId"]} \\
      -d client_secret={known["clientSecret"]}

  The same bank in production, where the demo program really gives points:

    export CLIENT_SECRET={production["clientSecret"]}
    TOKEN=$(curl -s $HOST/auth/token -d client_id=$CLIENT_ID -d client_secret=$CLIENT_SECRET |
      sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')
    curl -s $HOST/transactions -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" -d '{{
      "programId": "{production["programId"]}", "value": 25, "currency": "USD",
      "destinationAccount": {{"destinationUserId": "FJ00000001"}}, "referenceNumber": "production-1"}}'

  Ctrl-C stops everything."""
    )
