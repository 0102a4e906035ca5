from datetime import timedelta
from typing import Any

import pytest

from tests.factories.cards import CARD, CUSTOMER, MERIDIAN, VERDE, choose, preferred
from tests.factories.issuers import AURORA, Issuer
from tests.fixtures import Api
from tests.functional.widgets.conftest import events
from tests.functional.widgets.multibrand.conftest import Open, draft, draft_of, focused, percents_of
from widget_host.domain.inbound.rules import Sender
from widget_host.domain.preferences.rules import DELINKED, Connection
from widget_host.domain.programs.rules import Destination
from widget_host.domain.transactions.rules import PartnerTimedOut
from widget_host.wiring import Wiring

pytestmark = pytest.mark.usefixtures("verified")


class TestSave:
    def test_keeps_the_draft_and_tells_the_host_and_the_outbox(self, open_card: Open, chosen: Issuer, api: Api) -> None:
        widget = open_card()
        aurora, meridian, verde = (chosen.programs[name] for name in (AURORA, MERIDIAN, VERDE))
        removed = widget.post("change", draft=draft_of(widget.page), do=f"remove:{verde}")
        typed = {f"percent-{aurora}": "70", f"percent-{meridian}": "30"}
        answer = widget.post("save", draft=draft_of(removed), **typed)
        assert answer.status_code == 200
        assert "Your rewards are saved" in answer.text
        changes = [("DELINKED", verde), ("UPDATED", aurora)]
        assert events(answer) == {
            "widget:step": {"name": "saved"},
            "widget:preferences.changed": {
                "changes": [{"type": kind, "destinationProgramId": program} for kind, program in changes]
            },
        }
        assert stored(api) == (2, [(aurora, 70), (meridian, 30)])
        assert [(each["type"], each["allocation"]) for each in api.get("/events").get_json()[3:]] == [
            ("DELINKED", 0),
            ("UPDATED", 70),
        ]

    def test_pressed_twice_saves_once(self, open_card: Open, issuer: Issuer, api: Api) -> None:
        widget, aurora = open_card(is_scripted=False), issuer.programs[AURORA]
        form = draft((aurora, "AC12345678", 100))
        for _ in range(2):
            assert "Your rewards are saved" in widget.post("save", draft=form).text
        assert stored(api) == (1, [(aurora, 100)])

    def test_may_be_changed_again(self, open_card: Open, chosen: Issuer) -> None:
        widget = open_card()
        assert percents_of(widget.post("stored")) == ["50", "30", "20"]

    @pytest.mark.parametrize(
        ("typed", "said", "focus"),
        [
            ("40", "Allocate the remaining 10% to save.", ""),
            ("60", "Take 10% away to save.", ""),
            ("half", "Enter a whole number from 0 to 100.", "percent-{}"),
        ],
    )
    def test_refuses_what_is_not_a_whole(
        self, *, open_card: Open, chosen: Issuer, api: Api, typed: str, said: str, focus: str
    ) -> None:
        widget, aurora = open_card(), chosen.programs[AURORA]
        answer = widget.post("save", draft=draft_of(widget.page), **{f"percent-{aurora}": typed})
        assert answer.status_code == 422
        assert said in answer.text
        assert not focus or focused(answer) == focus.format(aurora)
        assert percents_of(answer)[0] == typed
        assert stored(api)[0] == 1

    def test_refuses_none_and_too_many(self, open_card: Open, chosen: Issuer) -> None:
        widget = open_card(maxPrograms=1)
        assert "Remove 2 programs to save." in widget.post("save", draft=draft_of(widget.page)).text
        assert "Choose at least one program." in widget.post("save", draft=draft(version=1)).text

    def test_asks_the_program_about_an_account_that_nobody_has_asked_about(
        self, open_card: Open, issuer: Issuer
    ) -> None:
        widget, aurora = open_card(), issuer.programs[AURORA]
        answer = widget.post("save", draft=draft((aurora, "sandbox-invalid-member", 100)))
        assert answer.status_code == 422
        assert "Aurora Club couldn&#39;t find that member number." in answer.text

    def test_says_when_the_program_does_not_answer(
        self, open_card: Open, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_args: Any, **_names: Any) -> None:
            raise PartnerTimedOut("no answer")

        monkeypatch.setattr("widget_host.domain.programs.service.Members.check", fail)
        widget, aurora = open_card(), issuer.programs[AURORA]
        answer = widget.post("save", draft=draft((aurora, "AC12345678", 100)))
        assert answer.status_code == 422
        assert "Aurora Club isn&#39;t responding. Nothing was changed." in answer.text


