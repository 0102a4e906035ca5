"""What schemathesis plants into each case of a second run: ids of another tenant, which must open nothing.

Loaded by `st` through SCHEMATHESIS_HOOKS; test_openapi_fuzzed.py says in STRANGER whose ids these are.
"""

import json
import os
import random
from collections.abc import Callable, Iterator
from typing import Any

import schemathesis

STRANGER: dict[str, Any] = json.loads(os.environ["STRANGER"])
# What nothing but the stranger's own rows could tell.
ONLY_THEIRS: list[str] = STRANGER["onlyTheirs"]
# The same cases are planted the same way each time.
chance = random.Random(1)  # noqa: S311 - no secret is drawn
planted: dict[str, bool] = {}
Plant = tuple[dict[str, Any], str, Callable[[], Any]]


def _one_of(kind: str) -> Callable[[], Any]:
    return lambda: chance.choice(STRANGER[kind])


# Each place of an id, and whether the stranger's must be refused there; the others are names of the caller's own
# choosing, or narrow down what is the caller's.
PLACES: dict[tuple[str, str], tuple[Callable[[], Any], bool]] = {
    ("path", "programId"): (_one_of("programs"), True),
    ("path", "transactionId"): (_one_of("transactions"), True),
    ("query", "programId"): (_one_of("programs"), False),
    ("query", "after"): (_one_of("events"), False),
    ("query", "cursor"): (_one_of("cursors"), False),
    ("query", "sourceUserId"): (_one_of("customers"), False),
    ("query", "cardId"): (_one_of("cards"), True),
    ("body", "programId"): (_one_of("programs"), True),
    ("body", "quoteId"): (_one_of("quotes"), True),
    ("body", "referenceNumber"): (_one_of("references"), False),
    ("body", "cardId"): (_one_of("cards"), True),
    ("body", "sourceUserId"): (_one_of("customers"), False),
    ("body", "programIds"): (lambda: [chance.choice(STRANGER["programs"])], True),
    ("body", "destinationAccounts"): (lambda: {chance.choice(STRANGER["programs"]): {}}, True),
    ("body", "clientId"): (_one_of("clients"), False),
    ("body", "client_id"): (_one_of("clients"), False),
}


@schemathesis.hook
def before_call(_context: schemathesis.HookContext, case: schemathesis.Case[Any], _kwargs: dict[str, Any]) -> None:
    """Put the stranger's ids where the case has some of its own, half of them: else the first one would hide others."""
    if case.id in planted:
        return
    planted[case.id] = False
    for place, holder in _holders(case):
        for name in sorted(holder):
            made, is_refused = PLACES.get((place, name), (None, False))
            if made is not None and chance.random() < 0.5:  # float: a chance
                holder[name] = made()
                # A widget is opened for customers and cards of the caller's own naming.
                planted[case.id] |= is_refused and not (name == "cardId" and case.path.startswith("/auth/"))


def _holders(case: schemathesis.Case[Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for place, holder in (("path", case.path_parameters), ("query", case.query), ("body", case.body)):
        if isinstance(holder, dict):
            yield place, holder


@schemathesis.check
def tells_nothing_of_strangers(
    _context: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case[Any]
) -> None:
    """Find an answer that holds something of the stranger's, or that lets one of their ids through."""
    told = [each for each in ONLY_THEIRS if each in response.text]
    assert not told, f"told of a stranger: {told}"
    if planted.get(case.id) and case.method != "OPTIONS":
        assert 400 <= response.status_code < 500, f"a stranger's id was let through: {response.status_code}"
