from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from tests.functional.docs.page import Page

Open = Callable[[str], Page]


@pytest.fixture
def open_page(client: FlaskClient) -> Open:
    """Read a page of the documentation as who sees it for the first time."""

    def open_page(path: str) -> Page:
        answer = client.get(path)
        assert (answer.status_code, answer.mimetype) == (200, "text/html")
        return Page(answer.text)

    return open_page
