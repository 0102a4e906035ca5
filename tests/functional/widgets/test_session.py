from itertools import product

import pytest
from flask.testing import FlaskClient

from tests.factories.issuers import BANK, Issuer
from tests.fakes.clock import StoppedClock
from tests.fixtures import Api
from tests.functional.widgets.conftest import PATH, Launch, Widget

STEPS = ("program", "preview", "amount", "review", "confirm")


class TestStrangers:
    @pytest.mark.parametrize("step", STEPS)
    def test_are_told_that_the_session_has_ended(self, client: FlaskClient, entry: dict[str, str], step: str) -> None:
        for authorization in ("", "Bearer made-up", "Basic Og=="):
            answer = client.post(f"{PATH}/{step}", data=entry, headers={"Authorization": authorization})
            assert answer.status_code == 401
            assert "Your session has ended" in answer.text

    def test_cannot_use_an_access_token_of_the_api(self, client: FlaskClient, entry: dict[str, str], api: Api) -> None:
        for step in STEPS:
            answer = client.post(f"{PATH}/{step}", data=entry, headers={"Authorization": f"Bearer {api.token}"})
            assert answer.status_code == 401

    def test_on_another_site_are_refused(self, client: FlaskClient, widget: Widget, entry: dict[str, str]) -> None:
        for step, site in product(STEPS, ("cross-site", "same-site", "none")):
            headers = {"Authorization": f"Bearer {widget.bearer}", "Sec-Fetch-Site": site}
            assert client.post(f"{PATH}/{step}", data=entry, headers=headers).status_code == 403

    def test_cannot_read_with_get(self, client: FlaskClient) -> None:
        assert {client.get(f"{PATH}/{step}").status_code for step in STEPS} == {405}


class TestSession:
    def test_is_accepted_from_its_own_pages(self, client: FlaskClient, widget: Widget, entry: dict[str, str]) -> None:
        headers = {"Authorization": f"Bearer {widget.bearer}", "Sec-Fetch-Site": "same-origin", "Origin": "null"}
        assert client.post(f"{PATH}/preview", data=entry, headers=headers).status_code == 200

    def test_ends_after_ten_minutes_in_place_of_the_step(
        self, widget: Widget, entry: dict[str, str], clock: StoppedClock
    ) -> None:
        clock.advance(minutes=10, seconds=1)
        answer = widget.post("preview", **entry)
        assert answer.status_code == 401
        assert answer.text.strip().startswith('<hx-partial hx-target="#step" hx-swap="outerSync">')
        assert "Your session has ended" in answer.text

    def test_that_ended_is_still_framed_by_the_issuer_without_scripts(
        self, plain_widget: Widget, entry: dict[str, str], clock: StoppedClock, issuer: Issuer
    ) -> None:
        clock.advance(minutes=10, seconds=1)
        page = plain_widget.post("review", **entry, _t=issuer.tenant_key)
        assert page.status_code == 401
        assert page.headers["Content-Security-Policy"].endswith(f"frame-ancestors {BANK}")

    def test_never_lives_in_a_cookie(
        self, client: FlaskClient, launch: Launch, entry: dict[str, str], clock: StoppedClock
    ) -> None:
        token = launch()
        widget = Widget(client, token)
        answers = [widget.page, *(widget.post(step, **entry) for step in STEPS)]
        client.set_cookie("session", widget.bearer)
        answers.append(client.post(f"{PATH}/preview", data=entry))
        answers += [client.get(PATH), client.get(f"{PATH}/nothing"), client.get("/static/js/page.js")]
        assert [answer.status_code for answer in answers] == [200] * 6 + [401, 401, 404, 200]
        assert not [answer for answer in answers if "Set-Cookie" in answer.headers]
        for answer in answers:
            answer.close()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
class TestZeroByte:
    """PostgreSQL keeps and compares no text that has one."""

    @pytest.mark.parametrize("name", ["locale", "theme"])
    def test_in_what_the_address_asks_for_counts_as_not_asked(
        self, client: FlaskClient, launch: Launch, name: str
    ) -> None:
        assert client.get(PATH, query_string={"token": launch(), name: "\0"}).status_code == 200

    def test_in_a_tenants_name_is_nobodys(self, client: FlaskClient) -> None:
        assert client.get(PATH, query_string={"tenant": "tnt_\0"}).status_code == 401

    def test_in_a_bearer_is_nobodys(self, plain_widget: Widget, entry: dict[str, str]) -> None:
        bearer = f"{plain_widget.bearer[:-1]}\0"
        assert plain_widget.post("preview", **entry, _s=bearer, _t="tnt_\0").status_code == 401
