import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.house.rule import ROOT

# Runs in the empty environment, away from the checkout.
VISIT = """
import sys
import widget_host
from widget_host import migrations
from widget_host.app import create_app
from widget_host.config import Settings

assert widget_host.__file__.startswith(sys.prefix), widget_host.__file__
settings = Settings.from_environment()
migrations.upgrade(settings.database_url)
client = create_app(settings).test_client()
for path in ("/readyz", "/widget/point-exchange", "/static/js/htmx.min.js"):
    answer = client.get(path)
    print(answer.status_code, answer.mimetype, path)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


class TestWheel:
    def test_holds_everything_the_checkout_has(self, wheel: Path) -> None:
        inside = set(ZipFile(wheel).namelist())
        assert self.expected("widget_host", "widget_host") - inside == set()
        assert self.expected("templates", "widget_host/templates") - inside == set()
        assert self.expected("static", "widget_host/static") - inside == set()

    def test_holds_nothing_else(self, wheel: Path) -> None:
        tops = {name.split("/")[0] for name in ZipFile(wheel).namelist()}
        assert {top for top in tops if not top.endswith(".dist-info")} == {"widget_host"}

    def test_serves_a_page_and_a_static_file_from_an_empty_environment(self, wheel: Path, tmp_path: Path) -> None:
        python = self.environment_with(wheel, tmp_path / "environment")
        variables = {
            "PATH": os.environ["PATH"],
            "WIDGET_HOST_DEVELOPMENT": "1",
            "WIDGET_HOST_INSTANCE": str(tmp_path / "instance"),
            "WIDGET_HOST_WORKER": "0",
        }
        done = subprocess.run(
            [python, "-c", VISIT], cwd=tmp_path, env=variables, capture_output=True, text=True, check=False
        )
        answers = [line for line in done.stdout.splitlines() if line[:3].isdecimal()]
        assert answers == [
            "200 application/json /readyz",
            "401 text/html /widget/point-exchange",
            "200 text/javascript /static/js/htmx.min.js",
        ], done.stderr

    def expected(self, folder: str, inside: str) -> set[str]:
        files = (path.relative_to(ROOT / folder) for path in (ROOT / folder).rglob("*") if path.is_file())
        return {f"{inside}/{file}" for file in files if "__pycache__" not in file.parts}

    def environment_with(self, wheel: Path, folder: Path) -> Path:
        venv.create(folder, with_pip=False, symlinks=True)
        python = folder / "bin" / "python"
        install = ["install", "--quiet", "--no-index", "--no-deps", str(wheel)]
        subprocess.run([sys.executable, "-m", "pip", "--python", str(python), *install], check=True)
        # The dependencies are ours; `.pth` files over there (our editable install) are not read from here.
        packages = sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)})
        (Path(packages) / "dependencies.pth").write_text(sysconfig.get_path("purelib"), "utf-8")
        return python
