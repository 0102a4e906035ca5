"""The same endpoints as one writes them first: Flask, pydantic, and SQLAlchemy's objects."""

import os
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from flask import Flask, Response, abort, jsonify, request
from joserfc import jwt
from pydantic import BaseModel
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from bench import rows
from widget_host.domain.access.models import ClientSecret
from widget_host.domain.endpoints.models import Endpoint
from widget_host.domain.ledger.models import Entry, Posting
from widget_host.domain.orders.models import IdempotencyKey
from widget_host.domain.organizations.models import Environment, Organization
from widget_host.domain.programs.models import Partnership, Program
from widget_host.domain.quotes.models import Quote
from widget_host.domain.transactions.models import Transaction, TransactionStatus
from widget_host.domain.upkeep.models import AuditEvent
from widget_host.domain.webhooks.models import Delivery, Event
from widget_host.kit.crypto import KeyRing, SecretHasher
from widget_host.kit.ids import new_id
from widget_host.kit.signing import AccessTokenSigner

CLASSES = (IdempotencyKey, Event, Entry, Posting, Transaction, TransactionStatus)


class Account(BaseModel):
    destinationUserId: str  # noqa: N815 - the API's name


class Credentials(BaseModel):
    clientId: str  # noqa: N815 - the API's name
    clientSecret: str  # noqa: N815 - the API's name


class Preview(BaseModel):
    programId: str  # noqa: N815 - the API's name
    currency: str
    value: Decimal


class Order(BaseModel):
    programId: str  # noqa: N815 - the API's name
    currency: str
    value: float  # float: as one writes it first
    destinationAccount: Account  # noqa: N815 - the API's name
    referenceNumber: str  # noqa: N815 - the API's name


def orm() -> Flask:  # noqa: C901, PLR0915 - one view after another
    """Make the application."""
    app, told = Flask("orm"), rows.told()
    engine = create_engine(os.environ["BENCH_SQLALCHEMY_URL"], pool_size=8)
    ring = KeyRing(os.environ["BENCH_SECRET"].split(","))
    keys, hasher = AccessTokenSigner(ring)._keys, SecretHasher(ring)

    def client(session: Session) -> Environment:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        claims = jwt.decode(token, keys, ["ES256"]).claims
        secret = session.get(ClientSecret, claims["secret"])
        if secret is None or secret.revoked_at is not None:
            abort(401)
        environment = session.get_one(Environment, secret.environment_id)
        session.get_one(Organization, environment.organization_id)
        return environment

    @app.get("/programs")
    def programs() -> Response:
        with Session(engine) as session:
            sold = select(Partnership).where(Partnership.environment_id == client(session).id, Partnership.enabled)
            found = [(each, session.get_one(Program, each.program_id)) for each in session.scalars(sold)]
            return jsonify([_program(*each) for each in found])

    @app.post("/auth/token")
    def token() -> Response:
        said = Credentials.model_validate_json(request.get_data())
        with Session(engine) as session:
            organization = session.scalars(select(Organization).where(Organization.client_id == said.clientId)).one()
            hashes = hasher.candidates(said.clientSecret)
            secret = session.scalars(select(ClientSecret).where(ClientSecret.secret_hash.in_(hashes))).one()
            now = int(time.time())
            claims = {"sub": organization.client_id, "secret": secret.id, "iat": now, "exp": now + 600}
            session.add(AuditEvent(id=new_id("aud"), at=datetime.now(UTC), event="token.issued", details={}))
            session.commit()
        return jsonify(accessToken=jwt.encode({"alg": "ES256"}, claims, keys.keys[0], ["ES256"]), expiresIn=600)

    @app.post("/transactions/preview")
    def preview() -> Response:
        with Session(engine) as session:
            environment, asked = client(session), Preview.model_validate_json(request.get_data())
            sold = select(Partnership).where(
                Partnership.environment_id == environment.id, Partnership.program_id == asked.programId
            )
            price = Decimal(session.scalars(sold).one().price)
            minor = int(asked.value * 100)
            points = int(Decimal(minor) / 100 // price)
            quote = _quote(environment.id, asked, minor, points, str(price))
            session.add(quote)
            session.commit()
            return jsonify(totalPoints=points, quoteId=quote.id)

    @app.post("/transactions")
    def create() -> tuple[Response, int]:
        with Session(engine) as session:
            environment, order = client(session), Order.model_validate_json(request.get_data())
            if session.get(IdempotencyKey, (environment.id, order.referenceNumber)):
                abort(409)
            session.scalars(select(Partnership).where(Partnership.program_id == order.programId)).first()
            session.get_one(Program, order.programId)
            made = rows.values(order.model_dump(), told)
            session.add_all(kind(**row) for kind, each in zip(CLASSES, rows.as_rows(made), strict=True) for row in each)
            for endpoint in session.scalars(select(Endpoint).where(Endpoint.environment_id == environment.id)):
                session.add(Delivery(event_id=made["event"], endpoint_id=endpoint.id))
            session.commit()
        return jsonify(id=made["transaction"], totalPoints=2500, referenceNumber=made["reference"]), 201

    return app


def _quote(environment_id: str, asked: Preview, minor: int, points: int, price: str) -> Quote:
    named = {"environment_id": environment_id, "program_id": asked.programId, "currency": asked.currency}
    figures = {"asked": str(minor), "asked_in": asked.currency, "value": minor, "points": points, "bonus_points": 0}
    until = datetime.now(UTC) + timedelta(minutes=2)
    return Quote(id=new_id("quo"), price=price, remainder="0", expires_at=until, **named, **figures)


def _program(partnership: Partnership, program: Program) -> dict[str, Any]:
    names = ("id", "name", "business_name", "logo", "industry", "terms_url", "description", "unit", "fields")
    limits = ("price", "min_points", "max_points", "min_value", "max_value")
    return {name: getattr(program, name) for name in names} | {name: getattr(partnership, name) for name in limits}
