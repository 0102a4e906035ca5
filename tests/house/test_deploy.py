import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.services.deployed import DEPLOY, SERVICES, STEPS, commands, compose, image_command, unit, variables
from widget_host.config import Settings, WrongSetting

HADOLINT = Path(sys.executable).with_name("hadolint")
PRIVILEGED = "no-new-privileges:true"
REGISTRY = re.compile(r"[^/]*[.:][^/]*/")
# In every unit; nothing runs as root, and nothing but its own folder may be written.
HARDENED = {"DynamicUser": "yes", "ProtectSystem": "strict", "NoNewPrivileges": "yes", "CapabilityBoundingSet": ""}


def open_doors(services: dict[str, Any]) -> Iterator[str]:
    """Find services that could do more than they need to."""
    for name, service in services.items():
        rules = {
            "read_only": service.get("read_only") is True,
            "cap_drop": service.get("cap_drop") == ["ALL"],
            "security_opt": PRIVILEGED in service.get("security_opt", ()),
            "no root": "build" in service or service.get("user") not in (None, "root", "0", 0),
            "limits": {"memory", "pids"} <= service.get("deploy", {}).get("resources", {}).get("limits", {}).keys(),
            "healthcheck": "healthcheck" in service or "build" in service,
            "secrets": not service.get("environment"),
            "image": not REGISTRY.match(service.get("image", "")),
        }
        yield from (f"{name}: {rule}" for rule, holds in rules.items() if not holds)


class TestDockerfile:
    def test_has_nothing_that_its_linter_finds(self) -> None:
        found = self.lint(DEPLOY / "Dockerfile")
        assert found.returncode == 0, found.stdout

    def test_with_something_wrong_is_found(self, tmp_path: Path) -> None:
        (tmp_path / "Dockerfile").write_text("FROM python:latest\nRUN cd /tmp && pip install flask\n", "utf-8")
        assert self.lint(tmp_path / "Dockerfile").returncode == 1

    def test_ends_without_root_and_without_pip(self) -> None:
        last = (DEPLOY / "Dockerfile").read_text("utf-8").rpartition("\nFROM ")[2]
        assert "\nUSER 10001\n" in last
        assert "pip uninstall --yes pip" in last
        assert "pip install" not in last

    def test_names_no_registry(self) -> None:
        bases = re.findall(r"^FROM (\S+)", (DEPLOY / "Dockerfile").read_text("utf-8"), re.MULTILINE)
        assert bases
        assert [base for base in bases if REGISTRY.match(base)] == []

    def lint(self, file: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run([HADOLINT, "--no-color", file], capture_output=True, text=True, check=False)


class TestCompose:
    def test_lets_no_service_do_more_than_it_needs(self) -> None:
        assert list(open_doors(compose()["services"])) == []

    def test_that_does_is_found(self) -> None:
        careless = yaml.safe_load("{a: {image: 'registry.example/redis:7', user: root, environment: {PASSWORD: x}}}")
        rules = ["read_only", "cap_drop", "security_opt", "no root", "limits", "healthcheck", "secrets", "image"]
        assert list(open_doors(careless)) == [f"a: {rule}" for rule in rules]

    def test_shows_the_proxy_alone_to_the_world(self) -> None:
        services = compose()["services"]
        assert [name for name, service in services.items() if "ports" in service] == ["proxy"]
        assert [name for name, service in services.items() if service["networks"] == ["inside"]] == [
            "database",
            "counters",
            "migrate",
        ]

    def test_serves_as_the_image_does(self) -> None:
        assert commands("compose")["serve"] == image_command()


class TestUnits:
    @pytest.mark.parametrize("step", STEPS)
    def test_are_hardened(self, step: str) -> None:
        said = unit(step)
        assert {name: said[name][-1] for name in HARDENED} == HARDENED

    def test_wait_for_the_database_to_be_up_to_date(self) -> None:
        for step in ("serve", "worker"):
            assert unit(step)["Requires"] == ["widget-host-migrate.service"]
            assert compose()["services"][SERVICES[step]]["depends_on"]["migrate"] == {
                "condition": "service_completed_successfully"
            }


class TestExamples:
    def test_start_nothing_before_they_are_filled_in(self) -> None:
        with pytest.raises(WrongSetting, match="WIDGET_HOST_SECRET_KEY: it is missing"):
            Settings.from_environment(variables("host.env.example"))
        assert variables("database.env.example")["POSTGRES_PASSWORD"] == ""

    def test_start_production_behind_one_proxy_when_they_are(self) -> None:
        filled = variables("host.env.example") | {"WIDGET_HOST_SECRET_KEY": "x" * 48}
        settings = Settings.from_environment(filled)
        assert (settings.proxies, settings.worker, settings.development) == (1, False, False)
