import json
import os

from fastapi import FastAPI, Request, Response

app = FastAPI()
SECRET = os.environ["WEBHOOK_SECRET"]


@app.post("/hook")
async def hook(request: Request):
    body = await request.body()
    timestamp, signature = request.headers.get("x-timestamp", ""), request.headers.get("x-signature", "")
    if not is_genuine(SECRET, timestamp, signature, body):
        return Response(status_code=401)
    keep_once(json.loads(body))
    return Response(status_code=204)
