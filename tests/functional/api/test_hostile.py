"""What no honest caller sends: always a clear refusal, never a fault of ours, and nothing posted."""

import json
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories.issuers import AURORA, Issuer
from tests.fixtures import Api
from tests.functional.api.answers import problem, wrong_fields
from tests.functional.api.conftest import NOTHING, Order, Posted
from tests.functional.api.test_programs import VERDE
from widget_host.wiring import Wiring

JSON = "application/json"
PATHS = ("/transactions", "/transactions/preview", "/auth/widget/point-exchange", "/programs/prg_x/validate-member")
NOT_AN_OBJECT = {
    "nothing": b"",
    "a list": b"[]",
    "null": b"null",
    "a text": b'"order"',
    "half an object": b'{"value": 25',
    "more than an object": b"{}{}",
    "an unknown encoding": b"\xff\xfe\xfd",
    "not a number": b'{"value":NaN}',
    "without an end": b'{"value":-Infinity}',
    "beyond counting": b'{"value":1e9999999999999999999}',
    "below counting": b'{"value":1e-9999999999999999999}',
    "too many digits": b'{"value":' + b"1" * 5000 + b"}",
    "too deep": b"[" * 100_000,
    "too deep in objects": b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    "a form": b"programId=x&value=25",
    "a document": b"<?xml version='1.0'?><order/>",
}
NUMBERS = {
    "0": "too_small",
    "-0.0": "too_small",
    "-25": "too_small",
    "-1e400": "too_small",
    "1e400": "too_large",
    "1000000000001": "too_large",
    "9" * 4000: "too_large",
    "25.001": "too_precise",
    "25.00000000000000000000000000000000000001": "too_precise",
    "1e-400": "too_precise",
    "1e-999999999999": "too_precise",
    "true": "number_type",
    "false": "number_type",
    "null": "number_type",
    '"25"': "number_type",
    "[25]": "number_type",
    '{"value":25}': "number_type",
}
TEXTS = ("a\0b", "\ud800", "a\nb", "\x1b[2J", "\x7f")
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.decimals().map(str) | st.text()
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5)


def written(body: dict[str, Any], field: str, value: str) -> str:
    """Write the body as JSON, with the field's value as it is given."""
    return json.dumps(body | {field: "HERE"}).replace('"HERE"', value)


class TestBody:
    def test_that_is_no_object_is_refused(self, api: Api) -> None:
        for path, (name, body) in product(PATHS, NOT_AN_OBJECT.items()):
            answer = api.post(path, data=body, content_type=JSON)
            assert wrong_fields(answer) == {"body": "malformed"}, (path, name)

    def test_with_a_name_given_twice_is_refused(self, api: Api) -> None:
        for path in PATHS:
            answer = api.post(path, data=b'{"value":25,"programId":"a","value":2500}', content_type=JSON)
            assert wrong_fields(answer) == {"value": "repeated"}, path

    def test_with_half_a_character_is_refused(self, api: Api) -> None:
        bodies = (rb'{"\ud800":1}', rb'{"\ud800":1,"\ud800":2}', rb'{"programId":"\ud800"}')
        for path, body in product(PATHS, bodies):
            problem(api.post(path, data=body, content_type=JSON), 400, "VALIDATION_ERROR")

    def test_is_read_as_json_whatever_it_is_called(self, api: Api, posted: Posted) -> None:
        for content_type in ("application/x-www-form-urlencoded", "multipart/form-data", "text/xml", "x", ""):
            answer = api.post("/transactions", data=b"programId=x&value=25", content_type=content_type)
            assert wrong_fields(answer) == {"body": "malformed"}, content_type
        assert posted() == NOTHING


