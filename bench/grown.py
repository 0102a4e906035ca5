"""A host as it is after so many transactions of twenty issuers: over a year, delivered, pulled and summed up."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import text

from bench.filling import Copies, Order, fill
from bench.hosts import Host
from bench.served import MEMBER, Site, site
from tests.factories.issuers import AURORA, BANK, Issuer, make_issuer
from widget_host.domain.endpoints.rules import Details
from widget_host.domain.programs.rules import Destination
from widget_host.domain.transactions.rules import Order as NewOrder
from widget_host.domain.webhooks.rules import Outcome
from widget_host.kit.money import Money

ISSUERS = 20
DAY = 24 * 3600
YEAR = 365 * DAY
# What there is at every size, so that a page is as long at each: an issuer's orders of the last day, and those of a
# program that few ask for, over the year.
OF_THE_DAY = 200 * ISSUERS
RARE = 100 * ISSUERS
SELDOM = "Harbor & Pine Rewards"
MEMBERS = {AURORA: MEMBER, SELDOM: "HP-2048-1337"}
FIRST_OF_THE_DAY, FIRST_RARE = 10**12, 10**13
COPIED = """SELECT t.id AS "transaction", t.entry_id AS entry, e.event_id AS event, t.reference_number AS reference,
      d.id AS delivery
    FROM transactions t JOIN ledger_entries e ON e.id = t.entry_id LEFT JOIN deliveries d ON d.event_id = e.event_id
    WHERE t.program_id = :program AND t.reference_number LIKE '%_to_copy' ORDER BY t.id"""


def grown(own: Host, size: int) -> Site:
    """Make the issuers, and so many transactions; the first issuer has an endpoint that took all of its events."""
    of = site(own)
    with own.wiring.writing() as services:
        services.endpoints.create(of.issuer.environment_id, Details(url=f"{BANK}/hooks"))
    usual, seldom = _orders(own, of.issuer)
    fill(own.wiring.database, list(_wanted(usual, seldom, size)))
    own.wiring.feed.begin(of.issuer.environment_id, None, 1)
    _sum_up(own)
    own.queue.analyze()
    return of


def _wanted(usual: list[Order], seldom: list[Order], size: int) -> Iterator[Copies]:
    if size:
        yield Copies(usual, range(size), YEAR, DAY)
    yield Copies(seldom, range(FIRST_RARE, FIRST_RARE + RARE), YEAR, DAY)
    yield Copies(usual, range(FIRST_OF_THE_DAY, FIRST_OF_THE_DAY + OF_THE_DAY), DAY)


def _orders(own: Host, first: Issuer) -> list[list[Order]]:
    issuers = [first, *(make_issuer(own.wiring, f"Bank {number}") for number in range(1, ISSUERS))]
    for issuer in issuers:
        for name, member in MEMBERS.items():
            program, value = issuer.programs[name], Money(2500, "USD")
            named = f"{issuer.environment_id}_{program}_to_copy"
            own.wiring.issuing.issue(NewOrder(issuer.environment_id, program, Destination(member), named, value=value))
    _deliver(own)
    with own.wiring.database.reading() as session:
        found = [session.execute(text(COPIED), {"program": first.programs[name]}) for name in MEMBERS]
        return [[_as_order(row) for row in rows.mappings()] for rows in found]


def _as_order(row: Mapping[Any, Any]) -> Order:
    return {name: None if value is None else str(value) for name, value in row.items()}


def _deliver(own: Host) -> None:
    """Keep of what waits that its receiver took it."""
    with own.wiring.writing() as services:
        now = own.wiring.clock.machine.now()
        while claimed := services.deliveries.claim(100):
            services.deliveries.finish([(each, Outcome(now, 20, 204)) for each in claimed])


def _sum_up(own: Host) -> None:
    """Let the worker's sums come as far as the copies."""
    is_watched = False
    while True:
        with own.wiring.writing() as services:
            if not services.ledger.roll_up() and is_watched:
                return
        is_watched = True
