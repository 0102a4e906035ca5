"""schemathesis tries the API against its own document: every check, every phase (`make fuzz` takes longer)."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.factories.cards import choose, preferred
from tests.factories.issuers import AURORA, Issuer, make_issuer
from tests.fakes.clock import START
from tests.fixtures import Api
from widget_host.config import Settings
from widget_host.kit.value import replace
from widget_host.wiring import Wiring

CONFIG = Path(__file__).parents[2] / "schemathesis.toml"
STRANGERS = Path(__file__).with_name("strangers.py")
TOLD = os.environ.get("WIDGET_HOST_TEST_EXAMPLES")
# Among all the other tests the same few cases each time; told how many, other cases each time.
AMOUNT = [f"--max-examples={TOLD}"] if TOLD else ["--max-examples=5", "--generation-deterministic", "--seed=1"]
# Nor on both databases: what they answer has been compared by then, case by case.
BOTH = ["sqlite", "postgresql"]


def on(database: str) -> pytest.MarkDecorator:
    """Run on this database, and on both at length."""
    return pytest.mark.parametrize("database_url", BOTH if TOLD else [database], indirect=True)


@pytest.mark.slow
class TestEveryOperation:
    @on("sqlite")
    def test_does_what_its_description_says(self, served: str, issuer: Issuer, wiring: Wiring) -> None:
        aurora = preferred(issuer, AURORA, 100)
        with wiring.writing() as services:
            # The card of the examples.
            services.preferences.save(issuer.environment_id, "customer-1", "card-1", [aurora], version=0)
        ran = fuzzed(served, issuer)
        assert ran.returncode == 0, ran.stdout[-20_000:]

    @on("postgresql")
    def test_tells_nothing_of_another_tenant(self, served: str, issuer: Issuer, stranger: dict[str, Any]) -> None:
        checks = ["--checks=not_a_server_error,tells_nothing_of_strangers"]
        phases = [] if TOLD else ["--phases=examples,fuzzing,stateful"]
        environment = {"SCHEMATHESIS_HOOKS": str(STRANGERS), "STRANGER": json.dumps(stranger)}
        ran = fuzzed(served, issuer, *checks, *phases, **environment)
        assert ran.returncode == 0, ran.stdout[-20_000:]

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        """Nobody is told to wait: the clock stands still, and most cases would hear nothing else."""
        return replace(settings, rate_limit_tokens=0, rate_limit_reads=0, rate_limit_writes=0)

    @pytest.fixture
    def stranger(self, client: FlaskClient, wiring: Wiring, issuer: Issuer) -> dict[str, Any]:
        """A tenant with a program, an order, a quote, events and a card that the caller has not."""
        other = make_issuer(wiring, "Southwind Bank")
        aurora, api = other.programs[AURORA], Api(client, other)
        priced = {"programId": aurora, "value": 25, "currency": "USD"}
        quote = api.post("/transactions/preview", priced).get_json()
        order = priced | {"destinationAccount": {"destinationUserId": "AC99887766"}, "referenceNumber": "theirs-1"}
        made = api.post("/transactions", order | {"description": "Southwind statement"}).get_json()
        choose(wiring, other, preferred(other, AURORA, 100), card="card-theirs")
        with wiring.writing() as services:
            environment = services.organizations.get_environment(issuer.environment_id)
            partnership = services.partnerships.get(environment, aurora)
            partnership.enabled = False
        return {
            "programs": [aurora],
            "transactions": [made["id"]],
            "references": ["theirs-1"],
            "quotes": [quote["quoteId"]],
            "events": [event["id"] for event in api.get("/events").get_json()],
            "cursors": [f"{int(START.timestamp()) - 1}000000.{made['id']}"],
            "customers": ["user-1"],
            "cards": ["card-theirs"],
            "clients": [other.client_id],
            "onlyTheirs": ["Southwind", "AC99887766", other.environment_id, other.tenant_key, other.client_secret],
        }


def fuzzed(served: str, issuer: Issuer, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run schemathesis with the project's own settings, as this issuer."""
    program = Path(sys.executable).with_name("st")
    credentials = {"WIDGET_HOST_CLIENT_ID": issuer.client_id, "WIDGET_HOST_CLIENT_SECRET": issuer.client_secret}
    ran = subprocess.run(
        [program, f"--config-file={CONFIG}", "run", f"{served}/openapi.json", f"--url={served}", *AMOUNT, *options],
        env={**os.environ, **credentials, **environment, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=3600,
    )
    # Shown by `make fuzz`, and where something failed.
    sys.stdout.write(ran.stdout[-3000:])
    return ran
