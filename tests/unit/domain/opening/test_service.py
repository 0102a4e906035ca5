import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from typing import Any

import psycopg
import pytest
from sqlalchemy import select, text, update

from tests.factories.issuers import Issuer
from tests.factories.orders import WIDGET, launch
from tests.factories.widgets import get_widget, open_widget
from tests.fakes.clock import StoppedClock
from tests.services.waiting import wait_for_who_waits
from widget_host.domain.access.models import WidgetLaunch
from widget_host.domain.access.rules import (
    ExchangeFinished,
    LaunchedCard,
    LaunchRequest,
    NoLaunchToken,
    OpenWidget,
    Prefill,
    SessionEnded,
    SessionReplaced,
)
from widget_host.domain.accounts.rules import Holder
from widget_host.domain.programs.rules import Destination
from widget_host.kit import direct
from widget_host.kit.money import Money
from widget_host.wiring import Wiring

FULL = LaunchRequest(
    source_user_id="amira",
    source_user_email="amira@bank.example",
    balance=Money.of(Decimal("1250.50"), "USD"),
    currency="EUR",
    program_ids=("prg_1", "prg_2"),
    destination_accounts={"prg_1": Prefill("AC12345678", None), "prg_2": Prefill(None, "a@b.example")},
    reference_number="NW-1",
    locale="ar",
    theme="dark",
    card=LaunchedCard("card-1", "4821", 3),
    metadata={"campaign": "spring"},
)


