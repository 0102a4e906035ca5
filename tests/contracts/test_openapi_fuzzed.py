"""schemathesis tries the API against its own document: every check, every phase (`make fuzz` takes longer)."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.factories.cards import preferred
from tests.factories.issuers import AURORA, Issuer
from widget_host.config import Settings
from widget_host.wiring import Wiring

CONFIG = Path(__file__).parents[2] / "schemathesis.toml"
TOLD = os.environ.get("WIDGET_HOST_TEST_EXAMPLES")
# Among all the other tests the same few cases each time; told how many, other cases each time.
AMOUNT = [f"--max-examples={TOLD}"] if TOLD else ["--max-examples=10", "--generation-deterministic", "--seed=1"]


@pytest.mark.slow
class TestEveryOperation:
    def test_does_what_its_description_says(
        self, served: str, issuer: Issuer, wiring: Wiring, tmp_path: Path
    ) -> None:
        with wiring.writing() as services:
            aurora = preferred(issuer, AURORA, 100)
            # The card of the examples.
            services.preferences.save(issuer.environment_id, "customer-1", "card-1", [aurora], version=0)
        credentials = {"WIDGET_HOST_CLIENT_ID": issuer.client_id, "WIDGET_HOST_CLIENT_SECRET": issuer.client_secret}
        program = Path(sys.executable).with_name("st")
        ran = subprocess.run(
            [program, f"--config-file={CONFIG}", "run", f"{served}/openapi.json", f"--url={served}", *AMOUNT],
            cwd=tmp_path,
            env={**os.environ, **credentials, "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            check=False,
            timeout=3600,
        )
        print(ran.stdout[-3000:])
        assert ran.returncode == 0, ran.stdout[-20_000:]

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        """Nobody is told to wait: the clock stands still, and most cases would hear nothing else."""
        return replace(settings, rate_limit_tokens=0, rate_limit_reads=0, rate_limit_writes=0)
