"""How long a forged webhook is looked at, by what is wrong with it: who forges must learn nothing from the time."""

import statistics
import time
from typing import Any

from flask.testing import FlaskClient

from bench.hosts import host, postgres
from bench.report import Table, spread
from tests.factories.issuers import make_issuer
from tests.factories.production import add_inbound_secret, signed
from widget_host.app import create_app
from widget_host.config import Settings

WARMING, POSTS = 50, 400
UNAUTHORIZED = 401
UNKNOWN = "tnt_01m7xp0c4gf3ht2v8wq6k9s5rd"


def measure() -> Table:
    """Post one of each kind in turn, again and again."""
    with postgres() as server, host(server, "refusals", 1) as own:
        issuer = make_issuer(own.wiring)
        genuine = signed(own.wiring, add_inbound_secret(own.wiring, issuer), {"id": "bank-1"})
        client = create_app(Settings.from_environment(own.told), own.wiring).test_client()
        kinds = _kinds(issuer.tenant_key, genuine)
        for _ in range(WARMING):
            _round(client, kinds)
        rounds = [_round(client, kinds) for _ in range(POSTS)]
    took = {name: [each[name] for each in rounds] for name in kinds}
    least = min(statistics.median(row) for row in took.values())
    return Table(
        "How long a forged webhook is looked at, ms",
        ("What is wrong", "measured", "beside the quickest"),
        [(name, spread(row, 2), f"{statistics.median(row) / least:.2f} ×") for name, row in took.items()],
    )


def _kinds(tenant_key: str, genuine: dict[str, Any]) -> dict[str, tuple[str, dict[str, Any]]]:
    right = genuine["headers"]

    def changed(key: str = tenant_key, **headers: str) -> tuple[str, dict[str, Any]]:
        return f"/hooks/{key}/program-connection", genuine | {"headers": {**right, **headers}}

    no_headers = genuine | {"headers": {"Content-Type": "application/json"}}
    return {
        "a tenant that nobody is": changed(UNKNOWN),
        "another signature": changed(**{"x-signature": "0" * 64}),
        "a signature that is none": changed(**{"x-signature": "none"}),
        "a time long over": changed(**{"x-timestamp": "1700000000"}),
        "a time that is none": changed(**{"x-timestamp": "17e8"}),
        "no headers": (changed()[0], no_headers),
    }


def _round(client: FlaskClient, kinds: dict[str, tuple[str, dict[str, Any]]]) -> dict[str, float]:
    took = {}
    for name, (path, request) in kinds.items():
        began = time.perf_counter()
        status = client.post(path, **request).status_code
        took[name] = (time.perf_counter() - began) * 1000
        if status != UNAUTHORIZED:
            raise RuntimeError(f"{name}: {status}")
    return took
