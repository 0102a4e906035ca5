"""FastAPI with SQLAlchemy Core, asynchronous: the same rows, each INSERT by itself."""

import os
from typing import Any, cast

from fastapi import FastAPI
from sqlalchemy import Table, insert
from sqlalchemy.ext.asyncio import create_async_engine

from bench import rows
from widget_host.domain.ledger.models import Entry, Posting
from widget_host.domain.orders.models import IdempotencyKey
from widget_host.domain.transactions.models import Transaction, TransactionStatus
from widget_host.domain.webhooks.models import Event

KINDS = (IdempotencyKey, Event, Entry, Posting, Transaction, TransactionStatus)
TABLES = [cast("Table", each.__table__) for each in KINDS]


def app() -> FastAPI:
    """Make the application."""
    engine = create_async_engine(os.environ["BENCH_SQLALCHEMY_URL"], pool_size=16)
    told, made = rows.told(), FastAPI()

    @made.post("/transactions", status_code=201)
    async def create(body: dict[str, Any]) -> dict[str, Any]:
        found = rows.values(body, told)
        async with engine.begin() as connection:
            for table, each in zip(TABLES, rows.as_rows(found), strict=True):
                await connection.execute(insert(table), each)
        return {"id": found["transaction"], "totalPoints": 2500, "referenceNumber": found["reference"]}

    return made
