import hashlib
import hmac
import re
import time


def is_genuine(secret: str, timestamp: str, signature: str, body: bytes) -> bool:
    # Looked at first: with "timestamp:body" the colon could be moved, same signature, other body.
    if not re.fullmatch("[0-9]{10}", timestamp) or abs(time.time() - int(timestamp)) > 300:
        return False
    expected = hmac.new(secret.encode(), timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode())
