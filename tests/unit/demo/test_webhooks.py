import json
from pathlib import Path
from typing import Any

import pytest

from widget_host.demo.webhooks import Connection, is_authentic, read_event

VECTORS: dict[str, list[dict[str, str]]] = json.loads(
    (Path(__file__).parents[2] / "contracts" / "webhook_signatures.json").read_text(encoding="utf-8")
)
VALID = VECTORS["valid"][0]


def verify(vector: dict[str, str], *, now: int) -> bool:
    return is_authentic(
        vector["body"].encode(),
        timestamp=vector["timestamp"],
        signature=vector["x-signature"],
        secret=vector["secret"],
        now=now,
    )


class TestIsAuthentic:
    @pytest.mark.parametrize("vector", VECTORS["valid"], ids=lambda vector: vector["id"])
    def test_believes_what_was_signed_elsewhere(self, vector: dict[str, str]) -> None:
        assert verify(vector, now=int(vector["timestamp"]))

    @pytest.mark.parametrize("vector", VECTORS["invalid"], ids=lambda vector: vector["why"])
    def test_refuses_what_was_not(self, vector: dict[str, str]) -> None:
        assert not verify(vector, now=1700000000)

    @pytest.mark.parametrize(("seconds", "is_believed"), [(-301, False), (-300, True), (300, True), (301, False)])
    def test_believes_a_signature_for_five_minutes(self, seconds: int, is_believed: bool) -> None:
        assert verify(VALID, now=int(VALID["timestamp"]) + seconds) is is_believed

    def test_refuses_a_timestamp_with_a_line_after_it(self) -> None:
        assert not verify({**VALID, "timestamp": VALID["timestamp"] + "\n"}, now=int(VALID["timestamp"]))

    def test_refuses_a_request_without_signature_or_timestamp(self) -> None:
        assert not is_authentic(b"{}", timestamp="", signature="", secret="", now=0)


class TestReadEvent:
    @pytest.mark.parametrize(
        ("value", "cents"),
        [("25", 2500), ("25.5", 2550), ("0.1", 10), ("19.99", 1999), ("90071992547409.93", 9007199254740993)],
    )
    def test_reads_dollars_exactly(self, value: str, cents: int) -> None:
        assert read_event(self.body(value)).cents == cents

    def test_counts_no_cents_in_another_currency(self) -> None:
        assert read_event(self.body("25", currency="POINTS")).cents is None

    def test_reads_what_became_of_a_cards_program(self) -> None:
        account = {"destinationUserId": None, "destinationUserEmail": "a@b.example"}
        fields = {"id": "evt_1", "type": "UPDATED", "sequence": 7, "sourceUserId": "amira", "cardId": "card-1"}
        more = {"destinationProgramId": "prg_1", "destinationAccount": account, "allocation": 40}
        event = read_event(json.dumps(fields | more).encode())

        assert (event.type, event.customer_id, event.reference_number, event.cents) == ("UPDATED", "amira", None, None)
        assert event.connection == Connection("card-1", "prg_1", "a@b.example", allocation=40, sequence=7)

    def test_keeps_the_text_as_it_was_signed(self) -> None:
        body = '{ "id":"evt_1",\n "type": "unheard-of", "name": "Zoë" }'

        assert read_event(body.encode()).text == body

    @pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"{}", b'{"id": "evt_1"}', b'{"id": "1", "type": "LINKED"}'])
    def test_refuses_what_is_no_event(self, body: bytes) -> None:
        with pytest.raises((KeyError, ValueError)):
            read_event(body)

    def body(self, value: str, **others: Any) -> bytes:
        fields = {"id": "evt_1", "type": "transaction.completed", "currency": "USD", **others}
        return f'{json.dumps(fields)[:-1]}, "value": {value}}}'.encode()
