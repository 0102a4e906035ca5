from flask.testing import FlaskClient

from tests.functional.widgets.conftest import PATH, Launch, Widget, config_of


class TestLanguage:
    def test_is_the_issuers_word_first(self, client: FlaskClient, launch: Launch) -> None:
        page = client.get(
            PATH,
            query_string={"token": launch(locale="ar-AE"), "locale": "en"},
            headers={"Accept-Language": "en"},
        )
        assert '<html lang="ar-AE" dir="rtl"' in page.text
        assert "استبدال بالنقاط" in page.text

    def test_is_the_pages_word_next_and_stays_for_the_session(
        self, client: FlaskClient, launch: Launch, entry: dict[str, str]
    ) -> None:
        page = client.get(PATH, query_string={"token": launch(), "locale": "ar", "theme": "dark"})
        assert 'dir="rtl" data-mode="dark"' in page.text
        headers = {"Authorization": f"Bearer {config_of(page)['session']}", "HX-Request": "true"}
        assert "ستحصل على" in client.post(f"{PATH}/preview", data=entry, headers=headers).text

    def test_is_the_browsers_where_nobody_said(self, client: FlaskClient, launch: Launch) -> None:
        page = client.get(PATH, query_string={"token": launch()}, headers={"Accept-Language": "xx, ar;q=0.8"})
        assert 'lang="ar" dir="rtl"' in page.text
        assert 'dir="rtl"' in client.get(PATH, headers={"Accept-Language": "ar"}).text

    def test_is_english_for_what_there_are_no_words_of(self, client: FlaskClient, launch: Launch) -> None:
        assert '<html lang="en"' in client.get(PATH, query_string={"token": launch(locale="xx"), "theme": "odd"}).text

    def test_writes_refusals_in_it(self, client: FlaskClient, launch: Launch, entry: dict[str, str]) -> None:
        widget = Widget(client, launch(locale="ar", balance=100, currency="USD"))
        assert "لديك" in widget.post("preview", **entry | {"amount": "١٥٠"}).text
