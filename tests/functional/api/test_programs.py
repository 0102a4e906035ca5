from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.factories.issuers import AURORA, Issuer
from tests.fixtures import Api
from tests.functional.api.answers import problem, wrong_fields
from tests.functional.api.conftest import Change

MERIDIAN, SAHRA, KUMO, VERDE = "Meridian Circle", "Sahra Falcon", "Kumo Pass", "Verde Box"
UNKNOWN = "prg_00000000000000000000000000"


def listed(api: Api, name: str) -> dict[str, Any]:
    """Return the program of this name, as the list has it."""
    programs = api.get("/programs").get_json()
    found: dict[str, Any] = next(program for program in programs if program["name"] == name)
    return found


class TestIndex:
    def test_lists_six_programs_of_a_new_sandbox_by_name(self, api: Api, issuer: Issuer) -> None:
        programs = api.get("/programs").get_json()
        assert [program["name"] for program in programs] == sorted(issuer.programs)
        assert {program["id"] for program in programs} == set(issuer.programs.values())
        assert len(programs) == 6

    def test_prices_a_program_of_the_home_currency(self, api: Api) -> None:
        aurora = listed(api, AURORA)
        assert (
            aurora["pricePerPoint"] == aurora["pricePerPointInUsd"] == aurora["pricePerPointInLocalCurrency"] == "0.01"
        )
        assert (aurora["minValue"], aurora["maxValue"]) == (5, 2000)
        assert (aurora["minAmountOfPoints"], aurora["maxAmountOfPoints"]) == (500, 200_000)

    def test_converts_price_and_limits_of_another_currency_and_promises_no_more_than_holds(self, api: Api) -> None:
        # 0.0065 EUR at 1.08; from 10.00 to 1,500.00 EUR is from 10.80 to 1,620.00 USD.
        meridian = listed(api, MERIDIAN)
        assert meridian["pricePerPoint"] == "0.00702"
        assert (meridian["minValue"], meridian["maxValue"]) == (11, 1620)
        assert meridian["localCurrency"] == "USD"

    def test_shows_a_logo_that_is_there(self, api: Api, client: FlaskClient) -> None:
        for program in api.get("/programs").get_json():
            with client.get(program["logo"].removeprefix("http://localhost")) as logo:
                assert (logo.status_code, logo.mimetype) == (200, "image/svg+xml")

    def test_leaves_out_a_partnership_that_is_switched_off(self, api: Api, issuer: Issuer, change: Change) -> None:
        change("UPDATE partnerships SET enabled = false WHERE program_id = :id", id=issuer.programs[AURORA])
        assert AURORA not in [program["name"] for program in api.get("/programs").get_json()]


class TestFields:
    def test_says_what_a_program_asks_of_a_member_in_its_order(self, api: Api, issuer: Issuer) -> None:
        fields = api.get(f"/programs/{issuer.programs[SAHRA]}/fields").get_json()
        assert list(fields) == ["destinationUserId", "destinationUserEmail"]
        assert fields["destinationUserId"] == {
            "required": True,
            "type": "string",
            "label": fields["destinationUserId"]["label"],
            "pattern": "[0-9]{3} ?[0-9]{3} ?[0-9]{3}",
            "hint": fields["destinationUserId"]["hint"],
            "example": "118 204 973",
        }
        assert (fields["destinationUserEmail"]["type"], fields["destinationUserEmail"]["required"]) == ("email", True)

    def test_are_the_same_as_in_the_list(self, api: Api) -> None:
        for program in api.get("/programs").get_json():
            assert api.get(f"/programs/{program['id']}/fields").get_json() == program["fields"]

    def test_examples_are_members(self, api: Api) -> None:
        for program in api.get("/programs").get_json():
            member = {name: field["example"] for name, field in program["fields"].items()}
            answer = api.post(f"/programs/{program['id']}/validate-member", member)
            assert answer.get_json() == {"isValid": True}, program["name"]

    def test_refuses_an_unknown_program(self, api: Api) -> None:
        said = problem(api.get(f"/programs/{UNKNOWN}/fields"), 404, "INVALID_PROGRAM")
        assert said["details"] == {"programId": UNKNOWN}

    def test_refuses_a_program_without_an_enabled_partnership(self, api: Api, issuer: Issuer, change: Change) -> None:
        change("UPDATE partnerships SET enabled = false WHERE program_id = :id", id=issuer.programs[AURORA])
        problem(api.get(f"/programs/{issuer.programs[AURORA]}/fields"), 403, "NO_PARTNERSHIP")


class TestValidateMember:
    @pytest.mark.parametrize(
        ("program", "member", "answer"),
        [
            (AURORA, {"destinationUserId": "AC12345678"}, {"isValid": True}),
            (AURORA, {"destinationUserId": "AC1234567"}, {"isValid": False, "reason": "MALFORMED"}),
            (AURORA, {"destinationUserId": "AC12345678\u2028"}, {"isValid": False, "reason": "MALFORMED"}),
            (AURORA, {"destinationUserId": ""}, {"isValid": False, "reason": "MALFORMED"}),
            (AURORA, {}, {"isValid": False, "reason": "MALFORMED"}),
            (AURORA, {"destinationUserId": "sandbox-invalid-member"}, {"isValid": False, "reason": "NOT_FOUND"}),
            (MERIDIAN, {"destinationUserId": "204813377"}, {"isValid": True}),
            (SAHRA, {"destinationUserId": "118204973"}, {"isValid": False, "reason": "MALFORMED"}),
            (VERDE, {"destinationUserEmail": "name@example"}, {"isValid": False, "reason": "MALFORMED"}),
            (KUMO, {"destinationUserId": "k7f2m9qx"}, {"isValid": False, "reason": "MALFORMED"}),
            (VERDE, {"destinationUserEmail": "name@example.com"}, {"isValid": True}),
            (VERDE, {"destinationUserId": "name@example.com"}, {"isValid": False, "reason": "MALFORMED"}),
        ],
    )
    def test_says_whether_the_program_knows_the_member(
        self, api: Api, issuer: Issuer, program: str, member: dict[str, str], answer: dict[str, Any]
    ) -> None:
        said = api.post(f"/programs/{issuer.programs[program]}/validate-member", member)
        assert (said.status_code, said.get_json()) == (200, answer)

    def test_names_every_wrong_field_at_once(self, api: Api, issuer: Issuer) -> None:
        body = {"destinationUserId": 12345678, "destinationUserEmail": ["a@example.com"], "name": "Amira"}
        answer = api.post(f"/programs/{issuer.programs[AURORA]}/validate-member", body)
        assert wrong_fields(answer) == {
            "destinationUserId": "string_type",
            "destinationUserEmail": "string_type",
            "name": "unknown",
        }

    def test_refuses_an_account_longer_than_any(self, api: Api, issuer: Issuer) -> None:
        body = {"destinationUserId": "1" * 201, "destinationUserEmail": f"{'a' * 250}@example.com"}
        answer = api.post(f"/programs/{issuer.programs[AURORA]}/validate-member", body)
        assert wrong_fields(answer) == {"destinationUserId": "too_long", "destinationUserEmail": "too_long"}

    def test_refuses_an_unknown_program(self, api: Api) -> None:
        problem(api.post(f"/programs/{UNKNOWN}/validate-member", {}), 404, "INVALID_PROGRAM")
