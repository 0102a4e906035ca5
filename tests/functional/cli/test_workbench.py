import json
import time

import pytest
from click.testing import CliRunner, Result

from tests.fakes.receiver import Receiver, answer
from widget_host.cli import main
from widget_host.kit.signing import is_webhook_signed, webhook_headers

SECRET = "0123456789abcdef"


def run(*arguments: str, body: bytes = b"") -> Result:
    return CliRunner().invoke(main, ["webhooks", *arguments, "--secret", SECRET], input=body)


class TestSend:
    def test_signs_any_body(self, receiver: Receiver) -> None:
        said = '{"id": "evt_mine", "status": "Zoë"}'
        sent = run("send", "transaction.completed", "--to", receiver.url, "--data", said)
        assert (sent.exit_code, sent.output) == (0, "evt_mine  200\n")
        (came,) = receiver.received
        headers = {name.lower(): value for name, value in came.headers.items()}
        assert json.loads(came.body) == {"id": "evt_mine", "type": "transaction.completed", "status": "Zoë"}
        stamp, signature = headers["x-timestamp"], headers["x-signature"]
        assert is_webhook_signed(SECRET, timestamp=stamp, signature=signature, body=came.body)

    def test_fails_where_the_receiver_does(self, receiver: Receiver) -> None:
        receiver.replies = [answer(500), answer(302)]
        for status in (500, 302):
            sent = run("send", "LINKED", "--to", receiver.url)
            assert sent.exit_code == 1
            assert f"  {status}\n" in sent.output

    def test_says_that_nobody_answered(self) -> None:
        for address in ("http://127.0.0.1:9", "nowhere"):
            sent = run("send", "LINKED", "--to", address)
            assert sent.exit_code == 1
            assert f"{address} did not answer" in sent.output

    @pytest.mark.parametrize(("data", "said"), [("{", "not JSON"), ("[]", "a JSON object")])
    def test_refuses_data_that_is_no_object(self, data: str, said: str) -> None:
        sent = run("send", "LINKED", "--to", "http://127.0.0.1:9", "--data", data)
        assert (sent.exit_code, said in sent.output) == (2, True)


class TestVerify:
    def test_accepts_what_fits_and_names_what_does_not(self) -> None:
        body, now = b'{"a":1}', int(time.time())
        signature = webhook_headers(SECRET, event_id="evt", timestamp=now, body=body)["x-signature"]
        given = ("verify", "--timestamp", str(now), "--signature", signature)
        assert run(*given, body=body).exit_code == 0
        wrong = run(*given, body=body + b"\n")
        assert (wrong.exit_code, wrong.output.startswith("Error: body: ")) == (1, True)
