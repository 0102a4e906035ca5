"""How much a widget costs whoever opens it, measured at the answers themselves."""

import re

import brotli
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

FIRST_VIEW_BYTES, SCRIPT_BYTES, FRAGMENT_BYTES = 18 * 1024, 14 * 1024, 4 * 1024
REQUESTS = 3
SCRIPT = re.compile(r'<script\b[^>]*\bsrc="([^"]+)"')
OTHER = re.compile(r'<(?:link|iframe|object|embed|video|audio|source)\b[^>]*\b(?:href|src|data)="([^"]+)"')


def scripts(client: FlaskClient, page: TestResponse) -> list[bytes]:
    """Fetch the scripts that the page names, as its browser does."""
    fetched = []
    for address in SCRIPT.findall(page.text):
        with client.get(address) as answer:
            assert answer.status_code == 200, address
            fetched.append(answer.data)
    return fetched


def check_first_view(client: FlaskClient, page: TestResponse) -> None:
    """Hold a page and what it names, all but the logos, to the budgets."""
    assert [address for address in OTHER.findall(page.text) if not address.startswith("data:")] == []
    fetched = scripts(client, page)
    assert 1 + len(fetched) <= REQUESTS
    assert sum(map(size, fetched)) <= SCRIPT_BYTES
    assert size(page.data) + sum(map(size, fetched)) <= FIRST_VIEW_BYTES


def check_fragment(answer: TestResponse) -> None:
    """Hold an answer that is swapped in to its budget."""
    assert "<html" not in answer.text
    assert size(answer.data) <= FRAGMENT_BYTES


def size(body: bytes) -> int:
    """Return the bytes as brotli sends them at its best."""
    return len(brotli.compress(body, quality=11))
