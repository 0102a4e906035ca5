"""Every route of webhook endpoints, asked for what is another tenant's."""

from collections.abc import Callable
from typing import Any, Protocol

from werkzeug.test import TestResponse

from tests.fixtures import Api


class HasApi(Protocol):
    """Who asks."""

    @property
    def api(self) -> Api: ...


Cases = tuple[tuple[str, Callable[[HasApi, str], TestResponse]], ...]
Pairs = dict[str, tuple[str, str]]


def _of_own_endpoint(api: Api, method: str, path: str, body: Any = None) -> TestResponse:
    made = api.post("/webhook-endpoints", {"url": "http://127.0.0.1:9/mine"}).get_json()
    return api.send(method, f"/webhook-endpoints/{made['id']}{path}", body)


def _endpoint(method: str, path: str, body: Any = None) -> Cases:
    def ask(caller: HasApi, endpoint_id: str) -> TestResponse:
        return caller.api.send(method, f"/webhook-endpoints/{endpoint_id}{path}", body)

    return (("endpoint", ask),)


WEBHOOKS: dict[str, Any] = {
    "GET /webhook-endpoints": "the caller's own; see below",
    "POST /webhook-endpoints": "makes one of the caller's own",
    "GET /webhook-endpoints/<id:endpoint_id>": _endpoint("GET", ""),
    "PATCH /webhook-endpoints/<id:endpoint_id>": _endpoint("PATCH", "", {"description": "mine"}),
    "DELETE /webhook-endpoints/<id:endpoint_id>": _endpoint("DELETE", ""),
    "POST /webhook-endpoints/<id:endpoint_id>/enable": _endpoint("POST", "/enable"),
    "POST /webhook-endpoints/<id:endpoint_id>/test": _endpoint("POST", "/test"),
    "POST /webhook-endpoints/<id:endpoint_id>/recover": _endpoint(
        "POST", "/recover", {"since": "2026-01-31T10:00:00.000Z"}
    ),
    "GET /webhook-endpoints/<id:endpoint_id>/deliveries": _endpoint("GET", "/deliveries"),
    "GET /webhook-endpoints/<id:endpoint_id>/secrets": _endpoint("GET", "/secrets"),
    "POST /webhook-endpoints/<id:endpoint_id>/secrets": _endpoint("POST", "/secrets"),
    "POST /webhook-endpoints/<id:endpoint_id>/secrets/<id:secret_id>/promote": (
        *_endpoint("POST", "/secrets/sec_1/promote", {}),
        ("secret", lambda caller, secret: _of_own_endpoint(caller.api, "POST", f"/secrets/{secret}/promote", {})),
    ),
    "DELETE /webhook-endpoints/<id:endpoint_id>/secrets/<id:secret_id>": (
        *_endpoint("DELETE", "/secrets/sec_1"),
        ("secret", lambda caller, secret: _of_own_endpoint(caller.api, "DELETE", f"/secrets/{secret}")),
    ),
    "GET /deliveries/<id:delivery_id>": (
        ("delivery", lambda caller, delivery: caller.api.get(f"/deliveries/{delivery}")),
    ),
    "POST /deliveries/<id:delivery_id>/resend": (
        ("delivery", lambda caller, delivery: caller.api.post(f"/deliveries/{delivery}/resend")),
    ),
}


def webhooks(stranger: Api) -> Pairs:
    """Return an endpoint of the stranger's, its secret and its delivery."""
    made = stranger.post("/webhook-endpoints", {"url": "http://127.0.0.1:9/theirs", "description": "theirs"}).get_json()
    address = f"/webhook-endpoints/{made['id']}"
    staged = stranger.post(f"{address}/secrets").get_json()
    delivery = stranger.post(f"{address}/test").get_json()
    return {
        "endpoint": (made["id"], "whe_00000000000000000000000000"),
        "secret": (staged["id"], "sec_00000000000000000000000000"),
        "delivery": (delivery["id"], "dlv_00000000000000000000000000"),
    }
