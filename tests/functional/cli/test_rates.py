from decimal import Decimal

import pytest

from tests.fakes.clock import StoppedClock
from tests.fixtures import Api
from tests.functional.cli.conftest import Run, Told

SET = ("rates", "set", "--currency", "EUR", "--usd")


class TestSet:
    def test_holds_from_its_moment_on(self, told: Told, api: Api, clock: StoppedClock) -> None:
        before = price(api)
        made = told(*SET, "1.25", "--from", "2026-01-31T10:05:00")
        assert made == {
            "currency": "EUR",
            "usd": "1.25",
            "validFrom": "2026-01-31T10:05:00.000Z",
            "isCurrent": False,
        }
        assert price(api) == before
        clock.advance(minutes=5)
        assert price(api) == Decimal("0.008") != before

    def test_replaces_the_rate_of_the_same_moment(self, told: Told) -> None:
        for usd in ("1.10", "1.20"):
            told(*SET, usd, "--from", "2026-01-01")
        listed = [each for each in told("rates", "list")["rates"] if each["currency"] == "EUR"]
        assert [(each["usd"], each["isCurrent"]) for each in listed] == [("1.2", True)]

    def test_stands_in_the_audit_trail(self, told: Told) -> None:
        told(*SET, "1.1")
        (event,) = told("audit", "list", "--event", "rate.changed")["events"]
        assert event["details"] == {"currency": "EUR", "usd": "1.1", "valid_from": "2026-01-31T10:00:00.000Z"}

    @pytest.mark.parametrize(
        ("currency", "usd"), [("USD", "1"), ("euro", "1"), ("EUR", "0"), ("EUR", "one"), ("EUR", "0.0000000000001")]
    )
    def test_refuses_what_nobody_could_convert_by(self, run: Run, currency: str, usd: str) -> None:
        refused = run("rates", "set", "--currency", currency, "--usd", usd)
        assert refused.exit_code == 1
        assert refused.output.startswith(f"Error: {'currency' if usd == '1' else 'usd'} must be ")


class TestList:
    def test_says_so_where_there_is_none(self, run: Run) -> None:
        assert run("rates", "list").output == "There is no rate yet.\n"

    def test_marks_what_holds_now(self, told: Told, run: Run, made: None) -> None:
        told(*SET, "1.25", "--from", "2030-01-01")
        lines = [line for line in run("rates", "list").output.splitlines() if line.startswith("EUR")]
        assert [line.endswith("current") for line in lines] == [True, False]


def price(api: Api) -> Decimal:
    """Return what a point of a cent costs in euros."""
    asked = {"programId": "prg_01m7xnezqjfa8rhkv62mvwwfth", "value": 100, "currency": "EUR"}
    return Decimal(api.post("/transactions/preview", asked).get_json()["pricePerPoint"])
