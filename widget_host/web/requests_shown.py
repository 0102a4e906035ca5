"""Requests as commands that can be pasted into a terminal."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from widget_host.web.operations import JSON

CREDENTIALS = {
    "bearerAuth": ('-H "Authorization: Bearer $TOKEN"',),
    "webhookSignature": ('-H "x-timestamp: $TIMESTAMP"', '-H "x-signature: $SIGNATURE"'),
}


def commands(base_url: str, method: str, path: str, said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Give a command of curl for each example of the operation's body, or the one there is."""
    address = f"curl -s {_quoted(base_url + _filled(path, said.get('parameters', ())))}"
    proof = [header for each in said["security"] for name in each for header in CREDENTIALS.get(name, ())]
    bodies = said.get("requestBody", {}).get("content", {}).get(JSON, {}).get("examples", {})
    # curl posts what has a body and gets the rest, unless it is told.
    usual = "POST" if bodies else "GET"
    first = [address if method == usual else f"{address} -X {method}", *proof]
    for name, example in bodies.items():
        body = json.dumps(example["value"], ensure_ascii=False, indent=2)
        yield name, _command([*first, '-H "Content-Type: application/json"', f"-d {_quoted(body)}"])
    if not bodies:
        yield "default", _command(first)


def _command(parts: list[str]) -> str:
    return " \\\n  ".join(parts)


def _filled(path: str, parameters: Any) -> str:
    asked = []
    for each in parameters:
        example = each["schema"].get("examples", [""])[0]
        if each["in"] == "path":
            path = path.replace(f"{{{each['name']}}}", str(example))
        elif each["in"] == "query" and (each["required"] or example != ""):
            asked.append(f"{each['name']}={example}")
    return f"{path}?{'&'.join(asked)}" if asked else path


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