class TestOpen:
    @pytest.mark.parametrize("request_made", [LaunchRequest("amira"), FULL])
    def test_gives_the_widget_what_the_issuer_said(
        self, wiring: Wiring, issuer: Issuer, request_made: LaunchRequest
    ) -> None:
        _, opened = open_widget(wiring, launch(wiring, issuer, request_made))

        assert opened.request == LaunchRequest(
            **{**values(request_made), "destination_accounts": request_made.destination_accounts or {}}
        )
        assert opened.currency == (request_made.currency or "USD")
        assert (opened.tenant.tenant_key, opened.tenant.organization_name) == (issuer.tenant_key, "Northwind Bank")
        assert (opened.tenant.allowed_origins, opened.is_spent) == (("https://bank.example",), False)

    def test_ends_the_session_that_the_token_had_opened_before(self, wiring: Wiring, issuer: Issuer) -> None:
        token = launch(wiring, issuer)
        first, _ = open_widget(wiring, token)
        second, _ = open_widget(wiring, token)

        with pytest.raises(SessionEnded):
            get_widget(wiring, first)
        assert get_widget(wiring, second).launch_id

    def test_leaves_the_sessions_of_other_launches_alone(self, wiring: Wiring, issuer: Issuer) -> None:
        first, _ = open_widget(wiring, launch(wiring, issuer))
        open_widget(wiring, launch(wiring, issuer))

        assert get_widget(wiring, first).is_spent is False

    def test_refuses_a_token_after_ten_minutes_and_says_whose_it_was(
        self, wiring: Wiring, issuer: Issuer, clock: StoppedClock
    ) -> None:
        token = launch(wiring, issuer)
        clock.advance(seconds=601)

        with pytest.raises(SessionEnded) as raised:
            open_widget(wiring, token)
        assert raised.value.tenant_key == issuer.tenant_key

    def test_refuses_a_token_that_was_spent(self, wiring: Wiring, issuer: Issuer) -> None:
        token = launch(wiring, issuer)
        _, opened = open_widget(wiring, token)
        with wiring.writing() as services:
            services.widget_sessions.spend(opened.launch_id)

        with pytest.raises(SessionEnded) as raised:
            open_widget(wiring, token)
        assert raised.value.tenant_key == issuer.tenant_key

    @pytest.mark.parametrize("token", ["", "x", "a.b.c"])
    def test_refuses_what_was_never_signed_here(self, wiring: Wiring, token: str) -> None:
        with pytest.raises(NoLaunchToken):
            open_widget(wiring, token)

    def test_refuses_the_token_of_another_widget(self, wiring: Wiring, issuer: Issuer) -> None:
        with pytest.raises(NoLaunchToken):
            open_widget(wiring, launch(wiring, issuer), "multibrand")

    def test_keeps_the_bearer_as_a_hash_alone(self, wiring: Wiring, issuer: Issuer) -> None:
        bearer, _ = open_widget(wiring, launch(wiring, issuer))

        with wiring.database.reading() as session:
            assert session.scalars(select(WidgetLaunch.session_hash)).all() == [wiring.bearer_hasher.hash(bearer)]

    def test_puts_nothing_of_the_customer_into_the_address(self, wiring: Wiring, issuer: Issuer) -> None:
        token = launch(wiring, issuer, FULL)

        with wiring.database.reading() as session:
            (launch_id,) = session.scalars(select(WidgetLaunch.id))
        assert wiring.launch_signer.verify(token, purpose=WIDGET) == (launch_id, issuer.tenant_key)

    def test_knows_the_accounts_used_before_the_last_one_first(
        self, wiring: Wiring, issuer: Issuer, clock: StoppedClock
    ) -> None:
        first, second = sorted(issuer.programs.values())[:2]
        for program_id, holder in ((first, "amira"), (second, "amira"), (first, "jonas")):
            clock.advance(seconds=1)
            with wiring.writing() as services:
                services.accounts.remember(Holder(issuer.environment_id, holder), program_id, Destination(holder))

        opened = wiring.openings.open(launch(wiring, issuer), WIDGET)

        assert list(opened.accounts.items()) == [(second, Destination("amira")), (first, Destination("amira"))]

    def test_keeps_what_the_address_asked_for(self, wiring: Wiring, issuer: Issuer) -> None:
        opened = wiring.openings.open(launch(wiring, issuer), WIDGET, locale="ar-AE", theme="dark")

        assert (opened.widget.asked_locale, opened.widget.asked_theme) == ("ar-AE", "dark")
        assert get_widget(wiring, opened.bearer) == opened.widget

    def test_says_that_a_finished_exchange_is_finished_before_all_else(
        self, wiring: Wiring, issuer: Issuer, clock: StoppedClock
    ) -> None:
        token = launch(wiring, issuer, LaunchRequest("amira", return_url="https://bank.example/back"))
        spend(wiring, open_widget(wiring, token)[1])
        clock.advance(hours=1)

        with pytest.raises(ExchangeFinished) as raised:
            open_widget(wiring, token)
        assert raised.value.return_url == "https://bank.example/back"

    def test_begins_where_what_is_remembered_of_its_tenant_changed_here(self, wiring: Wiring, issuer: Issuer) -> None:
        open_widget(wiring, launch(wiring, issuer))
        with wiring.writing() as services:
            environment = services.organizations.get_environment(issuer.environment_id)
            services.organizations.allow_origins(environment, ["https://other.example"])

        assert open_widget(wiring, launch(wiring, issuer))[1].tenant.allowed_origins == ("https://other.example",)

    @pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
    def test_does_nothing_the_second_time_it_is_sent(
        self, wiring: Wiring, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = direct.at_once

        def sent_twice(*asked: Any) -> tuple[Any, ...]:
            assert real(*asked) == real(*asked)
            return real(*asked)

        monkeypatch.setattr(direct, "at_once", sent_twice)
        bearer, opened = open_widget(wiring, launch(wiring, issuer))

        assert get_widget(wiring, bearer) == opened
        with wiring.database.reading() as session:
            assert session.scalars(select(WidgetLaunch.session_hash)).all() == [opened.session_hash]

    @pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
    def test_is_one_round_trip(self, wiring: Wiring, issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
        tokens = [launch(wiring, issuer) for _ in range(2)]
        open_widget(wiring, tokens[0])
        asked: list[str] = []
        real = psycopg.Connection.wait

        def counted(connection: Any, gen: Any, *args: Any, **options: Any) -> Any:
            asked.append(gen.__name__)
            return real(connection, gen, *args, **options)

        monkeypatch.setattr(psycopg.Connection, "wait", counted)
        open_widget(wiring, tokens[1])
        assert asked.count("_execute_gen") == 1
        assert set(asked) <= {"_execute_gen", "_set_autocommit_gen", "_rollback_gen"}


class TestTogether:
    """Openings that meet: those of one moment are written together, whoever began."""

    def test_all_begin_and_each_is_told_its_own(self, wiring: Wiring, issuer: Issuer) -> None:
        requests = [LaunchRequest(f"customer-{number}", balance=Money(number, "USD")) for number in range(6)]
        tokens = [launch(wiring, issuer, request) for request in requests]

        opened = self.meet(wiring, issuer, [partial(open_widget, wiring, token) for token in tokens])

        assert [widget.request.source_user_id for _, widget in opened] == [each.source_user_id for each in requests]
        assert [get_widget(wiring, bearer) for bearer, _ in opened] == [widget for _, widget in opened]

    def test_of_one_launch_leave_the_last_session_alone(self, wiring: Wiring, issuer: Issuer) -> None:
        token = launch(wiring, issuer)

        opened = self.meet(wiring, issuer, [partial(open_widget, wiring, token)] * 5)

        lives = [bearer for bearer, _ in opened if self.lives(wiring, bearer)]
        assert len(lives) == 1
        assert len({widget.session_hash for _, widget in opened}) == 5

    def test_meets_a_purchase_and_opens_nothing_once_it_is_made(self, wiring: Wiring, issuer: Issuer) -> None:
        token, other = launch(wiring, issuer), launch(wiring, issuer)
        launch_id, _ = wiring.launch_signer.verify(token, purpose=WIDGET)

        def refused() -> tuple[str, OpenWidget]:
            with pytest.raises(ExchangeFinished):
                open_widget(wiring, token)
            return open_widget(wiring, other)

        found = self.meet(wiring, issuer, [refused] * 2, spending=launch_id)

        assert sum(self.lives(wiring, bearer) for bearer, _ in found) == 1

    def meet(
        self,
        wiring: Wiring,
        issuer: Issuer,
        openings: list[Callable[[], tuple[str, OpenWidget]]],
        *,
        spending: str | None = None,
    ) -> list[tuple[str, OpenWidget]]:
        """Let them all wait for somebody who writes, and go on at the same moment."""
        # What is looked up is known before.
        open_widget(wiring, launch(wiring, issuer))
        begun = threading.Semaphore(0)

        def begin(opening: Callable[[], tuple[str, OpenWidget]]) -> tuple[str, OpenWidget]:
            begun.release()
            return opening()

        with ThreadPoolExecutor(len(openings)) as pool:
            with self.held(wiring, spending):
                futures = [pool.submit(begin, opening) for opening in openings]
                for _ in openings:
                    assert begun.acquire(timeout=30)
                assert not any(future.done() for future in futures)
            return [future.result(timeout=30) for future in futures]

    @contextmanager
    def held(self, wiring: Wiring, spending: str | None) -> Iterator[None]:
        """Hold every launch, or the writer's turn, until somebody waits for it."""
        with wiring.database.writing() as session:
            if not wiring.database.is_sqlite:
                session.execute(text("SELECT id FROM widget_launches FOR UPDATE"))
            if spending is not None:
                spent = update(WidgetLaunch).where(WidgetLaunch.id == spending)
                session.execute(spent.values(spent_at=wiring.clock.now()))
            yield
            if not wiring.database.is_sqlite:
                wait_for_who_waits(wiring.database)

    def lives(self, wiring: Wiring, bearer: str) -> bool:
        try:
            return bool(get_widget(wiring, bearer))
        except SessionReplaced:
            return False


def spend(wiring: Wiring, opened: OpenWidget) -> None:
    with wiring.writing() as services:
        services.widget_sessions.spend(opened.launch_id)


def values(request: LaunchRequest) -> dict[str, Any]:
    return {name: getattr(request, name) for name in LaunchRequest.__struct_fields__}
