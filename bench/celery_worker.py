"""What is compared with: the same signed POST as a Celery task on Redis, as its documentation writes tasks."""

import os
import threading
import time

import requests
from celery import Celery

from widget_host.kit.signing import webhook_headers

app = Celery("bench", broker=os.environ["BENCH_REDIS_URL"])
app.conf.update(task_ignore_result=True, task_acks_late=True, worker_prefetch_multiplier=4)
_own = threading.local()


def _session() -> requests.Session:
    if not hasattr(_own, "session"):
        _own.session = requests.Session()
        _own.session.trust_env = False
    found: requests.Session = _own.session
    return found


@app.task(max_retries=9)  # type: ignore[untyped-decorator]  # Celery ships no types
def deliver(url: str, secret: str, event_id: str, body: str) -> int:
    """Sign and send one event."""
    sent = body.encode()
    signed = webhook_headers(secret, event_id=event_id, timestamp=int(time.time()), body=sent)
    headers = {"Content-Type": "application/json", **signed}
    return _session().post(url, data=sent, headers=headers, timeout=(5, 15), allow_redirects=False).status_code
