"""The one statement that keeps an order: its key, entry, postings, event, transaction, status and deliveries."""

from widget_host.domain.ledger.models import Entry, Posting
from widget_host.domain.orders.models import IdempotencyKey
from widget_host.domain.transactions.models import Transaction, TransactionStatus
from widget_host.domain.webhooks.models import Event
from widget_host.domain.webhooks.queries import ENQUEUE
from widget_host.kit.together import Given, Together

LEGS = 2
# Orders at most that share a statement.
MOST = 8
# The key comes first: the retry of an order is never measured against what the order itself has changed.
ORDER = Together(
    Given(IdempotencyKey),
    Given(Event, without=("position",)),
    Given(Entry),
    Given(Posting, LEGS),
    Given(Transaction),
    Given(TransactionStatus),
    ENQUEUE,
    most=MOST,
)
