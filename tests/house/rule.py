"""What a rule of the house is made of: the files it reads, what it finds wrong, and a breach it has to see."""

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[2]
NOT_OURS = {".git", ".venv", ".hypothesis", "__pycache__", "instance", "dist", "build", "test-results"}
CACHES = "_cache"
BINARY = {".png", ".jpg", ".ico", ".woff2", ".db"}


@dataclass(frozen=True)
class Source:
    """A file of the project: where it stands, and what is in it."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """What Python understands it to say."""
        return ast.parse(self.text)

    @property
    def lines(self) -> list[str]:
        """Its lines, without their ends."""
        return self.text.splitlines()

    @property
    def name(self) -> PurePosixPath:
        """Its path, to be taken apart."""
        return PurePosixPath(self.path)

    def walk(self) -> Iterator[ast.AST]:
        """Give every node of the module."""
        return ast.walk(self.tree)


@dataclass(frozen=True)
class Rule:
    """A sentence that holds everywhere in `where`, the check of it, and a file that breaks it."""

    sentence: str
    where: Callable[[str], bool]
    check: Callable[[Source], Iterable[str]]
    breach: Source

    def findings(self, sources: Iterable[Source]) -> list[str]:
        """Return what is wrong, as `path: what`."""
        return [
            f"{source.path}: {finding}"
            for source in sources
            if self.where(source.path)
            for finding in self.check(source)
        ]


def under(*folders: str, suffix: str = ".py", but: tuple[str, ...] = ()) -> Callable[[str], bool]:
    """Choose files that lie in one of the folders (or are named), except those that lie in `but`."""

    def chosen(path: str) -> bool:
        return path.endswith(suffix) and path.startswith(folders) and not (but and path.startswith(but))

    return chosen


@cache
def sources() -> tuple[Source, ...]:
    """Read every text file of the project."""
    return tuple(Source(str(path.relative_to(ROOT)), path.read_text("utf-8")) for path in sorted(_files(ROOT)))


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name in NOT_OURS or path.name.endswith((CACHES, ".egg-info")):
            continue
        if path.is_dir():
            yield from _files(path)
        elif path.suffix not in BINARY:
            yield path


def called(node: ast.AST) -> str:
    """Return the dotted name that is called, or nothing."""
    return dotted(node.func) if isinstance(node, ast.Call) else ""


def dotted(node: ast.AST) -> str:
    """Return a name as it is written, `a.b.c`; what is not a plain name counts as `?`."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


def imported(node: ast.AST) -> list[str]:
    """Return what an import brings in, as dotted names."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []
