import pytest
from flask.testing import FlaskClient

from tests.factories.issuers import Issuer
from tests.factories.production import make_live
from tests.fakes.clock import StoppedClock
from tests.functional.cli.conftest import Run, Told
from widget_host.wiring import Wiring


class TestSecrets:
    def test_are_listed_without_being_shown(self, told: Told, issuer: Issuer, which: tuple[str, ...]) -> None:
        made = told("secrets", "create", *which)
        listed = told("secrets", "list", *which)["secrets"]
        assert listed[0]["id"] == made["id"]
        assert [each["revokedAt"] for each in listed] == [None, None]
        assert made["clientSecret"].startswith("whs_sandbox_")
        assert made["clientSecret"] not in str(listed)

    def test_live_beside_each_other(
        self, told: Told, client: FlaskClient, issuer: Issuer, which: tuple[str, ...]
    ) -> None:
        made = told("secrets", "create", *which)
        for secret in (issuer.client_secret, made["clientSecret"]):
            assert fetched(client, issuer, secret) is not None

    def test_take_their_tokens_with_them_within_a_second_when_revoked(
        self,
        told: Told,
        run: Run,
        client: FlaskClient,
        issuer: Issuer,
        which: tuple[str, ...],
        clock: StoppedClock,
    ) -> None:
        (first,) = told("secrets", "list", *which)["secrets"]
        token = fetched(client, issuer, issuer.client_secret)
        assert told("secrets", "revoke", *which, first["id"])["revokedAt"] is not None
        clock.advance(seconds=1)
        assert called(client, token) == 401
        assert fetched(client, issuer, issuer.client_secret) is None
        again = run("secrets", "revoke", *which, first["id"])
        assert (again.exit_code, again.output) == (1, f"Error: There is no live secret {first['id']}.\n")
        events = told("audit", "list", "--client-id", issuer.client_id)["events"]
        assert [each["event"] for each in events][:3] == [
            "secret.revoked_used",
            "secret.revoked_used",
            "secret.revoked",
        ]

    def test_are_all_replaced_by_one(
        self, told: Told, client: FlaskClient, issuer: Issuer, which: tuple[str, ...]
    ) -> None:
        token = fetched(client, issuer, issuer.client_secret)
        made = told("secrets", "rotate", *which)
        assert len(made["revoked"]) == 1
        assert called(client, token) == 401
        assert called(client, fetched(client, issuer, made["clientSecret"])) == 200

    def test_of_another_environment_are_not_found(
        self, run: Run, told: Told, wiring: Wiring, which: tuple[str, ...]
    ) -> None:
        live = make_live(wiring, name="Southwind Bank")
        theirs = ("--client-id", live.sandbox.client_id, "--environment", "production")
        (secret,) = told("secrets", "list", *theirs)["secrets"]
        assert run("secrets", "revoke", *which, secret["id"]).exit_code == 1

    def test_of_production_are_made_where_it_is_open(self, run: Run, told: Told, wiring: Wiring) -> None:
        live = make_live(wiring, name="Southwind Bank")
        which = ("--client-id", live.sandbox.client_id, "--environment", "production")
        assert told("secrets", "create", *which)["clientSecret"].startswith("whs_production_")
        told("organizations", "update", "--client-id", live.sandbox.client_id, "--no-kyb-approved")
        refused = run("secrets", "create", *which)
        assert (refused.exit_code, "KYB is not approved" in refused.output) == (1, True)

    @pytest.fixture
    def which(self, issuer: Issuer) -> tuple[str, ...]:
        return ("--client-id", issuer.client_id, "--environment", "sandbox")


class TestKyb:
    def test_withdrawn_closes_production_within_a_second_until_it_is_approved_again(
        self, told: Told, client: FlaskClient, wiring: Wiring, clock: StoppedClock
    ) -> None:
        live = make_live(wiring)
        production, update = live.production, ("organizations", "update", "--client-id", live.sandbox.client_id)
        token = fetched(client, production, production.client_secret)
        sandbox = fetched(client, live.sandbox, live.sandbox.client_secret)
        asked = {"sourceUserId": "user-1"}
        headers = {"Authorization": f"Bearer {token}"}
        launched = client.post("/auth/widget/point-exchange", json=asked, headers=headers).get_json()["widgetUrl"]
        told(*update, "--no-kyb-approved")
        clock.advance(seconds=1)
        assert (called(client, token), called(client, sandbox)) == (401, 200)
        refused = client.post("/auth/token", json=credentials(production, production.client_secret))
        assert refused.status_code == 401
        assert "KYB approval was withdrawn" in refused.get_json()["error_description"]
        assert client.get(launched.removeprefix("http://localhost")).status_code == 401
        told(*update, "--kyb-approved")
        clock.advance(seconds=1)
        assert called(client, token) == 200
        assert client.get(launched.removeprefix("http://localhost")).status_code == 200

    def test_is_told_in_the_audit_trail(self, told: Told, client: FlaskClient, wiring: Wiring) -> None:
        live = make_live(wiring)
        update = ("organizations", "update", "--client-id", live.sandbox.client_id)
        for option in ("--no-kyb-approved", "--no-kyb-approved"):
            told(*update, option)
        assert fetched(client, live.production, live.production.client_secret) is None
        trail = ("audit", "list", "--client-id", live.sandbox.client_id, "--environment", "production")
        events = [each["event"] for each in told(*trail)["events"]]
        assert events[:3] == ["production.closed_used", "kyb.withdrawn", "secret.created"]


def credentials(issuer: Issuer, secret: str) -> dict[str, str]:
    return {"client_id": issuer.client_id, "client_secret": secret}


def fetched(client: FlaskClient, issuer: Issuer, secret: str) -> str | None:
    """Return the token that this secret fetches, None where it is refused."""
    said: dict[str, str] = client.post("/auth/token", json=credentials(issuer, secret)).get_json()
    return said.get("access_token")


def called(client: FlaskClient, token: str | None) -> int:
    return client.get("/programs", headers={"Authorization": f"Bearer {token}"}).status_code
