import json
import os

from flask import Flask, request

app = Flask(__name__)
SECRET = os.environ["WEBHOOK_SECRET"]


@app.post("/hook")
def hook():
    body = request.get_data()
    timestamp, signature = request.headers.get("x-timestamp", ""), request.headers.get("x-signature", "")
    if not is_genuine(SECRET, timestamp, signature, body):
        return "", 401
    keep_once(json.loads(body))
    return "", 204
