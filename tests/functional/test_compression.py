import gzip

import pytest
from flask.testing import FlaskClient

from tests.fixtures import Api

# What is sent does not depend on the database.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PAGE, SCRIPT = "/docs/errors", "/static/js/page.js"
ASKED = {"Accept-Encoding": "gzip, deflate, br"}


class TestCompressed:
    @pytest.mark.parametrize("path", [PAGE, SCRIPT, "/static/css/widget.css"])
    def test_are_pages_and_files_for_who_asks(self, client: FlaskClient, path: str) -> None:
        with client.get(path) as plain, client.get(path, headers=ASKED) as packed:
            assert "Content-Encoding" not in plain.headers
            assert packed.headers["Content-Encoding"] == "gzip"
            assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data) / 2
            assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"
            if path != PAGE:  # a page has a nonce of its own each time
                assert gzip.decompress(packed.data) == plain.data

    def test_is_what_a_browser_has_already_not_sent_again(self, client: FlaskClient) -> None:
        with client.get(SCRIPT, headers=ASKED) as first:
            etag = first.headers["ETag"]
        assert etag.startswith("W/")
        with client.get(SCRIPT, headers={**ASKED, "If-None-Match": etag}) as again:
            assert (again.status_code, again.data) == (304, b"")

    @pytest.mark.parametrize("asked", ["", "br", "identity", "gzip;q=0", "*;q=0"])
    def test_is_nothing_for_who_cannot_read_it(self, client: FlaskClient, asked: str) -> None:
        with client.get(SCRIPT, headers={"Accept-Encoding": asked}) as answer:
            assert "Content-Encoding" not in answer.headers

    def test_is_nothing_with_a_secret_of_the_api(self, api: Api) -> None:
        answer = api.get("/programs", headers=ASKED)
        assert len(answer.data) > 1024
        assert "Content-Encoding" not in answer.headers

    def test_is_nothing_small(self, client: FlaskClient) -> None:
        with client.get("/static/logos/program.svg", headers=ASKED) as answer:
            assert len(answer.data) < 1024
            assert "Content-Encoding" not in answer.headers
