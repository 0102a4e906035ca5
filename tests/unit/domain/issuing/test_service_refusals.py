from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import update

from tests.factories.issuers import Issuer
from tests.factories.orders import NOTHING, WIDGET, decided, launch, make_order, posted, refusal_of
from tests.fakes.programs import StandInConnector
from widget_host.domain.access.rules import SessionEnded
from widget_host.domain.orders.rules import Issued
from widget_host.domain.organizations.models import Organization
from widget_host.domain.programs.models import Partnership
from widget_host.domain.programs.rules import Destination, InvalidProgram, MemberCheck, NoPartnership
from widget_host.domain.transactions.rules import (
    DuplicateReference,
    InvalidMember,
    Order,
    PartnerFailed,
    PartnerTimedOut,
    PointsModeDisabled,
    PointsOutOfRange,
    ValueOutOfRange,
)
from widget_host.kit.errors import InvalidFields, Refused
from widget_host.kit.money import Money
from widget_host.wiring import Wiring

TOO_LITTLE, TOO_MUCH = Money(499, "USD"), Money(200_001, "USD")


class TestIssueRefused:
    @pytest.mark.parametrize(
        ("changed", "kind"),
        [
            ({"value": TOO_LITTLE}, ValueOutOfRange),
            ({"value": TOO_MUCH}, ValueOutOfRange),
            ({"value": None, "points": 499}, PointsOutOfRange),
            ({"destination": Destination("sandbox-invalid-member")}, InvalidMember),
            ({"destination": Destination("nonsense")}, InvalidMember),
        ],
    )
    def test_keeps_what_the_program_or_its_limits_decided(
        self, wiring: Wiring, issuer: Issuer, changed: dict[str, Any], kind: type[Refused]
    ) -> None:
        order = make_order(issuer, **changed)
        first = refusal_of(wiring, order)
        repeated = refusal_of(wiring, order)

        assert (type(first), first.is_replay) == (kind, False)
        assert (type(repeated), repeated.is_replay) == (kind, True)
        assert (repeated.message, repeated.details) == (first.message, first.details)
        assert {name: str(value) for name, value in repeated.details.items()} == {
            name: str(value) for name, value in first.details.items()
        }
        assert (posted(wiring), decided(wiring)) == (NOTHING, 1)

    def test_keeps_it_from_being_asked_otherwise(self, wiring: Wiring, issuer: Issuer) -> None:
        refusal_of(wiring, make_order(issuer, value=TOO_LITTLE))

        assert isinstance(refusal_of(wiring, make_order(issuer)), DuplicateReference)
        assert posted(wiring) == NOTHING

    @pytest.mark.parametrize(
        ("changed", "kind"),
        [
            ({"program_id": "prg_unknown"}, InvalidProgram),
            ({"destination": Destination()}, InvalidFields),
            ({"value": Money(2500, "XAU")}, InvalidFields),
            ({"destination": Destination("sandbox-partner-error")}, PartnerFailed),
            ({"destination": Destination("sandbox-partner-timeout")}, PartnerTimedOut),
        ],
    )
    def test_forgets_what_can_be_mended(
        self, wiring: Wiring, issuer: Issuer, changed: dict[str, Any], kind: type[Refused]
    ) -> None:
        assert type(refusal_of(wiring, make_order(issuer, **changed))) is kind
        assert (posted(wiring), decided(wiring)) == (NOTHING, 0)

        assert wiring.issuing.issue(make_order(issuer)).is_replay is False

    def test_forgets_that_there_was_no_partnership(self, wiring: Wiring, issuer: Issuer) -> None:
        self.change(wiring, update(Partnership).values(enabled=False))
        assert isinstance(refusal_of(wiring, make_order(issuer)), NoPartnership)
        self.change(wiring, update(Partnership).values(enabled=True))

        assert wiring.issuing.issue(make_order(issuer)).receipt.total_points == 2500

    def test_forgets_that_exact_points_were_not_enabled(self, wiring: Wiring, issuer: Issuer) -> None:
        order = make_order(issuer, value=None, points=2500)
        self.change(wiring, update(Organization).values(points_mode=False))
        assert isinstance(refusal_of(wiring, order), PointsModeDisabled)
        self.change(wiring, update(Organization).values(points_mode=True))

        assert wiring.issuing.issue(order).receipt.total_points == 2500

    def test_asks_no_program_to_credit_what_it_refused(
        self, wiring: Wiring, issuer: Issuer, program: StandInConnector
    ) -> None:
        program.known = MemberCheck(is_valid=False, reason="NOT_FOUND")
        assert isinstance(refusal_of(wiring, make_order(issuer)), InvalidMember)
        assert isinstance(refusal_of(wiring, make_order(issuer, "NW-2", value=TOO_MUCH)), ValueOutOfRange)

        assert program.credited == []

    def test_posts_nothing_when_something_breaks_in_the_middle(
        self, wiring: Wiring, issuer: Issuer, program: StandInConnector
    ) -> None:
        program.refusal = RuntimeError("a fault")
        with pytest.raises(RuntimeError):
            wiring.issuing.issue(make_order(issuer))

        assert (posted(wiring), decided(wiring)) == (NOTHING, 0)

    def test_hears_the_answer_of_who_was_faster(
        self, wiring: Wiring, issuer: Issuer, program: StandInConnector
    ) -> None:
        """Both asked, one was refused by a program that the other had convinced."""
        faster: list[Issued] = []

        def meanwhile() -> None:
            program.meanwhile = lambda: None
            faster.append(wiring.issuing.issue(make_order(issuer)))

        program.meanwhile, program.refusal = meanwhile, None
        answer = wiring.issuing.issue(make_order(issuer))

        assert answer == Issued(faster[0].receipt, is_replay=True)
        assert posted(wiring)["transactions"] == 1

    def change(self, wiring: Wiring, statement: Any) -> None:
        with wiring.database.writing() as session:
            session.execute(statement)


