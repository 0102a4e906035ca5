import pytest
from flask import Response
from hypothesis import given
from hypothesis import strategies as st

from widget_host.kit.errors import InvalidFields
from widget_host.web.paging import link_next, read_cursor, write_cursor
from widget_host.web.scope import HostApp

PARTS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\n"))


class TestCursor:
    @given(st.lists(PARTS, min_size=1, max_size=4))
    def test_gives_back_its_parts(self, parts: list[str]) -> None:
        assert read_cursor(write_cursor(*parts), len(parts)) == parts

    @given(PARTS, PARTS)
    def test_fits_into_an_address_as_it_is(self, moment: str, name: str) -> None:
        cursor = write_cursor(moment, name)
        assert cursor.isascii()
        assert all(letter.isalnum() or letter in "-_" for letter in cursor)

    @pytest.mark.parametrize("cursor", ["", "!", "é", "____", write_cursor("one"), write_cursor("1", "2", "3")])
    def test_of_another_list_is_refused(self, cursor: str) -> None:
        with pytest.raises(InvalidFields):
            read_cursor(cursor, 2)


class TestLinkNext:
    def test_repeats_what_was_asked_with_the_cursor(self, app: HostApp) -> None:
        with app.test_request_context("/transactions?limit=3&startDate=1&cursor=old"):
            answer = link_next(Response(), "new")
        assert answer.headers["Link"] == ('<http://localhost/transactions?limit=3&startDate=1&cursor=new>; rel="next"')

    def test_is_not_there_on_the_last_page(self, app: HostApp) -> None:
        with app.test_request_context("/transactions"):
            assert "Link" not in link_next(Response(), None).headers

    @pytest.fixture
    def database_url(self, tmp_path_factory: pytest.TempPathFactory) -> str:
        """Nothing is kept: one database is enough."""
        return f"sqlite:///{tmp_path_factory.mktemp('paging') / 'none.db'}"
