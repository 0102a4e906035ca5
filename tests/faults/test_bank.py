"""A bank whose tellers are killed while they work, and an auditor who was not there."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from tests.factories.issuers import Issuer, make_issuer
from tests.services.auditor import Happened, Step, audit, explain, read_books, read_history
from tests.services.environment import ROOT, environment_of
from tests.services.soak import ROUNDS, SAID
from widget_host.config import Settings
from widget_host.wiring import Wiring

KILLS = 6 * ROUNDS
KILLED_EVERY_SECONDS = 0.5
PATIENCE_SECONDS = 60 * ROUNDS


@pytest.mark.slow
@pytest.mark.usefixtures("verified")
class TestBank:
    def test_is_found_as_its_history_says(
        self, settings: Settings, wiring: Wiring, tmp_path: Path, record_property: Callable[[str, object], None]
    ) -> None:
        lines = work(settings, make_issuer(wiring), tmp_path / "history")
        history, books = read_history(lines), read_books(settings.database_url)
        ends = Counter(each.said for each in history)
        record_property("ends", dict(ends))
        assert min(ends["done"], ends["refused"], ends["aborted"], ends[None]) > 0, f"{ends}, {SAID}"
        assert audit(books, history) == [], SAID
        # And an auditor who would find nothing whatever happened has found nothing here.
        for wrong in forged(history):
            assert audit(books, wrong) != []


def work(settings: Settings, issuer: Issuer, history: Path) -> list[dict[str, Any]]:
    told = {"issuer": asdict(issuer), "history": str(history), "kills": KILLS, "every": KILLED_EVERY_SECONDS}
    command = [sys.executable, "-m", "tests.services.tellers", json.dumps(told)]
    environment = environment_of(settings)
    ended = subprocess.run(command, env=environment, cwd=ROOT, timeout=PATIENCE_SECONDS, check=False)
    assert ended.returncode == 0, SAID
    return [json.loads(line) for line in history.read_text("utf-8").splitlines()]


def forged(history: Sequence[Happened]) -> list[list[Happened]]:
    """Return histories that differ in one thing from what happened."""
    entry, refused, order, read = (
        next(each for each in reversed(history) if (each.kind, each.said) == looked_for)
        for looked_for in (("entry", "done"), ("entry", "refused"), ("order", "done"), ("read", "done"))
    )
    half = replace(entry, asked={**entry.asked, "legs": [*entry.asked["legs"], ["bank USD", "shop USD", 1]]})
    seen = replace(read, came={**read.came, "balance": read.came["balance"] + 100_000})
    instead = [
        (entry, None),
        (order, None),
        (entry, replace(entry, said="aborted")),
        (refused, replace(refused, said="done")),
        (order, replace(order, came={**order.came, "id": "txn_other"})),
        (entry, half),
        (read, seen),
    ]
    return [[new if each is old else each for each in history if each is not old or new] for old, new in instead]  # type: ignore[misc]  # what is None is left out


class TestExplain:
    """Moments are pairs: the number of a step, and whether it ends."""

    @pytest.mark.parametrize(
        ("steps", "moments", "stuck"),
        [
            ([Step(5), Step(seen=5)], [(0, False), (0, True), (1, False), (1, True)], None),
            ([Step(5), Step(seen=0)], [(0, False), (0, True), (1, False), (1, True)], 1),
            ([Step(5), Step(seen=0)], [(0, False), (1, False), (1, True), (0, True)], None),
            ([Step(5), Step(seen=5)], [(0, False), (1, False), (1, True), (0, True)], None),
            ([Step(-5)], [(0, False), (0, True)], 0),
            ([Step(-5), Step(5)], [(0, False), (1, False), (0, True), (1, True)], None),
            ([Step(5), Step(wanted=6)], [(0, False), (0, True), (1, False), (1, True)], None),
            ([Step(5), Step(wanted=5)], [(0, False), (0, True), (1, False), (1, True)], 1),
        ],
    )
    def test_finds_an_order_or_where_there_is_none(
        self, steps: list[Step], moments: list[tuple[int, bool]], stuck: int | None
    ) -> None:
        assert explain(steps, moments) == stuck

    def test_remembers_what_was_seen(self) -> None:
        steps = [Step(5), Step(seen=5), Step(seen=0)]
        moments = [(0, False), (1, False), (1, True), (2, False), (2, True), (0, True)]
        assert explain(steps, moments) == 2