class TestIssueFromAWidget:
    def test_keeps_no_refusal_so_that_its_customer_can_correct(
        self, wiring: Wiring, place: Callable[..., Order]
    ) -> None:
        assert isinstance(refusal_of(wiring, place(value=TOO_LITTLE)), ValueOutOfRange)
        assert decided(wiring) == 0

        assert wiring.issuing.issue(place()).receipt.total_points == 2500

    def test_spends_its_launch_once(self, wiring: Wiring, place: Callable[..., Order]) -> None:
        wiring.issuing.issue(place())
        before = posted(wiring)

        with pytest.raises(SessionEnded):
            wiring.issuing.issue(place("NW-2"))
        assert (posted(wiring), decided(wiring)) == (before, 1)

    def test_replays_under_the_same_reference_though_the_launch_is_spent(
        self, wiring: Wiring, place: Callable[..., Order]
    ) -> None:
        first = wiring.issuing.issue(place())

        assert wiring.issuing.issue(place()) == Issued(first.receipt, is_replay=True)

    def test_does_not_spend_the_launch_on_a_refusal(self, wiring: Wiring, place: Callable[..., Order]) -> None:
        for member in ("sandbox-invalid-member", "sandbox-partner-error"):
            refusal_of(wiring, place(destination=Destination(member)))

        assert wiring.issuing.issue(place()).is_replay is False

    def test_buys_once_when_two_tabs_confirm_at_once(self, wiring: Wiring, place: Callable[..., Order]) -> None:
        start = Barrier(2, timeout=30)

        def confirm(reference: str) -> bool:
            start.wait()
            try:
                wiring.issuing.issue(place(reference))
            except SessionEnded:
                return False
            return True

        with ThreadPoolExecutor(2) as threads:
            assert sum(threads.map(confirm, ("NW-1", "NW-2"))) == 1
        assert posted(wiring)["transactions"] == 1

    @pytest.fixture
    def place(self, wiring: Wiring, issuer: Issuer) -> Callable[..., Order]:
        """Places orders from one and the same opened widget."""
        token = launch(wiring, issuer)
        opened = wiring.openings.open(token, WIDGET).widget

        def place(reference: str = "NW-1", **changed: Any) -> Order:
            return make_order(issuer, reference, launch_id=opened.launch_id, keeps_refusals=False, **changed)

        return place
