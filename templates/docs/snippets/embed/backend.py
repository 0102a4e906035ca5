import os

import requests
from flask import Flask, session

HOST = "https://points.example.com"
app = Flask(__name__)


@app.post("/widget-token")
def widget_token():
    asked = {
        "clientId": os.environ["CLIENT_ID"],
        "clientSecret": os.environ["CLIENT_SECRET"],
        "sourceUserId": session["customer_id"],
    }
    answer = requests.post(f"{HOST}/auth/widget/point-exchange", json=asked, timeout=10)
    answer.raise_for_status()
    return answer.json()
