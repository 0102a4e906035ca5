"""Whose word is taken for where a request came from, and for the name it was sent to."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.factories.issuers import Issuer
from tests.fixtures import Api
from widget_host.app import create_app
from widget_host.config import Settings
from widget_host.kit.value import replace
from widget_host.wiring import Wiring

Behind = Callable[..., FlaskClient]
OPEN = "/.well-known/jwks.json"
ELSEWHERE = {"X-Forwarded-Host": "elsewhere.example", "X-Forwarded-Proto": "http"}


@pytest.fixture
def behind(settings: Settings, wiring: Wiring, monkeypatch: pytest.MonkeyPatch) -> Behind:
    """A host behind so many proxies."""

    def behind(proxies: int, **changed: Any) -> FlaskClient:
        monkeypatch.setattr(wiring, "settings", replace(settings, proxies=proxies, **changed))
        return create_app(wiring.settings, wiring).test_client()

    return behind


class TestForwardedFor:
    @pytest.mark.parametrize(
        ("proxies", "said", "statuses"),
        [
            (0, ("203.0.113.1", "203.0.113.2"), [200, 429]),
            (1, ("203.0.113.1", "203.0.113.2"), [200, 200]),
            (1, ("198.51.100.1, 203.0.113.1", "198.51.100.2, 203.0.113.1"), [200, 429]),
            (2, ("203.0.113.1, 192.0.2.1", "203.0.113.2, 192.0.2.1"), [200, 200]),
            # Fewer than there are proxies: nobody of ours said it.
            (2, ("203.0.113.1", "203.0.113.2"), [200, 429]),
        ],
    )
    def test_is_believed_as_far_as_the_proxies_are_ours(
        self, behind: Behind, proxies: int, said: tuple[str, str], statuses: list[int]
    ) -> None:
        client = behind(proxies, rate_limit_reads=1)
        answers = [client.get(OPEN, headers={"X-Forwarded-For": each}) for each in said]
        assert [answer.status_code for answer in answers] == statuses


class TestForwardedHost:
    @pytest.mark.parametrize(
        ("proxies", "said", "status"),
        [
            (0, "sandbox.points.example", 401),
            (1, "sandbox.points.example", 200),
            (1, "sandbox.points.example, points.example", 401),
            (1, "points.example, sandbox.points.example", 200),
        ],
    )
    def test_names_the_environment_as_far_as_the_proxies_are_ours(
        self, behind: Behind, issuer: Issuer, proxies: int, said: str, status: int
    ) -> None:
        token = Api(behind(proxies), issuer).token
        client = behind(proxies, sandbox_host="sandbox.points.example")
        headers = {"Authorization": f"Bearer {token}", "X-Forwarded-Host": said}
        assert client.get("/programs", headers=headers).status_code == status


class TestLinks:
    @pytest.mark.parametrize("proxies", [0, 1])
    def test_lead_to_the_address_of_the_settings_whatever_a_caller_says(
        self, behind: Behind, issuer: Issuer, proxies: int
    ) -> None:
        client = behind(proxies, base_url="https://points.example")
        answer = client.get("/programs", headers=ELSEWHERE)
        assert answer.get_json()["type"].startswith("https://points.example/docs/errors#")
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
        assert client.get("/openapi.json", headers=ELSEWHERE).get_json()["servers"] == [
            {"url": "https://points.example"}
        ]
        opened = (
            Api(client, issuer)
            .post("/auth/widget/point-exchange", json={"sourceUserId": "user-1"}, headers=ELSEWHERE)
            .get_json()
        )
        assert opened["widgetUrl"].startswith("https://points.example/widget/point-exchange?token=")
