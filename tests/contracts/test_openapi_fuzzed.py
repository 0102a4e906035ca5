"""schemathesis tries the API against its own document: every check, every phase (`make fuzz` takes longer)."""

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.factories.cards import preferred
from tests.factories.issuers import AURORA, Issuer
from tests.fixtures import Api
from widget_host.wiring import Wiring

ROOT = Path(__file__).parents[2]
TOLD = os.environ.get("WIDGET_HOST_TEST_EXAMPLES")
# Among all the other tests the same few cases each time; told how many, other cases each time.
AMOUNT = [f"--max-examples={TOLD}"] if TOLD else ["--max-examples=10", "--generation-deterministic", "--seed=1"]


@pytest.mark.slow
class TestEveryOperation:
    def test_does_what_its_description_says(
        self, served: str, api: Api, issuer: Issuer, wiring: Wiring, tmp_path: Path
    ) -> None:
        with wiring.writing() as services:
            aurora = preferred(issuer, AURORA, 100)
            # The card of the examples.
            services.preferences.save(issuer.environment_id, "customer-1", "card-1", [aurora], version=0)
        bearer = f"Authorization: Bearer {api.token}"
        config = f"--config-file={self.config(issuer, tmp_path)}"
        program = Path(sys.executable).with_name("st")
        ran = subprocess.run(
            [program, config, "run", f"{served}/openapi.json", f"--url={served}", "--header", bearer, *AMOUNT],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=3600,
        )
        assert ran.returncode == 0, ran.stdout[-20_000:]

    def config(self, issuer: Issuer, folder: Path) -> Path:
        """Return the project's own settings, and valid Basic credentials for the token endpoint."""
        basic = base64.b64encode(f"{issuer.client_id}:{issuer.client_secret}".encode()).decode()
        settings = (ROOT / "schemathesis.toml").read_text("utf-8")
        token = 'include-name = "POST /auth/token"\n'
        assert token in settings
        file = folder / "schemathesis.toml"
        header = f'headers = {{ Authorization = "Basic {basic}" }}\n'
        file.write_text("color = false\n" + settings.replace(token, token + header), "utf-8")
        return file
