import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from tests.factories.cards import MERIDIAN, VERDE
from tests.factories.issuers import AURORA, Issuer
from tests.functional.widgets.conftest import Widget, events
from tests.functional.widgets.multibrand.conftest import (
    PATH,
    Open,
    draft_of,
    focused,
    percents_of,
    sum_of,
)
from widget_host.app import create_app
from widget_host.config import Settings
from widget_host.domain.programs.models import Partnership
from widget_host.kit.value import replace
from widget_host.wiring import Wiring


class TestOpening:
    def test_shows_what_is_stored(self, open_card: Open, chosen: Issuer) -> None:
        page = open_card().page
        assert page.status_code == 200
        for words in ("Your rewards", "Card ending 4821", AURORA, MERIDIAN, VERDE, "••••5678", "100% allocated"):
            assert words in page.text
        assert percents_of(page) == ["50", "30", "20"]
        label = f"{AURORA} 50%; {MERIDIAN} 30%; {VERDE} 20%; 100% allocated"
        assert f'aria-label="{label}"' in page.text

    def test_begins_with_nothing_and_a_way_to_add(self, open_card: Open) -> None:
        page = open_card().page
        assert "Choose the programs that this card&#39;s rewards go to" in page.text
        assert "Save preferences" not in page.text
        assert "Add a program" in page.text

    def test_leaves_no_cookie_and_no_token(self, open_card: Open, launch_card: Callable[..., str]) -> None:
        widget = open_card()
        assert "Set-Cookie" not in widget.page.headers
        assert widget.config["widget"] == "multibrand"
        assert widget.config["address"].startswith(f"{PATH}?tenant=")
        assert "token=" not in widget.page.text

    def test_opens_with_no_other_widgets_token(self, client: FlaskClient, launch_card: Callable[..., str]) -> None:
        answer = client.get("/widget/point-exchange", query_string={"token": launch_card()})
        assert answer.status_code == 401

    def test_speaks_arabic(self, open_card: Open, chosen: Issuer) -> None:
        page = open_card(locale="ar").page
        assert '<html lang="ar" dir="rtl"' in page.text
        assert "مكافآتك" in page.text


class TestChange:
    @pytest.mark.parametrize(
        ("do", "percents", "said", "focus"),
        [
            ("even", ["34", "33", "33"], "100% allocated", "sum"),
            ("less:{}", ["45", "30", "20"], "5% left to allocate", "less:{}"),
            ("more:{}", ["55", "30", "20"], "5% too much", "more:{}"),
            ("remove:{}", ["30", "20"], "50% left to allocate", "undo:{}"),
            ("unheard-of:{}", ["50", "30", "20"], "100% allocated", ""),
        ],
    )
    def test_does_what_is_pressed(
        self, *, open_card: Open, chosen: Issuer, do: str, percents: list[str], said: str, focus: str
    ) -> None:
        widget, aurora = open_card(), chosen.programs[AURORA]
        answer = widget.post("change", draft=draft_of(widget.page), do=do.format(aurora))
        assert (answer.status_code, percents_of(answer), sum_of(answer)) == (200, percents, said)
        assert focused(answer) == focus.format(aurora) if focus else "<h1" in answer.text
        assert events(answer) == {"widget:step": {"name": "overview"}}

    def test_gives_the_rest_and_brings_back(self, open_card: Open, chosen: Issuer) -> None:
        widget, aurora, verde = open_card(), chosen.programs[AURORA], chosen.programs[VERDE]
        removed = widget.post("change", draft=draft_of(widget.page), do=f"remove:{aurora}")
        rest = widget.post("change", draft=draft_of(removed), do=f"rest:{verde}")
        assert percents_of(rest) == ["30", "70"]
        back = widget.post("change", draft=draft_of(rest), do=f"undo:{aurora}")
        assert percents_of(back) == ["50", "30", "70"]
        assert sum_of(back) == "50% too much"
        assert focused(back) == f"percent-{aurora}"

    def test_of_one_of_two_moves_the_other(self, open_card: Open, chosen: Issuer) -> None:
        widget, aurora = open_card(), chosen.programs[AURORA]
        two = widget.post("change", draft=draft_of(widget.page), do=f"remove:{chosen.programs[VERDE]}")
        assert percents_of(widget.post("change", draft=draft_of(two), do=f"more:{aurora}")) == ["55", "45"]

    def test_is_a_page_without_scripts(self, open_card: Open, chosen: Issuer) -> None:
        widget = open_card(is_scripted=False)
        answer = widget.post("change", draft=draft_of(widget.page), do="even")
        assert "<html" in answer.text
        assert percents_of(answer) == ["34", "33", "33"]
        assert f'name="_s" value="{widget.bearer}"' in answer.text

    @pytest.mark.parametrize(
        "draft", ["", "{", "[]", "null", '{"version": -1, "lines": []}', "[" * 9999, '{"version":true}']
    )
    def test_begins_with_what_is_stored_where_the_form_is_none(
        self, open_card: Open, chosen: Issuer, draft: str
    ) -> None:
        answer = open_card().post("change", draft=draft, do="even")
        assert answer.status_code == 422
        assert "This is what is saved." in answer.text
        assert percents_of(answer) == ["50", "30", "20"]


