import pytest

from tests.factories.cards import MERIDIAN
from tests.factories.issuers import AURORA, Issuer
from tests.functional.widgets.conftest import events
from tests.functional.widgets.multibrand.conftest import Open, draft_of, focused, percents_of


class TestPrograms:
    def test_lists_what_is_not_chosen_yet(self, open_card: Open, chosen: Issuer) -> None:
        widget = open_card()
        answer = widget.post("programs", draft=draft_of(widget.page))
        assert "Kumo Pass" in answer.text
        assert AURORA not in answer.text
        assert draft_of(answer) == draft_of(widget.page)
        assert events(answer) == {"widget:step": {"name": "programs"}}

    def test_lists_only_those_the_issuer_named(self, open_card: Open, issuer: Issuer) -> None:
        widget = open_card(programIds=[issuer.programs[AURORA]])
        answer = widget.post("programs", draft=draft_of(widget.page))
        assert AURORA in answer.text
        assert "Kumo Pass" not in answer.text

    @pytest.mark.parametrize(("query", "fits"), [("kumo", True), ("  PASS kumo ", True), ("aurora", False)])
    def test_searches_names_as_they_are_typed(self, open_card: Open, query: str, *, fits: bool) -> None:
        widget = open_card()
        answer = widget.post("search", draft=draft_of(widget.page), query=query)
        assert ("Kumo Pass" in answer.text) == fits
        assert answer.text.strip().startswith('<div id="found"')

    def test_says_when_nothing_fits(self, open_card: Open) -> None:
        widget = open_card()
        answer = widget.post("search", draft=draft_of(widget.page), query="<none>")
        assert "No program fits “&lt;none&gt;”." in answer.text


class TestAccount:
    def test_asks_for_the_programs_own_fields_filled_in_with_what_is_known(
        self, open_card: Open, issuer: Issuer
    ) -> None:
        aurora = issuer.programs[AURORA]
        widget = open_card(destinationAccounts={aurora: {"destinationUserId": "AC87654321"}})
        answer = widget.post("account", draft=draft_of(widget.page), program=aurora)
        assert "Add Aurora Club" in answer.text
        assert 'value="AC87654321"' in answer.text

    def test_edits_what_is_there(self, open_card: Open, chosen: Issuer) -> None:
        widget, aurora = open_card(), chosen.programs[AURORA]
        answer = widget.post("account", draft=draft_of(widget.page), program=aurora)
        assert "Edit Aurora Club" in answer.text
        assert 'value="AC12345678"' in answer.text
        changed = widget.post("link", draft=draft_of(answer), programId=aurora, destinationUserId="AC00000001")
        assert "••••0001" in changed.text
        assert percents_of(changed) == ["50", "30", "20"]

    @pytest.mark.parametrize("program", ["", "prg_unknown"])
    def test_is_refused_for_a_program_that_is_not_offered(self, open_card: Open, program: str) -> None:
        widget = open_card()
        answer = widget.post("account", draft=draft_of(widget.page), program=program)
        assert answer.status_code == 422
        assert "That program isn&#39;t available right now." in answer.text


class TestLink:
    def test_takes_a_member_in_with_nothing_and_goes_to_its_percent(self, open_card: Open, chosen: Issuer) -> None:
        widget, kumo = open_card(), chosen.programs["Kumo Pass"]
        answer = widget.post("link", draft=draft_of(widget.page), programId=kumo, destinationUserId="K7F2M9QX")
        assert percents_of(answer) == ["50", "30", "20", "0"]
        assert focused(answer) == f"percent-{kumo}"

    @pytest.mark.parametrize(
        ("member", "said"),
        [
            ("", "Aurora Club number is needed."),
            ("12", "Aurora Club number doesn&#39;t look right."),
            ("sandbox-invalid-member", "Aurora Club couldn&#39;t find that member number."),
            ("x" * 5000, "Aurora Club number doesn&#39;t look right."),
        ],
    )
    def test_says_beside_the_field_what_is_wrong(self, open_card: Open, issuer: Issuer, member: str, said: str) -> None:
        widget = open_card()
        form = {"draft": draft_of(widget.page), "programId": issuer.programs[AURORA], "destinationUserId": member}
        answer = widget.post("link", **form)
        assert answer.status_code == 422
        assert said in answer.text
        assert focused(answer) == "destinationUserId"

    def test_takes_no_more_programs_than_the_card_may_have(self, open_card: Open, chosen: Issuer) -> None:
        widget = open_card(maxPrograms=3)
        assert "You can have up to 3 programs." in widget.page.text
        assert "Add a program" not in widget.page.text

    def test_works_without_scripts(self, open_card: Open, issuer: Issuer) -> None:
        widget, meridian = open_card(is_scripted=False), issuer.programs[MERIDIAN]
        listed = widget.post("programs", draft=draft_of(widget.page), query="merid")
        asked = widget.post("account", draft=draft_of(listed), program=meridian)
        linked = widget.post("link", draft=draft_of(asked), programId=meridian, destinationUserId="204813377")
        assert "<html" in linked.text
        assert percents_of(linked) == ["0"]