class TestOrder:
    def test_of_a_number_that_is_no_amount_is_refused(self, api: Api, order: Order, posted: Posted) -> None:
        for number, code in NUMBERS.items():
            answer = api.post("/transactions", data=written(order(), "value", number), content_type=JSON)
            assert wrong_fields(answer) == {"value": code}, number[:50]
        assert posted() == NOTHING

    def test_of_a_part_of_a_point_is_refused(self, api: Api, order: Order, posted: Posted) -> None:
        for number in ("1000.5", "1000.0000000000000000000000000000000001", "1e-400"):
            body = written(order(currency="POINTS"), "value", number)
            answer = api.post("/transactions", data=body, content_type=JSON)
            assert wrong_fields(answer) == {"value": "whole_number"}, number
        assert posted() == NOTHING

    def test_with_text_that_cannot_be_shown_is_refused(self, api: Api, order: Order, posted: Posted) -> None:
        for field, text in product(("programId", "referenceNumber", "description"), TEXTS):
            answer = api.post("/transactions", data=json.dumps(order() | {field: text}), content_type=JSON)
            assert wrong_fields(answer).keys() == {field}, text.encode("unicode_escape")
        assert posted() == NOTHING

    def test_with_an_account_that_cannot_be_shown_is_refused(self, api: Api, order: Order, posted: Posted) -> None:
        for text in TEXTS:
            body = order(destinationAccount={"destinationUserId": text, "destinationUserEmail": text})
            answer = api.post("/transactions", data=json.dumps(body), content_type=JSON)
            assert len(wrong_fields(answer)) == 2, text.encode("unicode_escape")
        assert posted() == NOTHING

    @pytest.mark.parametrize(("field", "longest"), [("programId", 120), ("referenceNumber", 120), ("description", 500)])
    def test_with_a_text_longer_than_is_kept_is_refused(
        self, api: Api, order: Order, posted: Posted, field: str, longest: int
    ) -> None:
        assert wrong_fields(api.post("/transactions", order(**{field: "é" * (longest + 1)}))) == {field: "too_long"}
        assert posted() == NOTHING

    def test_with_texts_as_long_as_are_kept_is_taken(self, api: Api, issuer: Issuer, order: Order) -> None:
        # Verde Box asks for an e-mail address only: what else is given is kept as it is.
        account = {"destinationUserId": "é" * 200, "destinationUserEmail": f"a@{'b' * 180}.{'c' * 63}"}
        texts = {"referenceNumber": "東" * 120, "description": "☕" * 500}
        body = order(programId=issuer.programs[VERDE], destinationAccount=account, **texts)
        assert api.post("/transactions", body).status_code == 201
        assert api.get(f"/transactions/{'東' * 120}").get_json()["destinationAccount"] == account

    def test_with_an_account_longer_than_is_kept_is_refused(
        self, api: Api, issuer: Issuer, order: Order, posted: Posted
    ) -> None:
        for account in (
            {"destinationUserId": "1" * 201},
            {"destinationUserEmail": f"{'a' * 64}@{'b' * 180}.{'c' * 63}"},
        ):
            body = order(programId=issuer.programs[VERDE], destinationAccount=account)
            assert set(wrong_fields(api.post("/transactions", body)).values()) == {"too_long"}
        assert posted() == NOTHING

    def test_that_anybody_can_think_of_is_taken_or_refused(
        self, api: Api, issuer: Issuer, order: Order, wiring: Wiring
    ) -> None:
        @settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])
        @given(st.fixed_dictionaries({}, optional=dict.fromkeys(order(), values) | {"description": values}))
        def any_order(changes: dict[str, Any]) -> None:
            answer = api.post("/transactions", data=json.dumps(order() | changes), content_type=JSON)
            if answer.status_code != 201:
                problem(answer, answer.status_code, answer.get_json()["code"])
                assert 400 <= answer.status_code < 500

        any_order()
        with wiring.reading() as services:
            assert {**services.ledger.verify(), **services.transactions.verify()} == {}


class TestLaunch:
    def test_with_text_that_cannot_be_shown_is_refused(self, api: Api, issuer: Issuer) -> None:
        program = issuer.programs[AURORA]
        for text in TEXTS:
            bodies: tuple[dict[str, Any], ...] = (
                {"sourceUserId": text},
                {"sourceUserEmail": text},
                {"programIds": [program, text]},
                {"destinationAccounts": {text: {}}},
                {"destinationAccounts": {program: {"destinationUserId": text}}},
                {"referenceNumber": text},
                {"locale": f"e{text}"},
                {"theme": text},
                {"currency": text},
                {text: 1},
            )
            for body in bodies:
                told = json.dumps({"sourceUserId": "user-1"} | body)
                answer = api.post("/auth/widget/point-exchange", data=told, content_type=JSON)
                problem(answer, 400, "VALIDATION_ERROR")


class TestPath:
    def test_that_names_nothing_is_not_found(self, api: Api) -> None:
        for name in ("%00", "%0a", "%7f", "%ff", "%ed%a0%80", "x" * 121, "'%20OR%201=1", "..%2f..%2fwsgi.py"):
            problem(api.get(f"/transactions/{name}"), 404, "NOT_FOUND")
            answer = api.get(f"/programs/{name}/fields")
            problem(answer, 404, answer.get_json()["code"])

    def test_on_a_host_that_is_none_does_no_harm(self, api: Api) -> None:
        for host in ("a b", "x" * 3000, "[::1", "a:b:c", "a/b", "<script>"):
            answer = api.get("/programs", headers={"Host": host})
            assert answer.status_code in (200, 400), host[:20]
            assert host not in answer.text
