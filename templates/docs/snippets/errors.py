import time


class Refused(Exception):
    def __init__(self, problem: dict) -> None:
        super().__init__(f"{problem['code']}: {problem['detail']}")
        self.code = problem["code"]


def send(path: str, body: dict, tries: int = 4) -> dict:
    for wait in (2**number for number in range(tries)):
        try:
            answer = api.post(f"{HOST}{path}", json=body, timeout=30)
        except (requests.ConnectionError, requests.Timeout):
            time.sleep(wait)
            continue
        if answer.status_code == 401:
            authenticate()
        elif answer.status_code == 429 or answer.status_code >= 500:
            time.sleep(int(answer.headers.get("Retry-After", wait)))
        elif answer.ok:
            return answer.json()
        else:
            raise Refused(answer.json())
    raise RuntimeError("The outcome is unknown: send the same request again later.")


try:
    send("/transactions", {**order, "value": 1, "quoteId": None, "referenceNumber": f"order-{uuid4()}"})
except Refused as refusal:
    print(refusal)
