from typing import Any

import pytest

from widget_host.domain.orders import rules
from widget_host.domain.programs.rules import Destination
from widget_host.domain.transactions.rules import Order
from widget_host.kit.errors import NotFound
from widget_host.kit.money import Money


class TestDiffering:
    @pytest.mark.parametrize(
        ("changed", "names"),
        [
            ({}, []),
            ({"value": Money(2501, "USD")}, ["value"]),
            ({"value": Money(2500, "EUR")}, ["currency"]),
            ({"value": None, "points": 2500}, ["currency"]),
            ({"program_id": "prg_2"}, ["programId"]),
            ({"destination": Destination("AC2")}, ["destinationAccount.destinationUserId"]),
            ({"destination": Destination("AC1", "a@b.cd")}, ["destinationAccount.destinationUserEmail"]),
            ({"description": "other"}, ["description"]),
            ({"source_user_id": "amira"}, ["sourceUserId"]),
            ({"program_id": "prg_2", "description": "other"}, ["programId", "description"]),
            ({"launch_id": "wgl_2", "keeps_refusals": False}, []),
        ],
    )
    def test_names_what_was_asked_otherwise(self, changed: dict[str, Any], names: list[str]) -> None:
        first, second = make_order().as_request(), make_order(**changed).as_request()

        assert rules.differing(first, second) == names


class TestRefusal:
    def test_knows_no_other_than_the_stored(self) -> None:
        with pytest.raises(KeyError):
            rules.refusal(code=NotFound.code, message="No.", details={})


def make_order(**changed: Any) -> Order:
    fields = {"value": Money(2500, "USD"), "destination": Destination("AC1"), "reference_number": "NW-1"}
    return Order(**{"environment_id": "env_1", "program_id": "prg_1", **fields, **changed})
