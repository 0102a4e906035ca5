"""Who writes the same rows over HTTP and does nothing else, or does it the usual way: `BENCH_PEER` names one.

The bare ones check no token, no field and no rule, and look for no earlier request; their price is a constant.
"""

import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable
from typing import Any

import psycopg
from flask import Flask, Response, jsonify, request

from bench import rows
from bench.orm_peer import orm
from widget_host.kit.db import SQLITE_PRAGMAS
from widget_host.web.rsgi import THREADS, Server

LARGEST_BODY = 256 * 1024
URL = os.environ.get("BENCH_DATABASE_URL", "")
_own = threading.local()
_turn = threading.Lock()
Write = Callable[[dict[str, Any]], None]


def served() -> Server:
    """Return the peer inside the host's own server."""
    app = {"hello": hello, "bare": bare, "orm": orm}[os.environ["BENCH_PEER"]]()
    return Server(app, threads=THREADS, largest_body=LARGEST_BODY)


def hello() -> Flask:
    """A view that says one thing in JSON."""
    app = Flask("hello")
    app.add_url_rule("/", view_func=lambda: jsonify(hello="world"), methods=["GET", "POST"])
    return app


def hello_wsgi() -> Flask:
    """The same, for granian's own WSGI."""
    return hello()


def bare() -> Flask:
    """A view that writes the rows."""
    app, write, told = Flask("bare"), writer(), rows.told()

    @app.post("/transactions")
    def create() -> tuple[Response, int]:
        made = rows.values(request.get_json(), told)
        write(made)
        return jsonify(id=made["transaction"], totalPoints=2500, referenceNumber=made["reference"]), 201

    return app


def wsgi() -> Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]:
    """The same without Flask, for granian's own WSGI."""
    write, told = writer(), rows.told()

    def app(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        made = rows.values(json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))), told)
        write(made)
        body = json.dumps({"id": made["transaction"], "totalPoints": 2500}).encode()
        start("201 Created", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    return app


def writer() -> Write:
    """Return what writes the rows of one order, over a connection of each thread's own."""
    return _write_sqlite if URL.startswith("sqlite") else _write_postgresql


STATEMENT = rows.together("%({})s")
STATEMENTS = rows.apart(":{}")


def _write_postgresql(made: dict[str, Any]) -> None:
    if not hasattr(_own, "connection"):
        _own.connection = psycopg.connect(URL, autocommit=True)
    _own.connection.execute(STATEMENT, made)


def _write_sqlite(made: dict[str, Any]) -> None:
    if not hasattr(_own, "connection"):
        _own.connection = sqlite3.connect(URL.removeprefix("sqlite:///"), isolation_level=None)
        for pragma in SQLITE_PRAGMAS:
            _own.connection.execute(pragma)
    with _turn:
        _own.connection.execute("BEGIN IMMEDIATE")
        for statement in STATEMENTS:
            _own.connection.execute(statement, made)
        _own.connection.execute("COMMIT")
