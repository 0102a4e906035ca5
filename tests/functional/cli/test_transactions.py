from collections.abc import Callable
from typing import Any

from click.testing import Result

from tests.factories.issuers import Issuer, make_issuer
from tests.factories.orders import make_order
from widget_host.wiring import Wiring


class TestReverse:
    def test_undoes_a_completed_transaction_once(
        self, run: Callable[..., Result], told: Callable[..., Any], issuer: Issuer, wiring: Wiring
    ) -> None:
        issued = wiring.issuing.issue(make_order(issuer))
        which = ("--client-id", issuer.client_id, "--environment", "sandbox", "--reason", "the customer asked")
        done = told("transactions", "reverse", *which, "NW-1")
        assert done == {"id": issued.receipt.id, "status": "REVERSED"}
        again = run("transactions", "reverse", *which, "NW-1")
        assert (again.exit_code, "REVERSED" in again.output) == (1, True)
        with wiring.reading() as services:
            assert {**services.ledger.verify(), **services.transactions.verify()} == {}

    def test_finds_nothing_of_another_issuer(self, run: Callable[..., Result], issuer: Issuer, wiring: Wiring) -> None:
        wiring.issuing.issue(make_order(issuer))
        stranger = make_issuer(wiring, "Southwind Bank")
        which = ("--client-id", stranger.client_id, "--environment", "sandbox", "--reason", "mischief")
        assert run("transactions", "reverse", *which, "NW-1").exit_code == 1
