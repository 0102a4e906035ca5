"""The rules that Python files keep."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator

from tests.house.rule import Rule, Source, called, dotted, imported, under

LONGEST_MODULE = 300
FEATURE_FILES = {"__init__.py", "service.py", "models.py", "rules.py", "queries.py"}
FEATURE_EXTRAS = {
    "programs/catalogue.json": "the six programs of a new sandbox are data, not code",
}
EXCUSE = re.compile(r"#\s*(noqa|type: ignore|pragma|nosec|fmt: (?:off|skip))\b")
REASONED = re.compile(
    r"#\s*(?:noqa: [A-Z0-9, ]+|type: ignore\[[a-z, -]+\]|pragma: [a-z ]+|fmt: \w+)\s*(?:-|#)\s*\S.{7,}"
)
CLOCK_CALLS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "datetime.datetime.now"}
# The database's exceptions are no queries: readiness catches them.
QUERIES = re.compile(r"sqlalchemy(?!\.exc\b)|widget_host\.kit\.db\b|widget_host\.domain\.\w+\.queries\b")
DOMAIN_KIT = ("widget_host/domain/", "widget_host/kit/")
# It starts other programs and hands them the environment they read.
STARTS_OTHERS = "widget_host/cli/demo.py"
# What the libraries for figures and traces are told, they are told through the environment.
TELEMETRY = ("widget_host/telemetry/metrics.py", "widget_host/telemetry/otel.py")
OWN_PROGRAM = ("widget_host/demo/",)


def is_short(source: Source) -> Iterator[str]:
    """Count lines."""
    if len(source.lines) > LONGEST_MODULE:
        yield f"{len(source.lines)} lines, {LONGEST_MODULE} are allowed"


def is_a_feature_file(source: Source) -> Iterator[str]:
    """Look at the name alone."""
    _, _, feature, *rest = source.name.parts if len(source.name.parts) > 3 else (*source.name.parts[:2], "", "")
    inside = "/".join(rest)
    if feature and inside not in FEATURE_FILES and f"{feature}/{inside}" not in FEATURE_EXTRAS:
        yield "a feature has service, models, rules and queries; another file needs a reason in FEATURE_EXTRAS"


def leaves_the_transaction_alone(source: Source) -> Iterator[str]:
    """Find whoever ends a transaction."""
    for node in source.walk():
        if called(node).endswith((".commit", ".rollback")):
            yield f"line {_line(node)}: calls {called(node)}; the unit of work does that"


def leaves_the_environment_alone(source: Source) -> Iterator[str]:
    """Find whoever reads the environment."""
    for node in source.walk():
        names = [dotted(node), *imported(node)]
        if {"os.environ", "os.getenv"} & set(names):
            yield f"line {_line(node)}: the environment is read in config.py, once"


def has_collaborators_handed_in(source: Source) -> Iterator[str]:
    """Find what reaches for the running application."""
    for node in source.walk():
        if "flask.current_app" in imported(node) or dotted(node) == "flask.current_app":
            yield f"line {_line(node)}: uses current_app; take what is needed as an argument"


def takes_collaborators_by_name(source: Source) -> Iterator[str]:
    """Look at how services are made."""
    for cls in (node for node in source.walk() if isinstance(node, ast.ClassDef) and node.name[0] != "_"):
        for node in cls.body:
            if isinstance(node, ast.FunctionDef) and node.name == "__init__" and len(node.args.args) > 1:
                yield f"line {node.lineno}: {cls.name} takes a collaborator by position"


def counts_exactly(source: Source) -> Iterator[str]:
    """Find floats: the word, a literal, or what math makes."""
    for node in source.walk():
        literal = isinstance(node, ast.Constant) and isinstance(node.value, float)
        named = isinstance(node, ast.Name) and node.id == "float"
        if (literal or named) and "# float:" not in source.lines[_line(node) - 1]:
            yield f"line {_line(node)}: a float; where it is a duration, say so beside it with `# float: why`"


def asks_the_clock(source: Source) -> Iterator[str]:
    """Find whoever looks at the machine's own clock."""
    for node in source.walk():
        if called(node) in CLOCK_CALLS:
            yield f"line {_line(node)}: asks {called(node)}; the clock is handed in"


def makes_values_in_c(source: Source) -> Iterator[str]:
    """Find values that are frozen dataclasses, but for those that say beside it why."""
    for node in source.walk():
        words = node.keywords if isinstance(node, ast.Call) else []
        is_frozen = any(word.arg == "frozen" and ast.unparse(word.value) != "False" for word in words)
        if is_frozen and called(node).endswith("dataclass") and "# dataclass:" not in source.lines[_line(node) - 1]:
            yield f"line {_line(node)}: a frozen dataclass; make it a kit.value.Value, or say `# dataclass: why`"


