import re

import pytest
from sqlalchemy import update

from tests.factories.issuers import Issuer
from tests.functional.widgets.conftest import Widget, events, hidden_fields
from widget_host.domain.programs.models import Partnership
from widget_host.wiring import Wiring


class TestReview:
    def test_shows_everything_once_more(self, widget: Widget, entry: dict[str, str]) -> None:
        answer = widget.post("review", **entry)
        assert answer.status_code == 200
        for words in ("<b>2,500</b> <bdi>Aurora Miles</bdi>", "$25.00", "1,000 Aurora Miles = $10.00", "••••5678"):
            assert words in answer.text
        assert "Exchanges can&#39;t be reversed." in answer.text
        assert events(answer) == {"widget:step": {"name": "review"}}

    def test_carries_the_entry_on(self, widget: Widget, entry: dict[str, str]) -> None:
        carried = hidden_fields(widget.post("review", **entry))
        assert carried.pop("quoteId").startswith("quo_")
        assert carried == entry | {"memberName": "Lena S."}

    def test_takes_the_focus_to_its_title(self, widget: Widget, entry: dict[str, str]) -> None:
        assert re.search(r"<h1[^>]*\sdata-focus>Review your exchange", widget.post("review", **entry).text)

    def test_carries_no_bearer_to_scripts(self, widget: Widget, entry: dict[str, str]) -> None:
        assert widget.bearer not in widget.post("review", **entry).text

    def test_takes_a_double_click_for_one(self, widget: Widget, entry: dict[str, str]) -> None:
        answer = widget.post("review", **entry)
        assert 'hx-sync="this:drop"' in answer.text
        assert 'hx-disable="#step button"' in answer.text


class TestRefusedReview:
    def test_keeps_what_was_typed_and_goes_to_the_first_bad_field(self, widget: Widget, entry: dict[str, str]) -> None:
        answer = widget.post("review", **entry | {"amount": "", "destinationUserId": ""})
        assert answer.status_code == 422
        assert "Enter an amount." in answer.text
        assert "Aurora Club number is needed." in answer.text
        assert _focused(answer.text) == "amount"
        assert events(answer) == {}

    @pytest.mark.parametrize("member", ["ac12345678", "<b>", "x" * 5000])
    def test_says_what_a_malformed_number_looks_like(self, widget: Widget, entry: dict[str, str], member: str) -> None:
        answer = widget.post("review", **entry | {"destinationUserId": member})
        assert answer.status_code == 422
        assert "Aurora Club number doesn&#39;t look right. AC and eight digits, as on your card." in answer.text
        assert 'aria-invalid="true"' in answer.text
        assert 'aria-describedby="destinationUserId-error"' in answer.text
        assert _focused(answer.text) == "destinationUserId"
        assert 'value="25"' in answer.text

    def test_says_when_the_program_does_not_know_the_member(self, widget: Widget, entry: dict[str, str]) -> None:
        answer = widget.post("review", **entry | {"destinationUserId": "sandbox-invalid-member"})
        assert answer.status_code == 422
        assert (
            "Aurora Club couldn&#39;t find that member number. Check it and try again. Nothing was charged."
            in answer.text
        )

    def test_names_every_bad_field(self, widget: Widget, entry: dict[str, str], issuer: Issuer) -> None:
        sahra = issuer.programs["Sahra Falcon"]
        account = {"destinationUserId": "12", "destinationUserEmail": "nobody"}
        answer = widget.post("review", **entry | account | {"programId": sahra, "destinationFor": sahra})
        assert "Falcon number doesn&#39;t look right." in answer.text
        assert "E-mail doesn&#39;t look right." in answer.text
        assert _focused(answer.text) == "destinationUserId"

    def test_never_takes_one_programs_number_to_another(
        self, widget: Widget, entry: dict[str, str], issuer: Issuer
    ) -> None:
        answer = widget.post("review", **entry | {"programId": issuer.programs["Kumo Pass"]})
        assert answer.status_code == 422
        assert "Check your details for Kumo Pass: the program was changed." in answer.text
        assert "AC12345678" not in answer.text

    def test_drops_what_cannot_be_seen_from_what_was_pasted(self, widget: Widget, entry: dict[str, str]) -> None:
        answer = widget.post("review", **entry | {"destinationUserId": "\x00AC12345678\u200b\n "})
        assert answer.status_code == 200
        assert hidden_fields(answer)["destinationUserId"] == "AC12345678"

    def test_when_the_partnership_ended_meanwhile(self, widget: Widget, entry: dict[str, str], wiring: Wiring) -> None:
        with wiring.database.writing() as session:
            session.execute(
                update(Partnership).where(Partnership.program_id == entry["programId"]).values(enabled=False)
            )
        answer = widget.post("review", **entry)
        assert answer.status_code == 422
        assert "Choose another program. Nothing was charged." in answer.text
        assert "Aurora Club" not in answer.text


def _focused(html: str) -> str:
    """Return the id of the first element that takes the focus."""
    found = re.search(r'id="([^"]+)"[^>]*\sdata-focus\b', html)
    assert found, "nothing takes the focus"
    return found[1]
