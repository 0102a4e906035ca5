"""Fjord Line: a loyalty program's side of Widget Host, small enough to copy; ``python -m widget_host.demo.program``.

It speaks the contract of docs/program-contract.md, and does by the member's number what a program may do to a host.
"""

import hmac
import json
import logging
import os
import socket
import sys
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import requests
from flask import Blueprint, Flask, Response, abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.serving import make_server

from widget_host.demo.program_store import ACCEPTED, CREDITED, REFUSED, REVERSED, Credit, Credits
from widget_host.demo.webhooks import is_authentic

REQUIRED = ("PROGRAM_SECRET", "PROGRAM_HOOK_URL", "PROGRAM_HOOK_SECRET", "PROGRAM_DATABASE")
LOST_REPLY, DECIDED_LATE, NOT_ELIGIBLE, UNKNOWN = (f"FJ0000000{number}" for number in (2, 3, 4, 5))
MEMBERS = {
    "FJ00000001": "gets the points, as every other number of FJ and eight digits does",
    LOST_REPLY: "gets the points, but the connection is cut before the answer: pending, then completed, given once",
    DECIDED_LATE: "waits for the buttons below: pending until the final word arrives through the hook",
    NOT_ELIGIBLE: "is a member, and is refused the points",
    UNKNOWN: "is no member",
}
HOOK_SECONDS = (3, 10)

api = Blueprint("api", __name__)
desk = Blueprint("desk", __name__)


@dataclass(frozen=True)
class ProgramConfig:
    """What the program shares with Widget Host, and where it keeps its own data."""

    secret: str = field(repr=False)
    hook_url: str
    hook_secret: str = field(repr=False)
    database: Path


def create_program(config: ProgramConfig) -> Flask:
    """Build the program's application: the API that Widget Host calls, and a desk for people."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = 64 * 1024
    app.extensions["program"] = (config, Credits(config.database))
    app.register_blueprint(api)
    app.register_blueprint(desk)
    app.after_request(_add_headers)
    return app


@api.before_request
def check_signature() -> None:
    """Believe what is signed with the shared secret; look at the bytes as they came."""
    timestamp, signature = request.headers.get("x-timestamp", ""), request.headers.get("x-signature", "")
    secret, now = _config().secret, int(time.time())
    if not is_authentic(request.get_data(), timestamp=timestamp, signature=signature, secret=secret, now=now):
        abort(401)


@api.post("/members/validate")
def validate_member() -> ResponseReturnValue:
    """Say whether the number is a member's."""
    is_member = _member(request.get_json()) != UNKNOWN
    return {"isValid": True} if is_member else {"isValid": False, "reason": "NOT_FOUND"}


@api.post("/credits")
def give() -> ResponseReturnValue:
    """Give points once per id: asked again, answer what became of the credit."""
    asked = request.get_json()
    member = _member(asked)
    if member == UNKNOWN:
        return {"code": "NOT_FOUND"}, 422
    status = {NOT_ELIGIBLE: REFUSED, DECIDED_LATE: ACCEPTED}.get(member, CREDITED)
    credit, is_new = _credits().keep(Credit(asked["id"], member, asked["points"], status))
    if (credit.member, credit.points) != (member, asked["points"]):
        return {"code": "OTHER_CREDIT"}, 409
    if member == LOST_REPLY and is_new:
        _hang_up()
    return _answer(credit)


@api.get("/credits/<credit_id>")
def show(credit_id: str) -> ResponseReturnValue:
    """Say what became of a credit."""
    credit = _credits().find(credit_id)
    return {"code": "NOT_FOUND"} if credit is None else _told(credit), 404 if credit is None else 200


@api.post("/credits/<credit_id>/reverse")
def take_back(credit_id: str) -> ResponseReturnValue:
    """Take points back once; the id in the signed body has to be that of the path."""
    asked = request.get_json()
    if (asked.get("id"), asked.get("status")) != (credit_id, REVERSED):
        return {"code": "MALFORMED"}, 400
    _credits().change(credit_id, CREDITED, REVERSED)
    credit = _credits().find(credit_id)
    if credit is None or credit.status != REVERSED:
        return {"code": "NOT_CREDITED"}, 422
    return _told(credit)


@desk.get("/")
def show_desk() -> ResponseReturnValue:
    """The program's books, and the buttons for what was left open."""
    return render_template("program.html", credits=_credits().list_latest(), members=MEMBERS)


@desk.post("/decide/<credit_id>")
def decide(credit_id: str) -> ResponseReturnValue:
    """Say the final word on an accepted credit, here and through Widget Host's hook."""
    status = CREDITED if request.form.get("word") == "give" else REFUSED
    if _credits().change(credit_id, ACCEPTED, status):
        _tell(credit_id, status)
    return redirect(url_for("desk.show_desk"), code=303)


def _tell(credit_id: str, status: str) -> None:
    """Send the final word, signed; Widget Host asks by itself where it never arrives."""
    word = {"id": f"fj-{uuid.uuid4()}", "transactionId": credit_id}
    word |= {"status": "COMPLETED"} if status == CREDITED else {"status": "FAILED", "reason": "Fjord Line said no."}
    body, timestamp = json.dumps(word).encode(), str(int(time.time()))
    signature = hmac.digest(_config().hook_secret.encode(), timestamp.encode() + b":" + body, "sha256").hex()
    headers = {"Content-Type": "application/json", "x-timestamp": timestamp, "x-signature": signature}
    try:
        answer = requests.post(_config().hook_url, data=body, headers=headers, timeout=HOOK_SECONDS)
        current_app.logger.warning("Told %s of %s: %s", status, credit_id, answer.status_code)
    except requests.RequestException as problem:
        current_app.logger.warning("Could not tell %s of %s: %s", status, credit_id, problem)


def _answer(credit: Credit) -> ResponseReturnValue:
    return _told(credit), {CREDITED: 201, ACCEPTED: 202, REFUSED: 422}.get(credit.status, 200)


def _told(credit: Credit) -> dict[str, str]:
    told = {"id": credit.id, "status": credit.status}
    return told | {"code": "INELIGIBLE"} if credit.status == REFUSED else told


def _member(asked: Mapping[str, Any]) -> str:
    return str(asked["destinationAccount"]["destinationUserId"])


def _hang_up() -> None:
    """Cut the connection under the answer, as a network may."""
    cast("socket.socket", request.environ["werkzeug.socket"]).shutdown(socket.SHUT_RDWR)


def _config() -> ProgramConfig:
    return cast("ProgramConfig", current_app.extensions["program"][0])


def _credits() -> Credits:
    return cast("Credits", current_app.extensions["program"][1])


def _add_headers(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response


def main() -> int:
    """Serve on 127.0.0.1 until interrupted, and return the exit status: 2 when a variable is missing."""
    if missing := [name for name in REQUIRED if not os.environ.get(name)]:
        sys.stderr.write(f"Fjord Line cannot start. Set {', '.join(missing)} in the environment.\n")
        return 2
    secret, hook_url, hook_secret, database = (os.environ[name] for name in REQUIRED)
    port = int(os.environ.get("PROGRAM_PORT", "8002"))
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    app = create_program(ProgramConfig(secret, hook_url, hook_secret, Path(database)))
    server = make_server("127.0.0.1", port, app, threaded=True)
    sys.stdout.write(f"Fjord Line is open on http://127.0.0.1:{port}\n")
    sys.stdout.flush()
    with suppress(KeyboardInterrupt):
        server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
