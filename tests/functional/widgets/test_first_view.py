import gzip
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update
from werkzeug.test import TestResponse

from tests.factories.issuers import AURORA, Issuer
from tests.functional.widgets.conftest import PATH, Launch, Widget, config_of
from widget_host.domain.accounts.rules import Holder
from widget_host.domain.programs.models import Partnership
from widget_host.domain.programs.rules import Destination
from widget_host.web.widgets.pages import INSTEAD, show
from widget_host.web.widgets.purchase import first
from widget_host.web.widgets.purchase.desk import AMOUNT
from widget_host.wiring import Wiring

# Nothing here is the database's.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

NASTY = '"><script>alert(1)</script>\n   &amp; \u2028 %s {{ 7 * 7 }}'
STATES: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "nothing told": ({}, {}),
    "a balance": ({"balance": 100, "currency": "USD"}, {}),
    "a balance below what is sold": ({"balance": 1, "currency": "USD"}, {}),
    "a balance for few chips": ({"balance": 30, "currency": "USD"}, {}),
    "another currency": ({"balance": 5000, "currency": "JPY"}, {}),
    "an address": ({"sourceUserEmail": "amira@bank.example"}, {}),
    "from right to left": ({"locale": "ar-AE", "balance": 100, "currency": "USD"}, {}),
    "a language of the address": ({}, {"locale": "ar"}),
    "a language that nobody speaks": ({}, {"locale": NASTY}),
    "dark": ({"theme": "dark"}, {}),
    "light by the address": ({}, {"theme": "light"}),
}


class TestFirstView:
    @pytest.mark.parametrize("state", STATES)
    def test_is_what_its_templates_say(self, state: str, open_both: Callable[..., tuple[str, str]]) -> None:
        claims, address = STATES[state]
        filled, rendered = open_both(claims, address)
        assert filled == rendered

    def test_is_so_with_accounts_that_the_issuer_knows(
        self, issuer: Issuer, open_both: Callable[..., tuple[str, str]]
    ) -> None:
        for program_id in issuer.programs.values():
            known = {
                "destinationUserId": '"><script>alert(1)</script> &amp; %s {{ 7 * 7 }}',
                "destinationUserEmail": "ana@example.com",
            }
            filled, rendered = open_both({"destinationAccounts": {program_id: known}}, {})
            assert filled == rendered
            assert "<script>alert" not in filled

    def test_is_so_with_an_account_used_before(
        self, wiring: Wiring, issuer: Issuer, open_both: Callable[..., tuple[str, str]]
    ) -> None:
        for program_id, account in zip(
            (issuer.programs[AURORA], issuer.programs["Verde Box"]),
            (Destination("AC12345678"), Destination(None, "ana@example.com")),
            strict=True,
        ):
            with wiring.writing() as services:
                services.accounts.remember(Holder(issuer.environment_id, "ana"), program_id, account)
            filled, rendered = open_both({}, {})
            assert filled == rendered
            assert "Saved account" in filled

    def test_is_so_with_programs_named_or_withdrawn(
        self, wiring: Wiring, issuer: Issuer, open_both: Callable[..., tuple[str, str]]
    ) -> None:
        for named in (["Kumo Pass"], ["Kumo Pass", AURORA], []):
            filled, rendered = open_both({"programIds": [issuer.programs[name] for name in named]}, {})
            assert filled == rendered
        with wiring.database.writing() as session:
            session.execute(
                update(Partnership).where(Partnership.program_id == issuer.programs[AURORA]).values(enabled=False)
            )
        filled, rendered = open_both({}, {})
        assert filled == rendered
        assert AURORA not in filled

    def test_is_so_with_a_way_back(
        self, wiring: Wiring, issuer: Issuer, open_both: Callable[..., tuple[str, str]]
    ) -> None:
        back = "https://bank.example/back?a=1&b=2"
        with wiring.writing() as services:
            environment = services.organizations.get_environment(issuer.environment_id)
            services.organizations.register_return_urls(environment, [back])
        filled, rendered = open_both({"returnUrl": back}, {})
        assert filled == rendered
        assert 'href="https://bank.example/back?a=1&amp;b=2&amp;status=cancel"' in filled
        assert "Back to Northwind Bank" not in open_both({}, {})[0]

    def test_shows_nobody_what_is_another_visitors(self, client: FlaskClient, launch: Launch, issuer: Issuer) -> None:
        seen: list[tuple[Widget, tuple[str, ...]]] = []
        for number in range(3):
            told = (f"customer{number}@bank.example", f"${1000 + number:,}.00")
            known = {issuer.programs["Verde Box"]: {"destinationUserEmail": told[0]}}
            claims = {"sourceUserId": f"customer-{number}", "destinationAccounts": known, "balance": 1000 + number}
            widget = Widget(client, launch(**claims, currency="USD"))
            seen.append((widget, (widget.bearer, self.nonce(widget.page), *told)))
        for widget, own in seen:
            others = {value for _, values in seen for value in values} - set(own)
            assert len(others) == 8
            assert all(value not in widget.page.text for value in others)
            assert all(value in widget.page.text for value in own)

    def test_is_the_same_compressed(self, client: FlaskClient, launch: Launch) -> None:
        token = launch(sourceUserEmail="amira@bank.example")
        plain = client.get(PATH, query_string={"token": token})
        packed = client.get(PATH, query_string={"token": token}, headers={"Accept-Encoding": "gzip"})
        assert (packed.headers["Content-Encoding"], packed.headers["Vary"]) == ("gzip", "HX-Request, Accept-Encoding")
        unpacked = packed.data
        packed.data = gzip.decompress(packed.data)
        assert neutral(packed) == neutral(plain)
        # The session stands in it as it is, beside nothing that could tell it by its length.
        assert unpacked.count(config_of(packed)["session"].encode()) == 2

    def nonce(self, page: TestResponse) -> str:
        found = re.search(r'<style nonce="([^"]+)"', page.text)
        assert found
        return found[1]

    @pytest.fixture
    def open_both(
        self, client: FlaskClient, launch: Launch, monkeypatch: pytest.MonkeyPatch
    ) -> Callable[..., tuple[str, str]]:
        """Open a widget three times: the stencil is cut, filled for somebody else, and not used at all."""

        def ask(claims: dict[str, Any], address: dict[str, str]) -> str:
            return neutral(client.get(PATH, query_string={"token": launch(**claims), **address}))

        def open_both(claims: dict[str, Any], address: dict[str, str]) -> tuple[str, str]:
            ask({"sourceUserEmail": "jonas@bank.example", **claims, "sourceUserId": "jonas"}, address)
            filled = ask(claims, address)
            with monkeypatch.context() as patched:
                patched.setattr(first, "show_first", as_any_step)
                return filled, ask(claims, address)

        return open_both


def as_any_step(desk: Any, offer: Any) -> Any:
    return show(AMOUNT, desk.screen(offer), element=INSTEAD, messages=first.MESSAGES)


def neutral(page: TestResponse) -> str:
    """Return the page with the same nonce and session in each."""
    assert page.status_code == 200
    text = page.text.replace(config_of(page)["session"], "session")
    return re.sub(r'nonce="[^"]+"', 'nonce=""', text)
