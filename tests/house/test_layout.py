import base64
import hashlib
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

from tests.house.rule import ROOT, Source, imported, sources


def strays(paths: set[str]) -> list[str]:
    """Return the unit tests that test no module; a long one may be split, as `test_service_holds.py`."""
    return [
        path
        for path in sorted(paths)
        if path.startswith("tests/unit/") and Path(path).name.startswith("test_") and not _tested(path) & paths
    ]


def _tested(path: str) -> set[str]:
    folder, _, name = path.removeprefix("tests/unit/").rpartition("/")
    words = name.removeprefix("test_").removesuffix(".py").split("_")
    names = ("_".join(words[:count]) for count in range(1, len(words) + 1))
    return {"/".join(filter(None, ["widget_host", folder, f"{name}.py"])) for name in names}


class TestUnitTests:
    def test_mirror_the_package(self) -> None:
        assert strays({source.path for source in sources()}) == []

    def test_that_do_not_are_found(self) -> None:
        module, split, stray = "widget_host/kit/ids.py", "tests/unit/kit/test_ids_order.py", "tests/unit/kit/test_id.py"
        assert strays({module, split, stray}) == [stray]


def changed(folder: Path) -> list[str]:
    """Return the files by others that are not as they came, or that nobody entered in vendor.toml."""
    entries = tomllib.loads((folder / "vendor.toml").read_text("utf-8"))["vendored"]
    known = {entry["file"]: entry["sha384"] for entry in entries}
    unknown = [str(path.relative_to(folder)) for path in folder.rglob("*.min.js")]
    return [name for name in {*known, *unknown} if known.get(name) != _sha384(folder / name)]


def _sha384(file: Path) -> str:
    return base64.b64encode(hashlib.sha384(file.read_bytes()).digest()).decode()


class TestVendoredFiles:
    def test_are_as_they_came(self) -> None:
        assert changed(ROOT / "static") == []

    def test_that_are_not_are_found(self, tmp_path: Path) -> None:
        (tmp_path / "vendor.toml").write_text('[[vendored]]\nfile = "a.js"\nsha384 = "x"\n', "utf-8")
        (tmp_path / "a.js").touch()
        (tmp_path / "b.min.js").touch()
        assert sorted(changed(tmp_path)) == ["a.js", "b.min.js"]


# Imported only where somebody asked for it, with a clear word where it is missing.
EXTRAS = {"opentelemetry"}


def undeclared(source: Source, locked: str) -> list[str]:
    """Return the packages that a module imports and that `pip install` would not bring."""
    modules = {name.partition(".")[0] for node in source.walk() for name in imported(node)}
    outside = modules - set(sys.stdlib_module_names) - {"widget_host"} - EXTRAS
    known = distributions()
    return sorted(
        module
        for module in outside
        if not any(f"\n{name.lower().replace('_', '-')}==" in f"\n{locked}" for name in known.get(module, []))
    )


distributions = cache(packages_distributions)


class TestDependencies:
    locked = (ROOT / "constraints" / "run.txt").read_text("utf-8")

    def test_are_declared_for_the_package(self) -> None:
        modules = [
            source for source in sources() if source.path.startswith("widget_host/") and source.name.suffix == ".py"
        ]
        found = {source.path: undeclared(source, self.locked) for source in modules}
        assert {path: names for path, names in found.items() if names} == {}

    def test_that_are_not_are_found(self) -> None:
        source = Source("widget_host/app.py", "import flask\nfrom pytest import fail\nimport nowhere\n")
        assert undeclared(source, self.locked) == ["nowhere", "pytest"]
