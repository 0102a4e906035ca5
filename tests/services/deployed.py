"""What the files of deploy/ say is to be run, and with which settings."""

import json
import shlex
from pathlib import Path
from typing import Any

import yaml

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
STEPS = ("migrate", "serve", "worker")
SERVICES = {"migrate": "migrate", "serve": "server", "worker": "worker"}
CONTINUED = "\\\n"


def compose() -> dict[str, Any]:
    """Return the compose file, its references followed."""
    read: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    return read


def image_instruction(name: str) -> str:
    """Return what the last instruction of that name in the Dockerfile says."""
    lines = (DEPLOY / "Dockerfile").read_text("utf-8").replace(CONTINUED, "").splitlines()
    return [line.removeprefix(name).strip() for line in lines if line.startswith(f"{name} ")][-1]


def image_command() -> list[str]:
    """Return what the image runs when it is told nothing."""
    command: list[str] = json.loads(image_instruction("CMD"))
    return command


def image_healthcheck() -> list[str]:
    """Return what the image asks itself."""
    command: list[str] = json.loads(image_instruction("HEALTHCHECK").partition("CMD")[2])
    return command


def unit(step: str) -> dict[str, list[str]]:
    """Return the settings of a step's systemd unit, each with all its values."""
    found: dict[str, list[str]] = {}
    for line in (DEPLOY / "systemd" / f"widget-host-{step}.service").read_text("utf-8").splitlines():
        name, is_setting, value = line.partition("=")
        if is_setting and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


def commands(source: str) -> dict[str, list[str]]:
    """Return the command of each step, as `compose` or as `systemd` runs it."""
    if source == "compose":
        services = compose()["services"]
        return {step: services[SERVICES[step]]["command"] for step in STEPS}
    return {step: shlex.split(unit(step)["ExecStart"][0]) for step in STEPS}


def variables(file: str) -> dict[str, str]:
    """Return what an example of an environment file sets."""
    lines = (DEPLOY / file).read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
