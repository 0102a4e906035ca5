import re
from urllib.parse import urldefrag, urljoin

import pytest
from flask.testing import FlaskClient

from tests.functional.docs.conftest import Open
from tests.functional.docs.page import Page
from widget_host.web.openapi import endpoints
from widget_host.web.problems import OAUTH_PROBLEMS, PROBLEMS
from widget_host.web.scope import HostApp

# What is written does not depend on the database.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PAGES = ("/docs", "/docs/errors", "/docs/guide", "/docs/embed", "/docs/webhooks")
# The public guide links to these; they were there before this host was.
DEEP_LINKS = (
    "tag/Authentication",
    "tag/Authentication/operation/AuthController_token",
    "tag/Programs",
    "tag/Programs/operation/ProgramsController_findAll",
    "tag/Programs/operation/ProgramsController_validateMember",
    "tag/Transactions/operation/TransactionsController_create",
    "tag/Transactions/operation/TransactionsController_preview",
    "tag/Widgets/operation/WidgetAuthController_pointExchange",
)


class TestEveryPage:
    @pytest.mark.parametrize("path", PAGES)
    def test_gives_each_id_once(self, open_page: Open, path: str) -> None:
        assert [name for name, count in open_page(path).ids.items() if count > 1] == []

    @pytest.mark.parametrize("path", PAGES)
    def test_fetches_nothing_from_elsewhere(self, open_page: Open, path: str) -> None:
        fetched = [address for address in open_page(path).fetched if address != "data:,"]
        assert fetched
        assert all(address.startswith("/static/") for address in fetched)

    @pytest.mark.parametrize("path", PAGES)
    def test_runs_under_a_strict_policy(self, client: FlaskClient, path: str) -> None:
        answer = client.get(path)
        page, policy = Page(answer.text), answer.headers["Content-Security-Policy"]
        (nonce,) = set(re.findall(r"'nonce-([^']+)'", policy))
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert {each.get("nonce") for each in page.scripts if each.get("rel") != "icon"} == {nonce}
        assert not {name for name in page.attributes if name.startswith("on") or name == "style"}

    @pytest.mark.parametrize("path", PAGES)
    def test_sets_no_cookie(self, client: FlaskClient, path: str) -> None:
        assert "Set-Cookie" not in client.get(path).headers

    def test_leads_only_to_what_is_there(self, open_page: Open, client: FlaskClient) -> None:
        pages = {path: open_page(path) for path in PAGES}
        links = {urljoin(path, link) for path, page in pages.items() for link in page.links}
        for target in {urldefrag(link).url for link in links} - pages.keys():
            with client.get(target) as answer:
                assert answer.status_code == 200, target
        lost = [
            link for link in links if "#" in link and urldefrag(link).fragment not in pages[urldefrag(link).url].ids
        ]
        assert lost == []


class TestReference:
    @pytest.mark.parametrize("fragment", DEEP_LINKS)
    def test_has_the_place_that_a_deep_link_names(self, open_page: Open, fragment: str) -> None:
        assert open_page("/docs").ids[fragment] == 1

    def test_has_every_operation(self, open_page: Open, app: HostApp) -> None:
        ids = open_page("/docs").ids
        for endpoint in endpoints(app):
            tag = endpoint.operation.tag.replace(" ", "-")
            assert f"tag/{tag}/operation/{endpoint.operation.id}" in ids

    def test_shows_a_request_and_an_answer_of_each(self, open_page: Open, app: HostApp) -> None:
        page, operations = open_page("/docs"), list(endpoints(app))
        assert len(page.snippets("curl")) >= len(operations)
        for endpoint in operations:
            assert any(text.startswith("curl -s 'http://localhost") for text in page.snippets("curl")), endpoint.path


class TestErrors:
    def test_explains_every_code_under_its_own_name(self, open_page: Open) -> None:
        ids = open_page("/docs/errors").ids
        assert [code for code in (*PROBLEMS, *OAUTH_PROBLEMS) if code not in ids] == []

    def test_is_where_a_refusal_points_to(self, open_page: Open, client: FlaskClient) -> None:
        path, _, code = client.get("/programs").get_json()["type"].removeprefix("http://localhost").partition("#")
        assert code in open_page(path).ids


class TestNothing:
    def test_is_a_page_for_people(self, client: FlaskClient) -> None:
        answer = client.get("/docs/nothing")
        assert (answer.status_code, answer.mimetype) == (404, "text/html")
