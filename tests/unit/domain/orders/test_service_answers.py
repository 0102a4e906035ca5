from tests.factories.issuers import Issuer, make_issuer
from tests.factories.orders import make_order
from widget_host.domain.orders.rules import claim_of
from widget_host.wiring import Wiring


class TestFind:
    def test_sees_nothing_of_another_environment(self, wiring: Wiring, issuer: Issuer) -> None:
        wiring.issuing.issue(make_order(issuer))
        stranger = make_issuer(wiring, "Elsewhere")

        with wiring.reading() as services:
            assert services.answers.find(claim_of(make_order(issuer))) is not None
            assert services.answers.find(claim_of(make_order(stranger))) is None
