from typing import Any, cast

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, KeySetSerialization
from sqlalchemy import select, update

from tests.factories.issuers import Issuer, make_issuer
from tests.factories.orders import WIDGET, launch
from tests.factories.widgets import get_widget, open_widget
from tests.fakes.clock import StoppedClock
from widget_host.domain.access.models import ClientSecret
from widget_host.domain.access.rules import Client, LaunchRequest, SessionEnded, SessionReplaced
from widget_host.kit.errors import InvalidToken
from widget_host.wiring import Wiring


def find(wiring: Wiring, client_id: str, secret: str) -> Client | None:
    with wiring.reading() as services:
        return services.clients.find(client_id, secret)


class TestFind:
    def test_knows_who_presents_id_and_secret(self, wiring: Wiring, issuer: Issuer) -> None:
        client = find(wiring, issuer.client_id, issuer.client_secret)

        assert client is not None
        assert (client.organization_id, client.environment_id) == (issuer.organization_id, issuer.environment_id)
        assert (client.environment_kind, client.organization_name) == ("sandbox", "Northwind Bank")

    @pytest.mark.parametrize(
        "change", [str.upper, lambda secret: secret + " ", lambda secret: secret[:-1], lambda _: ""]
    )
    def test_knows_nobody_by_another_secret(self, wiring: Wiring, issuer: Issuer, change: Any) -> None:
        assert find(wiring, issuer.client_id, change(issuer.client_secret)) is None

    def test_knows_nobody_by_the_secret_of_a_stranger(self, wiring: Wiring, issuer: Issuer) -> None:
        stranger = make_issuer(wiring, "Elsewhere")

        assert find(wiring, issuer.client_id, stranger.client_secret) is None
        assert find(wiring, stranger.client_id, issuer.client_secret) is None

    def test_knows_several_secrets_until_each_is_revoked(self, wiring: Wiring, issuer: Issuer) -> None:
        with wiring.writing() as services:
            _, second = services.clients.add_secret(services.organizations.get_environment(issuer.environment_id))
        assert find(wiring, issuer.client_id, second) is not None
        first = find(wiring, issuer.client_id, issuer.client_secret)
        assert first is not None

        revoke(wiring, first.secret_id)
        assert find(wiring, issuer.client_id, issuer.client_secret) is None
        assert find(wiring, issuer.client_id, second) is not None


class TestAddSecret:
    def test_keeps_no_secret_that_could_be_read(self, wiring: Wiring, issuer: Issuer) -> None:
        with wiring.database.reading() as session:
            (kept,) = session.scalars(select(ClientSecret.secret_hash))

        assert issuer.client_secret.startswith("whs_sandbox_")
        assert kept == wiring.hasher.hash(issuer.client_secret)
        assert issuer.client_secret not in kept


class TestAccessTokens:
    def test_carry_who_may_do_what_for_how_long(self, wiring: Wiring, client: Client) -> None:
        keys = KeySet.import_key_set(cast("KeySetSerialization", wiring.access_signer.public_keys()))
        claims = jwt.decode(self.issue(wiring, client), keys, ["ES256"]).claims

        now = int(wiring.clock.now().timestamp())
        assert claims.pop("jti").startswith("tok_")
        assert claims == {
            "iss": "http://localhost",
            "aud": "http://localhost",
            "sub": client.client_id,
            "client_id": client.client_id,
            "env": "sandbox",
            "secret": client.secret_id,
            "scope": "points widgets",
            "iat": now,
            "exp": now + 600,
        }

    def test_are_believed_for_ten_minutes(self, wiring: Wiring, client: Client, clock: StoppedClock) -> None:
        token = self.issue(wiring, client)

        clock.advance(seconds=599)
        assert self.check(wiring, token) == client
        clock.advance(seconds=1)
        with pytest.raises(InvalidToken, match="expired"):
            self.check(wiring, token)

    def test_die_with_the_secret_that_fetched_them(self, wiring: Wiring, client: Client) -> None:
        token = self.issue(wiring, client)
        revoke(wiring, client.secret_id)

        with pytest.raises(InvalidToken, match="revoked"):
            self.check(wiring, token)

    def test_outlive_another_secret(self, wiring: Wiring, client: Client, issuer: Issuer) -> None:
        token = self.issue(wiring, client)
        other = find(wiring, (stranger := make_issuer(wiring, "Elsewhere")).client_id, stranger.client_secret)
        assert other is not None
        revoke(wiring, other.secret_id)

        assert self.check(wiring, token) == client

    @pytest.mark.parametrize("token", ["", "x", "a.b.c"])
    def test_are_refused_where_they_are_none(self, wiring: Wiring, token: str) -> None:
        with pytest.raises(InvalidToken, match="not one of this host"):
            self.check(wiring, token)

    def issue(self, wiring: Wiring, client: Client) -> str:
        return wiring.callers.issue(client)

    def check(self, wiring: Wiring, token: str) -> Client:
        return wiring.callers.of_token(token)

    @pytest.fixture
    def client(self, wiring: Wiring, issuer: Issuer) -> Client:
        client = find(wiring, issuer.client_id, issuer.client_secret)
        assert client is not None
        return client


