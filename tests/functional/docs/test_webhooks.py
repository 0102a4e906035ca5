"""The receivers of the page on webhooks, run as the page shows them: nothing in them is changed."""

import asyncio
import json
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import django
import httpx
import pytest
from click.testing import CliRunner
from django.conf import settings as django_settings
from django.test import RequestFactory
from django.urls import path

from tests.factories.issuers import Issuer
from tests.functional.docs.conftest import Open
from tests.functional.docs.page import Page
from widget_host.cli import main
from widget_host.kit.signing import webhook_headers

# What is written does not depend on the database.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
VECTORS = json.loads((Path(__file__).parents[2] / "contracts" / "webhook_signatures.json").read_text("utf-8"))
SECRET = "0123456789abcdef0123456789abcdef"
EVENT = b'{"id": "evt_1", "type":"transaction.completed" }'
EXPRESS = Path(__file__).with_name("express.mjs")
DRIVER = Path(__file__).with_name("receive.mjs")
Post = Callable[[dict[str, str], bytes], int]


def requests_to_make() -> list[tuple[dict[str, str], bytes, int]]:
    """Return what is posted, and how each is answered: the genuine event, and it changed in each of its parts."""
    now = int(time.time())
    genuine = webhook_headers(SECRET, event_id="evt_1", timestamp=now, body=EVENT)
    stale = webhook_headers(SECRET, event_id="evt_1", timestamp=now - 400, body=EVENT)
    other = webhook_headers("another", event_id="evt_1", timestamp=now, body=EVENT)
    return [
        (genuine, EVENT, 204),
        (genuine, EVENT + b" ", 401),
        (stale, EVENT, 401),
        (other, EVENT, 401),
        (genuine | {"x-timestamp": f"{now}x"}, EVENT, 401),
        (genuine | {"x-timestamp": f"{now}:{EVENT[:1].decode()}"}, EVENT[1:], 401),
        (genuine | {"x-signature": ""}, EVENT, 401),
        ({}, EVENT, 401),
    ]


class TestPython:
    @pytest.mark.parametrize("framework", ["flask", "django", "fastapi"])
    def test_keeps_what_is_genuine_and_refuses_the_rest(
        self, open_page: Open, framework: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("WEBHOOK_SECRET", SECRET)
        kept: list[Any] = []
        receiver = pasted(open_page("/docs/webhooks"), framework)
        receiver.__dict__["keep_once"] = kept.append
        post = POSTS[framework](receiver)
        for headers, body, status in requests_to_make():
            assert post(headers, body) == status, headers
        assert kept == [json.loads(EVENT)]

    @pytest.mark.parametrize("vector", VECTORS["valid"] + VECTORS["invalid"])
    def test_checks_the_vectors(self, open_page: Open, vector: dict[str, str]) -> None:
        receiver = pasted(open_page("/docs/webhooks"), "flask", secret=SECRET)
        receiver.__dict__["time"] = SimpleNamespace(time=lambda: moment(vector))
        said = (vector["secret"], vector["timestamp"], vector["x-signature"], vector["body"].encode())
        assert receiver.is_genuine(*said) is ("why" not in vector)


class TestNode:
    def test_keeps_what_is_genuine_and_refuses_the_rest(self, open_page: Open, tmp_path: Path) -> None:
        vectors = [
            {**each, "now": moment(each), "valid": "why" not in each} for each in VECTORS["valid"] + VECTORS["invalid"]
        ]
        made = requests_to_make()
        posts = [{"headers": headers, "body": body.decode()} for headers, body, _ in made]
        told = self.run(open_page("/docs/webhooks"), tmp_path, {"vectors": vectors, "posts": posts})
        assert told["vectors"] == [each["valid"] for each in vectors]
        assert told["posts"] == [status for *_, status in made]
        assert told["kept"] == [json.loads(EVENT)]

    def run(self, page: Page, folder: Path, said: dict[str, Any]) -> Any:
        node = shutil.which("node")
        assert node, "Node 18 or newer is needed for the page's receiver: install nodejs"
        package = folder / "node_modules" / "express"
        package.mkdir(parents=True)
        (package / "package.json").write_text('{"name": "express", "type": "module", "main": "index.js"}')
        shutil.copy(EXPRESS, package / "index.js")
        shutil.copy(DRIVER, folder / "receive.mjs")
        (snippet,) = page.snippets("node")
        (folder / "hook.mjs").write_text(snippet, "utf-8")
        ran = subprocess.run(
            [node, folder / "receive.mjs"],
            input=json.dumps(said),
            env={"WEBHOOK_SECRET": SECRET},
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
        assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout
        return json.loads(ran.stdout)


class TestListening:
    def test_is_a_command_that_runs(self, open_page: Open, served: str, issuer: Issuer) -> None:
        (snippet,) = open_page("/docs/webhooks").snippets("listen")
        address, command = (shlex.split(line) for line in snippet.splitlines())
        assert address == ["export", "HOST=http://localhost"]
        assert command[0] == "widget-host"
        told = {"HOST": served, "CLIENT_ID": issuer.client_id, "CLIENT_SECRET": "of yours"}
        ended = CliRunner().invoke(main, command[1:], env=told)
        assert ended.output == f"Error: {served} does not know this client id with this secret.\n"


class TestOthers:
    @pytest.mark.parametrize("language", ["php", "java", "go"])
    def test_are_shown_whole(self, open_page: Open, language: str) -> None:
        (snippet,) = open_page("/docs/webhooks").snippets(language)
        assert "[0-9]{10}" in snippet
        assert "300" in snippet or "5*time.Minute" in snippet


def moment(vector: dict[str, str]) -> int:
    """Return a time at which the vector's own timestamp, if it is one, is fresh."""
    stamp = vector["timestamp"]
    return int(stamp) if stamp.isascii() and stamp.isdecimal() else 1_700_000_000


def pasted(page: Page, framework: str, secret: str = "") -> ModuleType:
    """Return the check and a framework's receiver as one module."""
    module = ModuleType(f"pasted_{framework}")
    (check,), (receiver,) = page.snippets("python"), page.snippets(f"python-{framework}")
    with pytest.MonkeyPatch.context() as patch:
        if secret:
            patch.setenv("WEBHOOK_SECRET", secret)
        exec(f"{check}\n\n\n{receiver}", module.__dict__)  # noqa: S102 - it is the page that is tested
    return module


def flask_post(receiver: ModuleType) -> Post:
    client = receiver.app.test_client()
    return lambda headers, body: int(client.post("/hook", data=body, headers=headers).status_code)


def django_post(receiver: ModuleType) -> Post:
    if not django_settings.configured:
        django_settings.configure(SECRET_KEY="only here", ALLOWED_HOSTS=["testserver"])
        django.setup()
    view, factory = path("hook", receiver.hook).callback, RequestFactory()

    def post(headers: dict[str, str], body: bytes) -> int:
        request = factory.post("/hook", body, content_type="application/json", headers=headers)
        return int(view(request).status_code)

    return post


def fastapi_post(receiver: ModuleType) -> Post:
    async def post(headers: dict[str, str], body: bytes) -> int:
        transport = httpx.ASGITransport(receiver.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return (await client.post("/hook", content=body, headers=headers)).status_code

    return lambda headers, body: asyncio.run(post(headers, body))


POSTS = {"flask": flask_post, "django": django_post, "fastapi": fastapi_post}
