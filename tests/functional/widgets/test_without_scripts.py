import re

from flask.testing import FlaskClient

from tests.functional.widgets.conftest import Widget, config_of, hidden_fields


class TestEveryStep:
    def test_is_reached_by_posting_the_page_before(self, plain_widget: Widget, client: FlaskClient) -> None:
        amount = hidden_fields(plain_widget.page)
        entered = {"programId": _chosen(plain_widget.page.text), "amount": "25", "destinationUserId": "AC12345678"}
        review = plain_widget.post("review", **amount | entered)
        assert "Review your exchange" in review.text
        sent = plain_widget.post("confirm", **hidden_fields(review))
        assert sent.status_code == 303
        done = client.get(sent.headers["Location"])
        assert "Exchange complete" in done.text
        assert [message["type"] for message in config_of(done)["messages"]] == ["step", "success"]

    def test_is_a_whole_page_with_its_session(self, plain_widget: Widget, entry: dict[str, str]) -> None:
        for step in ("amount", "preview", "program", "review"):
            page = plain_widget.post(step, **entry)
            assert page.text.lstrip().startswith("<!DOCTYPE html>")
            assert hidden_fields(page)["_s"] == plain_widget.bearer
            assert "HX-Trigger" not in page.headers

    def test_has_the_buttons_that_scripts_do_without(self, plain_widget: Widget) -> None:
        fallbacks = "".join(re.findall(r"<noscript>.*?</noscript>", plain_widget.page.text, re.DOTALL))
        assert "Use this program" in fallbacks
        assert "Show what I&#39;ll receive" in fallbacks

    def test_is_never_inside_a_fragment(self, widget: Widget, entry: dict[str, str]) -> None:
        for step in ("amount", "preview", "program", "review", "confirm"):
            assert "<noscript>" not in widget.post(step, **entry).text

    def test_refusals_keep_what_was_typed(self, plain_widget: Widget, entry: dict[str, str]) -> None:
        page = plain_widget.post("review", **entry | {"destinationUserId": "AC1"})
        assert page.status_code == 422
        assert 'value="AC1"' in page.text
        assert re.search(r'id="destinationUserId"[^>]*\sautofocus\b', page.text)


def _chosen(html: str) -> str:
    found = re.search(r'name="programId"\s+value="([^"]+)"\s+checked', html)
    assert found
    return found[1]