class TestChangedElsewhere:
    def test_shows_the_newer_and_offers_both(self, open_card: Open, chosen: Issuer, wiring: Wiring, api: Api) -> None:
        widget, aurora = open_card(), chosen.programs[AURORA]
        choose(wiring, chosen, preferred(chosen, AURORA, 60), preferred(chosen, MERIDIAN, 40), version=1)
        answer = widget.post("save", draft=draft_of(widget.page))
        assert answer.status_code == 422
        for words in ("Changed in another place", "60%", "40%", "Use the newer ones", "Keep mine"):
            assert words in answer.text
        assert percents_of(answer) == ["50", "30", "20"]
        assert percents_of(widget.post("stored")) == ["60", "40"]
        mine = widget.post("change", draft=draft_of(answer), do="mine:2")
        assert "Your rewards are saved" in widget.post("save", draft=draft_of(mine)).text
        assert stored(api) == (3, [(aurora, 50), (chosen.programs[MERIDIAN], 30), (chosen.programs[VERDE], 20)])

    def test_shows_it_again_where_it_changed_once_more(self, open_card: Open, chosen: Issuer, wiring: Wiring) -> None:
        widget = open_card()
        choose(wiring, chosen, preferred(chosen, AURORA, 100), version=1)
        refused = widget.post("save", draft=draft_of(widget.page))
        choose(wiring, chosen, preferred(chosen, VERDE, 100), version=2)
        mine = widget.post("change", draft=draft_of(refused), do="mine:2")
        assert "Changed in another place" in widget.post("save", draft=draft_of(mine)).text

    def test_keeps_the_draft_where_nothing_is_stored_any_more(self, open_card: Open, issuer: Issuer) -> None:
        widget, aurora = open_card(), issuer.programs[AURORA]
        answer = widget.post("save", draft=draft((aurora, "AC12345678", 100), version=5))
        assert "What was saved is gone." in answer.text
        assert "Your rewards are saved" in widget.post("save", draft=draft_of(answer)).text

    def test_keeps_the_draft_where_every_program_was_taken_away(
        self, open_card: Open, issuer: Issuer, wiring: Wiring, api: Api
    ) -> None:
        choose(wiring, issuer, preferred(issuer, AURORA, 100))
        widget = open_card()
        delink(wiring, issuer, AURORA)
        answer = widget.post("save", draft=draft_of(widget.page))
        assert answer.status_code == 422
        assert "What was saved is gone." in answer.text
        assert percents_of(answer) == ["100"]
        assert "Your rewards are saved" in widget.post("save", draft=draft_of(answer)).text
        assert stored(api) == (3, [(issuer.programs[AURORA], 100)])


def delink(wiring: Wiring, issuer: Issuer, name: str) -> None:
    """Let the issuer's own systems say that the program is no longer the card's."""
    sender = Sender(issuer.environment_id, "sandbox", timedelta(0), None)
    date = wiring.clock.now() + timedelta(seconds=1)
    said = Connection(DELINKED, CUSTOMER, CARD, issuer.programs[name], Destination(), 0, date)
    with wiring.writing() as services:
        services.connections.take(sender, "bank-1", b"{}", said)


def stored(api: Api) -> tuple[int, list[tuple[str, int]]]:
    """Return the version and the programs that the API knows of the card."""
    said = api.get("/multibrand/preferences", query_string={"sourceUserId": CUSTOMER, "cardId": CARD}).get_json()
    return said["version"], [(each["programId"], each["allocation"]) for each in said["preferences"]]
