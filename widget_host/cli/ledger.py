"""`widget-host ledger …`: whether the books are right."""

import sys

import click

from widget_host.cli import host
from widget_host.kit.checking import Heard, unheard
from widget_host.wiring import Wiring

# What a shell makes of a program that Ctrl-C ended.
INTERRUPTED = 130


@click.group()
def ledger() -> None:
    """Look into the ledger."""


@ledger.command()
@host.as_json
def verify(as_json: bool) -> None:
    """Check every invariant of the ledger; exit code 1 when one does not hold."""
    wiring = host.ready()
    try:
        broken = _broken(wiring, unheard if as_json else Progress(is_terminal=sys.stderr.isatty()))
    except KeyboardInterrupt:
        click.echo("\nStopped. Nothing was changed, and no result is kept.", err=True)
        sys.exit(INTERRUPTED)
    with wiring.writing() as services:
        services.upkeep.keep_check(broken)
    if as_json:
        host.answer({"ok": not broken, "broken": broken})
    else:
        for rule, ids in broken.items():
            click.echo(f"BROKEN: {rule}. See {', '.join(ids)}")
        click.echo("The ledger does not verify." if broken else "The ledger verifies: every invariant holds.")
    sys.exit(1 if broken else 0)


def _broken(wiring: Wiring, heard: Heard) -> dict[str, list[str]]:
    with wiring.checking() as services:
        return {**services.ledger.verify(heard), **services.transactions.verify(heard)}


class Progress:
    """Tells on stderr which rule is being checked: how far, on a terminal, else when it is done."""

    def __init__(self, *, is_terminal: bool) -> None:
        """Begin with the first rule."""
        self._is_terminal = is_terminal
        self._rules = 0

    def __call__(self, rule: str, done: int, steps: int) -> None:
        """Hear how far a rule is."""
        self._rules += done == 0
        line = f"{self._rules}. {rule}: {100 * done // steps if steps else 100} %"
        is_over = done == steps and (done > 0 or steps == 0)
        if self._is_terminal:
            click.echo(f"\r\x1b[K{line}", err=True, nl=is_over)
        elif is_over:
            click.echo(line, err=True)