class TestCount:
    def test_says_what_the_typed_percents_come_to_and_leaves_the_fields_alone(
        self, open_card: Open, chosen: Issuer
    ) -> None:
        widget = open_card()
        typed = {f"percent-{chosen.programs[AURORA]}": "40%", f"percent-{chosen.programs[VERDE]}": "٢٠"}
        answer = widget.post("count", draft=draft_of(widget.page), **typed)
        assert sum_of(answer) == "10% left to allocate"
        assert percents_of(answer) == []
        assert "Give the rest to Aurora Club" in answer.text
        assert re.search(r'<hx-partial hx-target="#bar".*<rect class="hue0" x="0" width="395"', answer.text, re.DOTALL)
        assert events(answer) == {}

    @pytest.mark.parametrize("typed", ["", "many", "101", "-1", "1e2", "2.5", "9" * 5000])
    def test_counts_nothing_for_what_is_no_percent(self, open_card: Open, chosen: Issuer, typed: str) -> None:
        widget = open_card()
        answer = widget.post("count", draft=draft_of(widget.page), **{f"percent-{chosen.programs[AURORA]}": typed})
        assert sum_of(answer) == "50% left to allocate"

    def test_says_how_long_to_wait_and_keeps_everything(
        self, client: FlaskClient, wiring: Wiring, settings: Settings, chosen: Issuer, launch_card: Callable[..., str]
    ) -> None:
        strict = create_app(replace(settings, rate_limit_widget=1), wiring).test_client()
        widget = Widget(strict, launch_card(), path=PATH)
        typed = {"draft": draft_of(widget.page), f"percent-{chosen.programs[AURORA]}": "40"}
        widget.post("count", **typed)
        answer = widget.post("count", **typed)
        assert answer.status_code == 429
        assert "Too many tries. Wait" in answer.text
        assert percents_of(answer) == ["40", "30", "20"]


class TestUnavailable:
    def test_program_gets_nothing_and_holds_nobody_up(self, open_card: Open, chosen: Issuer, wiring: Wiring) -> None:
        end_partnership(wiring, chosen.programs[VERDE])
        widget = open_card()
        assert "No longer available. It gets nothing now." in widget.page.text
        assert sum_of(widget.page) == "20% left to allocate"
        assert percents_of(widget.page) == ["50", "30"]
        rest = widget.post("change", draft=draft_of(widget.page), do="even")
        assert percents_of(rest) == ["50", "50"]
        assert widget.post("save", draft=draft_of(rest)).status_code == 200

    def test_program_of_a_draft_is_let_go(self, open_card: Open, issuer: Issuer, wiring: Wiring) -> None:
        widget = open_card()
        aurora = issuer.programs[AURORA]
        linked = widget.post("link", draft=draft_of(widget.page), programId=aurora, destinationUserId="AC12345678")
        end_partnership(wiring, aurora)
        answer = widget.post("count", draft=draft_of(linked))
        assert answer.status_code == 422
        assert "That program isn&#39;t available right now." in answer.text
        assert aurora not in answer.text


class TestEnded:
    def test_session_says_so(self, open_card: Open, chosen: Issuer, client: FlaskClient) -> None:
        widget = open_card()
        open_form = {"draft": draft_of(widget.page), "_s": "x" * 43}
        answer = client.post(f"{PATH}/save", data=open_form)
        assert answer.status_code == 401
        assert "Your session has ended" in answer.text


def end_partnership(wiring: Wiring, program_id: str) -> None:
    with wiring.database.writing() as session:
        session.execute(update(Partnership).where(Partnership.program_id == program_id).values(enabled=False))
