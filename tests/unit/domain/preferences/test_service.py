import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.cards import CARD, CUSTOMER, MERIDIAN, VERDE, choose, choose_three, preferred
from tests.factories.issuers import AURORA, Issuer, make_issuer
from tests.fakes.clock import START, StoppedClock
from widget_host.domain.endpoints.rules import Details
from widget_host.domain.preferences.rules import PreferencesChanged
from widget_host.domain.programs.rules import Destination, InvalidProgram
from widget_host.domain.webhooks.models import Delivery, Event
from widget_host.kit.errors import InvalidFields, NotFound
from widget_host.wiring import Wiring


class TestSave:
    def test_keeps_what_was_chosen(self, wiring: Wiring, issuer: Issuer) -> None:
        choice = choose_three(wiring, issuer)
        assert (choice.version, choice.updated_at) == (1, START)
        with wiring.reading() as services:
            assert services.preferences.get(issuer.environment_id, CUSTOMER, CARD) == choice

    def test_tells_of_each_program_what_became_of_it(self, wiring: Wiring, issuer: Issuer, clock: StoppedClock) -> None:
        choose_three(wiring, issuer)
        clock.advance(minutes=1)
        aurora = preferred(issuer, AURORA, 80)
        choose(wiring, issuer, preferred(issuer, MERIDIAN, 20), aurora, version=1)
        told = events(wiring)
        assert [(each["type"], each["destinationProgramId"], each["allocation"]) for each in told] == [
            ("LINKED", issuer.programs[AURORA], 50),
            ("LINKED", issuer.programs[MERIDIAN], 30),
            ("LINKED", issuer.programs[VERDE], 20),
            ("DELINKED", issuer.programs[VERDE], 0),
            ("UPDATED", issuer.programs[MERIDIAN], 20),
            ("UPDATED", issuer.programs[AURORA], 80),
        ]
        assert [each["sequence"] for each in told] == [1, 2, 3, 4, 5, 6]
        assert told[-1] == {
            "id": told[-1]["id"],
            "type": "UPDATED",
            "sequence": 6,
            "sourceUserId": CUSTOMER,
            "cardId": CARD,
            "destinationProgramId": issuer.programs[AURORA],
            "destinationAccount": {"destinationUserId": "AC12345678", "destinationUserEmail": None},
            "allocation": 80,
            "date": "2026-01-31T10:01:00.000Z",
        }

    def test_enqueues_what_it_tells(self, wiring: Wiring, issuer: Issuer) -> None:
        with wiring.writing() as services:
            services.endpoints.create(issuer.environment_id, Details(url="http://localhost/hook"))
        choose_three(wiring, issuer)
        with wiring.reading() as services:
            assert len(services._session.scalars(select(Delivery)).all()) == 3

    def test_changes_nothing_where_nothing_changed(self, wiring: Wiring, issuer: Issuer, clock: StoppedClock) -> None:
        first = choose_three(wiring, issuer)
        clock.advance(minutes=1)
        assert choose(wiring, issuer, *first.programs, version=1) == first
        assert len(events(wiring)) == 3

    def test_keeps_another_order_without_telling(self, wiring: Wiring, issuer: Issuer) -> None:
        first = choose_three(wiring, issuer)
        again = choose(wiring, issuer, *reversed(first.programs), version=1)
        assert (again.version, again.programs) == (2, first.programs[::-1])
        assert len(events(wiring)) == 3

    @pytest.mark.parametrize("version", [0, 2, -1])
    def test_refuses_another_version_than_the_stored(self, wiring: Wiring, issuer: Issuer, version: int) -> None:
        first = choose_three(wiring, issuer)
        with pytest.raises(PreferencesChanged):
            choose(wiring, issuer, preferred(issuer, AURORA, 100), version=version)
        with wiring.reading() as services:
            assert services.preferences.get(issuer.environment_id, CUSTOMER, CARD) == first

    def test_refuses_a_version_of_what_is_not_there(self, wiring: Wiring, issuer: Issuer) -> None:
        with pytest.raises(PreferencesChanged):
            choose(wiring, issuer, preferred(issuer, AURORA, 100), version=1)

    @pytest.mark.parametrize("version", [0, 1])
    def test_lets_one_of_many_at_once_win(self, wiring: Wiring, issuer: Issuer, version: int) -> None:
        if version:
            choose_three(wiring, issuer)

        def save(_: int) -> bool:
            try:
                choose(wiring, issuer, preferred(issuer, AURORA, 100), version=version)
            except PreferencesChanged:
                return False
            return True

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(save, range(8))) == 1

    def test_keeps_nothing_of_a_choice_that_cannot_be(self, wiring: Wiring, issuer: Issuer) -> None:
        unknown = preferred(issuer, AURORA, 50)
        bad = [
            (InvalidFields, [preferred(issuer, AURORA, 99)]),
            (InvalidFields, [preferred(issuer, AURORA, 100, Destination())]),
            (InvalidProgram, [unknown, type(unknown)("prg_unknown", Destination("1"), 50)]),
        ]
        for refusal, programs in bad:
            with pytest.raises(refusal):
                choose(wiring, issuer, *programs)
        with wiring.reading() as services, pytest.raises(NotFound):
            services.preferences.get(issuer.environment_id, CUSTOMER, CARD)
        assert events(wiring) == []

    def test_checks_the_account_of_a_program_that_was_there_before(self, wiring: Wiring, issuer: Issuer) -> None:
        first = choose_three(wiring, issuer)
        changed = [preferred(issuer, AURORA, 50, Destination()), *first.programs[1:]]
        with pytest.raises(InvalidFields):
            choose(wiring, issuer, *changed, version=1)

    def test_may_keep_a_program_that_is_no_partner_any_more(
        self, wiring: Wiring, issuer: Issuer, clock: StoppedClock
    ) -> None:
        choose_three(wiring, issuer)
        with wiring.writing() as services:
            services._session.connection().exec_driver_sql("UPDATE partnerships SET enabled = false")
        changed = [preferred(issuer, AURORA, 40), preferred(issuer, MERIDIAN, 40), preferred(issuer, VERDE, 20)]
        assert choose(wiring, issuer, *changed, version=1).version == 2


class TestGet:
    def test_finds_nothing_of_strangers(self, wiring: Wiring, issuer: Issuer) -> None:
        stranger = make_issuer(wiring, "Southwind Bank")
        choose_three(wiring, issuer)
        with wiring.reading() as services, pytest.raises(NotFound):
            services.preferences.get(stranger.environment_id, CUSTOMER, CARD)


def events(wiring: Wiring) -> list[dict[str, Any]]:
    with wiring.reading() as services:
        return [json.loads(event.body) for event in services._session.scalars(select(Event).order_by(Event.sequence))]
