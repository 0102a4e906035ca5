import os

import requests

HOST = os.environ["HOST"]
CREDENTIALS = {
    "client_id": os.environ["CLIENT_ID"],
    "client_secret": os.environ["CLIENT_SECRET"],
    "grant_type": "client_credentials",
}

api = requests.Session()


def authenticate() -> None:
    answer = requests.post(f"{HOST}/auth/token", json=CREDENTIALS, timeout=10)
    answer.raise_for_status()
    api.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"


authenticate()