class TestGet:
    def test_lives_ten_minutes(self, wiring: Wiring, issuer: Issuer, clock: StoppedClock) -> None:
        bearer, opened = open_widget(wiring, launch(wiring, issuer))

        clock.advance(seconds=599)
        assert get_widget(wiring, bearer) == opened
        clock.advance(seconds=1)
        with pytest.raises(SessionEnded):
            get_widget(wiring, bearer)

    def test_says_when_its_launch_was_spent(self, wiring: Wiring, issuer: Issuer) -> None:
        bearer, opened = open_widget(wiring, launch(wiring, issuer))
        with wiring.writing() as services:
            services.widget_sessions.spend(opened.launch_id)

        assert get_widget(wiring, bearer).is_spent is True

    @pytest.mark.parametrize("bearer", ["", "x" * 43, f"wgl_{'0' * 26}.{'x' * 43}", f"wgl_{'0' * 25}\0.{'x' * 43}"])
    def test_refuses_a_bearer_that_nobody_was_given(self, wiring: Wiring, issuer: Issuer, bearer: str) -> None:
        open_widget(wiring, launch(wiring, issuer))

        with pytest.raises(SessionEnded) as raised:
            get_widget(wiring, bearer)
        assert raised.value.tenant_key is None

    def test_refuses_a_bearer_that_only_names_its_launch(self, wiring: Wiring, issuer: Issuer) -> None:
        bearer, opened = open_widget(wiring, launch(wiring, issuer))

        for made_up in (f"{opened.launch_id}.{'x' * 43}", bearer[:-1], f"{bearer}x", f"{bearer[:-1]}\u00e9"):
            with pytest.raises(SessionEnded):
                get_widget(wiring, made_up)
        assert get_widget(wiring, bearer) == opened

    def test_refuses_a_bearer_of_a_launch_that_opened_nothing_yet(self, wiring: Wiring, issuer: Issuer) -> None:
        launch_id, _ = wiring.launch_signer.verify(launch(wiring, issuer), purpose=WIDGET)

        with pytest.raises(SessionEnded) as raised:
            get_widget(wiring, f"{launch_id}.{'x' * 43}")
        assert raised.value.tenant_key is None

    def test_says_that_the_widget_was_opened_again(self, wiring: Wiring, issuer: Issuer) -> None:
        token = launch(wiring, issuer, LaunchRequest("amira", return_url="https://bank.example/back"))
        bearer, _ = open_widget(wiring, token)
        open_widget(wiring, token)

        with pytest.raises(SessionReplaced) as raised:
            get_widget(wiring, bearer)
        assert (raised.value.tenant_key, raised.value.return_url) == (issuer.tenant_key, "https://bank.example/back")

    def test_refuses_the_bearer_of_another_widget(self, wiring: Wiring, issuer: Issuer) -> None:
        bearer, _ = open_widget(wiring, launch(wiring, issuer))

        with pytest.raises(SessionEnded):
            get_widget(wiring, bearer, "multibrand")


class TestSpend:
    def test_happens_once(self, wiring: Wiring, issuer: Issuer) -> None:
        _, opened = open_widget(wiring, launch(wiring, issuer))
        with wiring.writing() as services:
            services.widget_sessions.spend(opened.launch_id)

        with pytest.raises(SessionEnded), wiring.writing() as services:
            services.widget_sessions.spend(opened.launch_id)

    def test_refuses_a_launch_that_is_not_there(self, wiring: Wiring) -> None:
        with pytest.raises(SessionEnded), wiring.writing() as services:
            services.widget_sessions.spend("wgl_unknown")


def revoke(wiring: Wiring, secret_id: str) -> None:
    with wiring.database.writing() as session:
        session.execute(update(ClientSecret).where(ClientSecret.id == secret_id).values(revoked_at=wiring.clock.now()))
