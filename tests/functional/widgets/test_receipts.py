import pytest
from flask.testing import FlaskClient

from tests.factories.issuers import BANK, Issuer, make_issuer
from tests.fakes.clock import StoppedClock
from tests.functional.widgets.conftest import PATH, Launch, Widget, config_of, events
from widget_host.wiring import Wiring

NEWS = {"HX-Request": "true", "HX-Request-Type": "partial"}


class TestReceipt:
    def test_is_seen_again_at_its_address_framed_by_the_issuer_alone(
        self, client: FlaskClient, receipt: str, issuer: Issuer
    ) -> None:
        page = client.get(receipt)

        assert page.status_code == 200
        for words in ("Exchange complete", "<b>2,500</b> <bdi>Aurora Miles</bdi>", "••••5678"):
            assert words in page.text
        assert page.headers["Content-Security-Policy"].endswith(f"frame-ancestors {BANK}")
        config = config_of(page)
        assert (config["session"], config["address"]) == (None, receipt)
        assert [message["type"] for message in config["messages"]] == ["step", "success"]
        assert "AC12345678" not in page.text

    def test_keeps_its_language(self, client: FlaskClient, launch: Launch, entry: dict[str, str]) -> None:
        address = address_of(Widget(client, launch(locale="ar")), entry)

        assert '<html lang="ar" dir="rtl"' in client.get(address).text

    def test_shows_a_pending_exchange_as_it_stands_now(
        self, widget: Widget, client: FlaskClient, entry: dict[str, str], wiring: Wiring, clock: StoppedClock
    ) -> None:
        address = address_of(widget, entry | {"destinationUserId": "sandbox-pending"})
        waiting = client.get(f"{address}&tries=1", headers=NEWS)
        assert "load delay:4s" in waiting.text
        assert "hx-partial" not in waiting.text
        assert events(waiting) == {}
        assert "Check again" in client.get(address).text

        clock.advance(seconds=5)
        wiring.resolving.resolve_due(10)

        news = client.get(f"{address}&tries=2", headers=NEWS)
        assert '<hx-partial hx-target="#outcome"' in news.text
        assert "Exchange complete" in news.text
        assert events(news)["widget:success"]["status"] == "COMPLETED"
        assert "Exchange complete" in client.get(address).text

    def test_offers_no_second_try_without_a_session(
        self, widget: Widget, client: FlaskClient, entry: dict[str, str], wiring: Wiring, clock: StoppedClock
    ) -> None:
        address = address_of(widget, entry | {"destinationUserId": "sandbox-pending-fails"})
        clock.advance(seconds=5)
        wiring.resolving.resolve_due(10)

        page = client.get(address)
        assert "The exchange didn&#39;t go through" in page.text
        assert "Try again" not in page.text

    def test_that_was_reversed_says_so(self, client: FlaskClient, receipt: str, wiring: Wiring, issuer: Issuer) -> None:
        made = config_of(client.get(receipt))["messages"][1]["payload"]["transactionId"]
        wiring.reversing.reverse(issuer.environment_id, made, "A mistake.")

        page = client.get(receipt)
        assert "This exchange was reversed" in page.text
        assert [message["type"] for message in config_of(page)["messages"]] == ["step"]

    def test_is_shown_for_half_an_hour(self, client: FlaskClient, receipt: str, clock: StoppedClock) -> None:
        clock.advance(minutes=29, seconds=59)
        assert client.get(receipt).status_code == 200

        clock.advance(seconds=1)
        over = client.get(receipt)
        assert over.status_code == 401
        assert "This exchange is finished" in over.text
        assert "2,500" not in over.text

    def test_is_shown_for_nothing_that_was_not_signed_here(
        self, client: FlaskClient, receipt: str, launch: Launch, wiring: Wiring
    ) -> None:
        stranger = make_issuer(wiring, "Elsewhere").tenant_key
        for forged in (receipt[:-1], f"{PATH}?tenant={stranger}&receipt={launch()}", f"{PATH}?receipt=x"):
            answer = client.get(forged)
            assert answer.status_code == 401
            assert "2,500" not in answer.text


class TestSpentLaunch:
    @pytest.mark.parametrize("is_late", [False, True])
    def test_says_that_the_exchange_is_finished(
        self, client: FlaskClient, launch: Launch, entry: dict[str, str], clock: StoppedClock, is_late: bool
    ) -> None:
        token = launch()
        widget = Widget(client, token)
        widget.confirm(**entry)
        clock.advance(minutes=10 if is_late else 0)

        answer = widget.post("preview", **entry) if is_late else client.get(PATH, query_string={"token": token})

        assert answer.status_code == 401
        assert "This exchange is finished" in answer.text
        assert "Nothing was charged" not in answer.text.partition("<template")[0]


def address_of(widget: Widget, entry: dict[str, str]) -> str:
    """Exchange, and return where the receipt can be seen again."""
    return str(events(widget.confirm(**entry))["widget:address"]["address"])


@pytest.fixture
def receipt(widget: Widget, entry: dict[str, str]) -> str:
    return address_of(widget, entry)