def leaves_queries_to_the_domain(source: Source) -> Iterator[str]:
    """Find views that speak to the database."""
    for node in source.walk():
        for name in imported(node):
            if QUERIES.match(name):
                yield f"line {_line(node)}: imports {name}; a view makes one service call"


def answers_303(source: Source) -> Iterator[str]:
    """Find redirects that a browser may repeat as a POST."""
    for node in source.walk():
        if isinstance(node, ast.Call) and called(node) in ("redirect", "flask.redirect"):
            codes = [ast.unparse(word.value) for word in node.keywords if word.arg == "code"]
            if codes not in (["303"], ["HTTPStatus.SEE_OTHER"]):
                yield f"line {node.lineno}: a redirect without code=303"


def leaves_hx_headers_alone(source: Source) -> Iterator[str]:
    """Find htmx headers outside their one reader and writer."""
    for node in source.walk():
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and re.match(r"HX-\w", node.value, re.IGNORECASE)
        ):
            yield f"line {node.lineno}: names {node.value}; hx.py reads and writes those"


def gives_reasons(source: Source) -> Iterator[str]:
    """Find excuses without a reason."""
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if token.type == tokenize.COMMENT and EXCUSE.search(token.string) and not REASONED.search(token.string):
            yield f"line {token.start[0]}: {token.string} needs its codes, and a reason beside it"


def _line(node: ast.AST) -> int:
    return int(getattr(node, "lineno", 0))


CODE_RULES = (
    Rule(
        f"a module has at most {LONGEST_MODULE} lines",
        under("widget_host/", "tests/", "e2e/", "scripts/", "wsgi.py"),
        is_short,
        Source("widget_host/long.py", "x = 1\n" * (LONGEST_MODULE + 1)),
    ),
    Rule(
        "a feature has the same files as every other",
        under("widget_host/domain/", suffix=""),
        is_a_feature_file,
        Source("widget_host/domain/ledger/tools.py", ""),
    ),
    Rule(
        "services never commit",
        under(*DOMAIN_KIT, "widget_host/web/", but=("widget_host/kit/db.py",)),
        leaves_the_transaction_alone,
        Source("widget_host/domain/ledger/service.py", "def post(self):\n    self._session.commit()\n"),
    ),
    Rule(
        "the environment is read once",
        under("widget_host/", but=("widget_host/config.py", STARTS_OTHERS, *TELEMETRY, *OWN_PROGRAM)),
        leaves_the_environment_alone,
        Source("widget_host/worker.py", "import os\nURL = os.environ['X']\n"),
    ),
    Rule(
        "nothing reaches for the running application",
        under("widget_host/", but=("widget_host/web/scope.py", *OWN_PROGRAM)),
        has_collaborators_handed_in,
        Source("widget_host/web/guards.py", "from flask import current_app\n"),
    ),
    Rule(
        "a service takes its collaborators by name",
        under("widget_host/domain/", suffix="/service.py"),
        takes_collaborators_by_name,
        Source("widget_host/domain/ledger/service.py", "class Ledger:\n    def __init__(self, session): ...\n"),
    ),
    Rule(
        "no float touches money or points",
        under("widget_host/", but=("widget_host/kit/colors.py", STARTS_OTHERS, *TELEMETRY, *OWN_PROGRAM)),
        counts_exactly,
        Source("widget_host/kit/money.py", "RATE = 0.1\n"),
    ),
    Rule(
        "time comes from the clock that is handed in",
        under("widget_host/", but=("widget_host/kit/clock.py", *OWN_PROGRAM)),
        asks_the_clock,
        Source("widget_host/domain/access/service.py", "now = datetime.now(UTC)\n"),
    ),
    Rule(
        "values are made in C",
        under("widget_host/", but=OWN_PROGRAM),
        makes_values_in_c,
        Source("widget_host/kit/money.py", "@dataclass(frozen=True, slots=True)\nclass Money: ...\n"),
    ),
    Rule(
        "a view makes no query",
        under("widget_host/web/", but=("widget_host/web/scope.py",)),
        leaves_queries_to_the_domain,
        Source("widget_host/web/api/programs.py", "from sqlalchemy import select\n"),
    ),
    Rule(
        "a redirect after a form is a 303",
        under("widget_host/web/", "widget_host/demo/"),
        answers_303,
        Source("widget_host/web/widgets/purchase/steps.py", "answer = redirect('/done')\n"),
    ),
    Rule(
        "htmx headers have one reader and writer",
        under("widget_host/web/", but=("widget_host/web/hx.py",)),
        leaves_hx_headers_alone,
        Source("widget_host/web/widgets/purchase/steps.py", "headers['HX-Trigger'] = '{}'\n"),
    ),
    Rule(
        "every exception to a check has its reason beside it",
        under("widget_host/", "tests/", "e2e/", "scripts/", "wsgi.py"),
        gives_reasons,
        Source("widget_host/app.py", "import os  # noqa: F401\n"),
    ),
)
