from pathlib import Path

import pytest

from widget_host.kit import resources
from widget_host.kit.resources import resource


class TestResource:
    @pytest.mark.parametrize("name", ["templates", "static"])
    def test_finds_the_folders_of_the_checkout(self, name: str) -> None:
        assert resource(name).is_dir()

    def test_prefers_what_is_inside_the_package(self, package: Path) -> None:
        (package / "static").mkdir()
        (package.parent / "static").mkdir()
        (package.parent / "pyproject.toml").touch()

        assert resource("static") == package / "static"

    def test_takes_no_stranger_for_a_checkout(self, package: Path) -> None:
        (package.parent / "static").mkdir()

        with pytest.raises(FileNotFoundError):
            resource("static")

    def test_names_both_places_where_nothing_was(self, package: Path) -> None:
        with pytest.raises(FileNotFoundError) as raised:
            resource("static")

        assert str(package / "static") in str(raised.value)
        assert str(package.parent / "static") in str(raised.value)

    @pytest.fixture
    def package(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        package = tmp_path / "widget_host"
        package.mkdir()
        monkeypatch.setattr(resources, "PACKAGE", package)
        return package
