"""Requests from wrk: 16 connections, one thread, as many requests as are answered."""

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

CONNECTIONS = 16
RESULT = re.compile(r"RESULT (\S+) (\S+) (\S+) (\d+)")
# Each request has a number of its own, and each run too: {run}-{number} in the path or body is used once.
SCRIPT = """
local run = %s
local number = 0
local headers = {}
%s
local paths = {%s}
function request()
  number = number + 1
  local id = run .. "-" .. number
  local path = string.gsub(paths[number %% #paths + 1], "{id}", id)
  local body = string.gsub(%s, "{id}", id)
  return wrk.format(%s, path, headers, body)
end
function done(summary, latency, requests)
  local rate = summary.requests / summary.duration * 1e6
  local p50, p99 = latency:percentile(50) / 1000, latency:percentile(99) / 1000
  print(string.format("RESULT %%.2f %%.3f %%.3f %%d", rate, p50, p99, summary.errors.status + summary.errors.timeout))
end
"""


@dataclass(frozen=True)
class Call:
    """A request that is sent again and again."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: str = ""
    # Where not each request goes to the same path.
    paths: Sequence[str] = ()


@dataclass(frozen=True)
class Load:
    """What came of it: requests a second, and how long half and all but a hundredth of them took, in ms."""

    rate: float
    p50: float
    p99: float


def load(address: str, call: Call, seconds: float, run: str) -> Load:
    """Send the call for so long; raises RuntimeError where one was answered by anything but 2xx."""
    headers = "\n".join(f"headers[{_text(name)}] = {_text(value)}" for name, value in call.headers.items())
    paths = ", ".join(_text(path) for path in call.paths or (call.path,))
    texts = (_text(run), headers, paths, _text(call.body), _text(call.method))
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "call.lua"
        script.write_text(SCRIPT % texts, "utf-8")
        command = [
            shutil.which("wrk") or "wrk",
            f"-c{CONNECTIONS}",
            "-t1",
            f"-d{seconds:.0f}s",
            "--latency",
            "--timeout",
            "30s",
            "-s",
            str(script),
        ]
        said = subprocess.run([*command, address], capture_output=True, text=True, check=True).stdout
    found = RESULT.search(said)
    if found is None or found[4] != "0":
        raise RuntimeError(f"{call.method} {call.path} was refused:\n{said}")
    return Load(*(float(figure) for figure in found.groups()[:3]))


def _text(text: str) -> str:
    # A string of JSON in ASCII is one of Lua too.
    return json.dumps(text)
